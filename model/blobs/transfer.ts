/**
 * Carries blobs between this replica and one peer that it calls, both ways, one piece of 1 MiB at a time.
 *
 *     records are under way, or no line ── wait
 *             │ quiet
 *     what do records here name? ── ask the peer which of it it has ── plan ── move piece after piece
 *             ▲                                                                     │
 *             └── before every piece: still quiet? anything more urgent? ───────────┘
 *
 * A cut costs the piece that was under way: each side keeps what arrived, and is asked before sending goes on.
 */
import { MAX_LOOKUP, type TransferStatus } from '../rest/blobs.ts'
import type { Result } from '../result.ts'
import { unreachable } from '../result.ts'
import type { Scheduler } from '../sync/scheduler.ts'
import { type BlobKind, PIECE_BYTES } from './blob.ts'
import { createLineMeter } from './line.ts'
import { type Move, type PeerState, planMoves, type WantedBlob } from './plan.ts'
import type { BlobRemote, RemoteError, SizedBlob } from './remote.ts'

/** The blobs of this replica. */
export interface LocalBlobs {
  /** Of the blob in bytes, if it is here whole. */
  size(sha256: string): number | undefined
  /** @returns an error if the bytes are not here, or not as they were written */
  read(sha256: string, start: number, end: number): Promise<Result<Uint8Array, { readonly kind: string }>>
  /** How much of it has arrived here. */
  received(blob: SizedBlob): Promise<number>
  write(
    blob: SizedBlob,
    start: number,
    bytes: Uint8Array,
  ): Promise<Result<{ readonly received: number }, { readonly kind: string }>>
}

export interface TransferOptions {
  readonly peer: TransferStatus['peer']
  readonly local: LocalBlobs
  readonly remote: BlobRemote
  readonly scheduler: Scheduler
  /** False for a replica that only sends, and looks at pictures where they are. */
  readonly fetches: boolean
  wanted(): Promise<readonly WantedBlob[]>
  /** Whether the peer can be reached, and records are still to be exchanged with it. */
  line(): Promise<'offline' | 'records-first' | 'quiet'>
  /** The peer has said that it has these whole. */
  onHeld(hashes: readonly string[]): Promise<void>
  /** Something that nobody expected, such as a disk that fails. The transfer goes on after a pause. */
  onFault(fault: unknown): void
}

export interface BlobTransfer {
  status(): TransferStatus
  /** Something may be there to do. */
  poke(): void
  stop(): Promise<void>
}

const IDLE_MS = 2_000
const WAIT_FOR_RECORDS_MS = 250
const MIN_ROUND_MS = 100
const FIRST_PAUSE_MS = 500
const MAX_PAUSE_MS = 60_000
const JITTER_MS = 500
/** What was refused (no room, no right) is offered again after this long. */
const REFUSED_PAUSE_MS = 300_000
/** How long an answer of the peer counts. What it lacked may have come to it from somebody else. */
const TRUST_PRESENT_MS = 600_000
const TRUST_OTHER_MS = 15_000

interface Knowledge {
  readonly state: PeerState | undefined
  readonly untilMs: number
}

/** How moving one blob ended. */
type Outcome = 'done' | 'interrupted' | 'refused' | 'failed'

export function createBlobTransfer(options: TransferOptions): BlobTransfer {
  const { peer, local, remote, scheduler, fetches } = options
  const known = new Map<string, Knowledge>()
  const refusedUntil = new Map<string, { readonly untilMs: number; readonly code: string }>()
  const meter = createLineMeter()
  let state: TransferStatus['state'] = 'offline'
  let toSend = 0
  let toFetch = 0
  let sentBytes = 0
  let receivedBytes = 0
  let retries = 0
  let failures = 0
  let current: TransferStatus['current']
  let problem: string | undefined
  let stopped = false
  let poked = false
  let wake: (() => void) | undefined

  async function pause(ms: number, { pokable }: { readonly pokable: boolean }): Promise<void> {
    if (stopped || (pokable && poked)) return
    await new Promise<void>((resolve) => {
      const cancel = scheduler.after(ms, resolve)
      wake = () => {
        if (!pokable && !stopped) return
        cancel()
        resolve()
      }
    })
    wake = undefined
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const line = await options.line()
      if (line === 'offline') known.clear() // the peer may be another one, or an older state of it, when it is back
      if (line !== 'quiet') {
        state = line
        await pause(line === 'offline' ? IDLE_MS : WAIT_FOR_RECORDS_MS, { pokable: line === 'offline' })
        poked = false
        continue
      }
      poked = false
      const outcome = await guardedRound()
      current = undefined
      if (outcome === 'failed') {
        retries += 1
        const growing = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures++)
        await pause(growing + scheduler.random() * JITTER_MS, { pokable: false })
      } else {
        failures = 0
        if (Object.keys(refusedByCode()).length === 0) problem = undefined
        await pause(MIN_ROUND_MS, { pokable: false })
        if (outcome === 'done') await pause(IDLE_MS, { pokable: true })
      }
    }
  }

  async function guardedRound(): Promise<Outcome> {
    try {
      return await round()
    } catch (fault) {
      options.onFault(fault)
      problem = 'something failed on this computer; its log says what'
      return 'failed'
    }
  }

  /** One look at everything, and as much moving as goes undisturbed. */
  async function round(): Promise<Outcome> {
    const wanted = await options.wanted()
    const asked = await ask(wanted)
    if (asked) return fail(asked)
    const nowMs = scheduler.now()
    const all = planMoves(
      wanted,
      (sha256) => local.size(sha256) !== undefined,
      (sha256) => known.get(sha256)?.state,
    ).filter(({ direction }) => fetches || direction === 'send')
    toSend = all.filter(({ direction }) => direction === 'send').length
    toFetch = all.length - toSend
    const open = all.filter(({ blob }) => (refusedUntil.get(blob.sha256)?.untilMs ?? 0) <= nowMs)
    const carried = open.filter(({ blob }) => meter.mayCarry(blob.kind, nowMs))
    state = open.length === 0 ? 'idle' : carried.length === 0 ? 'slow-line' : 'moving'
    for (const move of carried) {
      const outcome = await carry(move)
      if (outcome === 'interrupted' || outcome === 'failed') return outcome
      if (outcome === 'done') count(move)
    }
    if (toSend + toFetch === 0) state = 'idle'
    return 'done'
  }

  function count({ direction }: Move): void {
    if (direction === 'send') toSend -= 1
    else toFetch -= 1
  }

  /** Asks the peer about what it has not spoken of lately. */
  async function ask(wanted: readonly WantedBlob[]): Promise<RemoteError | undefined> {
    const nowMs = scheduler.now()
    const names = [...new Set(wanted.map(({ sha256 }) => sha256))]
    const open = names.filter((sha256) => (known.get(sha256)?.untilMs ?? 0) <= nowMs)
    for (let at = 0; at < open.length; at += MAX_LOOKUP) {
      const batch = open.slice(at, at + MAX_LOOKUP)
      const answer = await remote.lookUp(batch)
      if (!answer.ok) return answer.error
      const present = new Set(answer.value.present)
      const missing = new Set(answer.value.missing)
      for (const sha256 of batch) {
        if (present.has(sha256)) known.set(sha256, { state: 'present', untilMs: nowMs + TRUST_PRESENT_MS })
        else {
          const said = missing.has(sha256) ? 'missing' : undefined
          known.set(sha256, { state: said, untilMs: nowMs + TRUST_OTHER_MS })
        }
      }
      if (present.size > 0) await options.onHeld([...present])
    }
    return undefined
  }

  async function carry(move: Move): Promise<Outcome> {
    return move.direction === 'send' ? send(move) : fetchBlob(move)
  }

  async function send({ blob: { sha256, kind } }: Move): Promise<Outcome> {
    const size = local.size(sha256)
    if (size === undefined) return 'interrupted' // removed meanwhile
    const blob = { sha256, size }
    const begun = await remote.received(blob)
    if (!begun.ok) return fail(begun.error, sha256)
    let offset = begun.value
    while (offset < size) {
      if (await isDisturbed(kind)) return 'interrupted'
      current = { sha256, kind, direction: 'send', doneBytes: offset, sizeBytes: size }
      const bytes = await local.read(sha256, offset, Math.min(size, offset + PIECE_BYTES))
      if (!bytes.ok) return 'interrupted' // found damaged meanwhile: the next round asks the peer for it
      const put = await timed(bytes.value.length, () => remote.put(blob, offset, bytes.value))
      if (!put.ok) return fail(put.error, sha256)
      sentBytes += bytes.value.length
      if (put.value <= offset) return refuse(sha256, 'NO_PROGRESS')
      offset = put.value
    }
    known.set(sha256, { state: 'present', untilMs: scheduler.now() + TRUST_PRESENT_MS })
    await options.onHeld([sha256])
    return 'done'
  }

  async function fetchBlob({ blob: { sha256, kind } }: Move): Promise<Outcome> {
    const sized = await remote.size(sha256)
    if (!sized.ok) return fail(sized.error, sha256)
    const size = sized.value
    if (size === undefined) {
      known.delete(sha256) // gone or damaged there since it was asked
      return 'refused'
    }
    const blob = { sha256, size }
    let offset = await local.received(blob)
    while (offset < size) {
      if (await isDisturbed(kind)) return 'interrupted'
      current = { sha256, kind, direction: 'fetch', doneBytes: offset, sizeBytes: size }
      const range = { start: offset, end: Math.min(size, offset + PIECE_BYTES) }
      const bytes = await timed(range.end - range.start, () => remote.get(sha256, range))
      if (!bytes.ok) return fail(bytes.error, sha256)
      receivedBytes += bytes.value.length
      const written = await local.write(blob, offset, bytes.value)
      if (!written.ok) return refuse(sha256, written.error.kind)
      offset = written.value.received
    }
    return 'done'
  }

  async function timed<T extends Result<unknown, unknown>>(bytes: number, request: () => Promise<T>): Promise<T> {
    const startMs = scheduler.now()
    const reply = await request()
    const nowMs = scheduler.now()
    if (reply.ok) meter.note(bytes, nowMs - startMs, nowMs)
    return reply
  }

  /** Whether the next piece of this kind has to wait for something. */
  async function isDisturbed(kind: BlobKind): Promise<boolean> {
    return stopped || poked || !meter.mayCarry(kind, scheduler.now()) || (await options.line()) !== 'quiet'
  }

  function fail(error: RemoteError, sha256?: string): Outcome {
    switch (error.kind) {
      case 'unreachable':
        problem = error.message
        return 'failed'
      case 'wrong-offset':
        return 'interrupted' // somebody else sends the same blob: the next round asks how far it is
      case 'refused':
        problem = error.message
        if (sha256 === undefined) return 'failed'
        return refuse(sha256, error.code)
      default:
        return unreachable(error)
    }
  }

  function refuse(sha256: string, code: string): Outcome {
    refusedUntil.set(sha256, { untilMs: scheduler.now() + REFUSED_PAUSE_MS, code })
    return 'refused'
  }

  function refusedByCode(): Record<string, number> {
    const counts: Record<string, number> = {}
    const nowMs = scheduler.now()
    for (const { untilMs, code } of refusedUntil.values()) {
      if (untilMs > nowMs) counts[code] = (counts[code] ?? 0) + 1
    }
    return counts
  }

  const running = run()
  return {
    status() {
      const megabits = meter.megabits()
      return {
        peer,
        state,
        toSend,
        toFetch,
        sentBytes,
        receivedBytes,
        retries,
        ...(megabits !== undefined && { megabits }),
        ...(current && { current }),
        refused: refusedByCode(),
        ...(problem !== undefined && { problem }),
      }
    },
    poke() {
      poked = true
      wake?.()
    },
    async stop() {
      stopped = true
      wake?.()
      await running
    },
  }
}
