/**
 * The sending half of a session: drains the change log of every scope that the peer takes part in, the most important
 * scope first, chosen anew for every batch. At most `WINDOW` batches are unacknowledged, so a slow peer costs a bounded
 * amount of memory, and falls back to reading the log from its cursor.
 */
import type { Vectors } from '../merge/delta.ts'
import type { CausalRecord } from '../merge/record.ts'
import type { Ack, Changes } from '../wire/index.ts'
import type { Border } from './border.ts'
import type { ChangeStore } from './changeStore.ts'
import type { Cursor } from './cursors.ts'
import { type HeldVectors, joinHeld } from './heldVectors.ts'
import type { PeerKnowledge } from './inbox.ts'
import { type Encoded, encodeFor } from './outgoing.ts'
import type { PeerRules } from './rules.ts'

const WINDOW = 4
const BATCH_RECORDS = 100
/** A batch is cut when its records are longer than this, in characters of JSON. */
const BATCH_CHARS = 256_000
/** Records of which we know what the peer has told us in this session. */
const MAX_TOLD = 256
/** Records that may wait to be sent again, of all scopes. What is beyond is found by the next comparison of digests. */
const MAX_AGAIN = 10_000

export interface OutboxOptions {
  readonly changes: ChangeStore
  readonly rules: PeerRules
  readonly border?: Border | undefined
  /** What the peer has seen at which place of our log; absent if it can make nothing of deltas. */
  readonly heldVectors?: HeldVectors | undefined
  readonly peerEpoch: string
  /** What the peer said that it holds of our log. */
  readonly resume: ReadonlyMap<string, number>
  /** What it acknowledged, durable. */
  readonly sent: Cursor
  /** Smaller is sooner. */
  readonly priority: (scope: string) => number | Promise<number>
  readonly send: (message: Changes) => void
}

export interface Outbox extends PeerKnowledge {
  /** Sends what there is to send until the window is full. Calls may overlap; they are folded into one run. */
  pump(): Promise<void>
  /** The scope has changed. */
  touch(scope: string): void
  /** @returns the ids of the records in the batch that was acknowledged, save those that the peer needs whole */
  acknowledge(ack: Ack): Promise<readonly string[]>
  /** Sends these records again, whoever they came from, as soon as the log of the scope is drained. */
  sendAgain(scope: string, ids: Iterable<string>): void
  /** Sends the scope again from its first change. */
  rewind(scope: string): void
  /** Nothing of this scope is unsent or unacknowledged. */
  isQuiet(scope: string): boolean
  waiting(scope: string): Promise<number>
}

/** Sent, and not acknowledged yet. */
interface Batch {
  readonly seq: number
  readonly ids: readonly string[]
}

export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { changes, rules, border, heldVectors, peerEpoch, sent, send } = options
  const positions = new Map(options.resume)
  const unacknowledged = new Map<string, Batch[]>()
  const dirty = new Set<string>()
  /** Scopes of which the peer was told that more is to come. */
  const announced = new Set<string>()
  /** Scopes that are sent whole: also what once came from this peer, which may have lost it. */
  const whole = new Set<string>()
  /** Records to be sent once more, by scope. */
  const again = new Map<string, Set<string>>()
  /** By record; the one told last is the last. */
  const told = new Map<string, Vectors>()
  let running: Promise<void> = Promise.resolve()
  let busy = false
  let asked = false
  let listed = false

  // The peer's own word is the truth about what it holds: a peer that lost its store says 0.
  for (const [scope, seq] of sent.all()) {
    if ((positions.get(scope) ?? 0) < seq) await sent.set(scope, positions.get(scope) ?? 0)
  }

  function inFlight(): number {
    let count = 0
    for (const batches of unacknowledged.values()) count += batches.length
    return count
  }

  async function mostImportant(): Promise<string | undefined> {
    let best: { scope: string; rank: number } | undefined
    for (const scope of dirty) {
      if (!(await rules.mayEnter(scope))) {
        dirty.delete(scope)
        again.delete(scope)
        continue
      }
      const rank = await options.priority(scope)
      if (!best || rank < best.rank) best = { scope, rank }
    }
    return best?.scope
  }

  async function sendBatch(scope: string): Promise<void> {
    const from = positions.get(scope) ?? 0
    // Taken off the list before reading: a change that commits meanwhile puts it back.
    dirty.delete(scope)
    const sendsWhole = whole.has(scope)
    const except = sendsWhole ? undefined : peerEpoch
    const page = await changes.changesSince(scope, from, {
      limit: BATCH_RECORDS,
      ...(except !== undefined && { except }),
    })
    for (const { seq, record } of page.changes) heldVectors?.note(seq, record)
    const { records, taken } = await batchOf(
      page.changes.map(({ record }) => record),
      (id) => (sendsWhole ? undefined : heldBy(id, from)),
    )
    // Rewound while it was read: what was read is not what is to be sent now.
    if (whole.has(scope) !== sendsWhole || (positions.get(scope) ?? 0) !== from) return
    const cut = taken < page.changes.length
    const upTo = cut ? (page.changes[taken - 1]?.seq ?? from) : page.upTo
    const more = cut || page.more
    positions.set(scope, upTo)
    if (more) dirty.add(scope)
    else whole.delete(scope)
    if (records.length === 0 && (more || !announced.has(scope))) {
      // Only the peer's own changes, or nothing that it may read: it holds all there is for it up to here.
      if (!unacknowledged.get(scope)?.length) await sent.set(scope, upTo)
      if (!more) await sendOnceMore(scope)
      return
    }
    if (again.has(scope)) dirty.add(scope)
    const remaining = more ? await changes.countSince(scope, upTo, except) : 0
    if (remaining > 0) announced.add(scope)
    else announced.delete(scope)
    post(scope, upTo, remaining, records)
  }

  /** One batch of what is to be sent again. The log moves by nothing; the peer holds it up to where it was sent. */
  async function sendOnceMore(scope: string): Promise<void> {
    const wanted = again.get(scope)
    if (!wanted) return
    const ids = [...wanted].slice(0, BATCH_RECORDS)
    const found = await changes.records(ids)
    const held = ids.flatMap((id) => found.get(id) ?? []).filter((record) => record.scope === scope)
    const { records, taken } = await batchOf(held, () => undefined)
    // Rewound while they were read: they are sent with all the others.
    if (again.get(scope) !== wanted) return
    const left = new Set(held.slice(taken).map(({ id }) => id))
    for (const id of ids) if (!left.has(id)) wanted.delete(id)
    if (wanted.size > 0) dirty.add(scope)
    else again.delete(scope)
    if (records.length === 0) return
    const seq = positions.get(scope) ?? 0
    post(scope, seq, 0, records)
  }

  function heldBy(id: string, seq: number): Vectors | undefined {
    return heldVectors && joinHeld(heldVectors.at(id, seq), told.get(id))
  }

  /** As many of the records as one message takes; `taken` counts also those that are nothing to the peer. */
  async function batchOf(
    all: readonly CausalRecord[],
    held: (id: string) => Vectors | undefined,
  ): Promise<{ readonly records: Encoded[]; readonly taken: number }> {
    const records: Encoded[] = []
    let chars = 0
    for (const [taken, record] of all.entries()) {
      const encoded = await encodeFor(record, held(record.id), rules, border)
      if (!encoded) continue
      chars += encoded.chars
      if (records.length > 0 && chars > BATCH_CHARS) return { records, taken }
      records.push(encoded)
    }
    return { records, taken: all.length }
  }

  function post(scope: string, seq: number, remaining: number, records: readonly Encoded[]): void {
    unacknowledged.set(scope, [...(unacknowledged.get(scope) ?? []), { seq, ids: records.map(({ id }) => id) }])
    send({ type: 'changes', scope, seq, remaining, records: records.map(({ form }) => form) })
  }

  async function run(): Promise<void> {
    busy = true
    try {
      // Only now: from here on, a scope that is not listed yet is one that `touch` will name.
      if (!listed) for (const scope of await changes.scopes()) dirty.add(scope)
      listed = true
      do {
        asked = false
        while (inFlight() < WINDOW) {
          const scope = await mostImportant()
          if (scope === undefined) break
          await sendBatch(scope)
        }
      } while (asked)
    } finally {
      busy = false // at once: a call that came between the end and a later tick would be lost
    }
  }

  function sendAgain(scope: string, ids: Iterable<string>): void {
    let room = MAX_AGAIN
    for (const wanted of again.values()) room -= wanted.size
    const wanted = new Set([...(again.get(scope) ?? []), ...[...ids].slice(0, Math.max(0, room))])
    if (wanted.size === 0) return
    again.set(scope, wanted)
    dirty.add(scope)
  }

  return {
    pump() {
      asked = true
      if (!busy) running = run()
      return running
    },

    touch(scope) {
      dirty.add(scope)
    },

    tell(id, seen) {
      const known = joinHeld(told.get(id), seen)
      told.delete(id)
      if (known) told.set(id, known)
      const [oldest] = told.keys()
      if (told.size > MAX_TOLD && oldest !== undefined) told.delete(oldest)
    },

    holds: (scope, id) => heldBy(id, positions.get(scope) ?? 0),

    async acknowledge({ scope, seq, needs = [] }) {
      const open = unacknowledged.get(scope) ?? []
      const index = open.findIndex((batch) => batch.seq === seq)
      const batch = open[index]
      if (!batch) return [] // an answer to a batch of before a rewind
      const wanted = batch.ids.filter((id) => needs.includes(id))
      if (wanted.length > 0) sendAgain(scope, wanted)
      const rest = open.slice(index + 1)
      if (rest.length > 0) {
        unacknowledged.set(scope, rest)
        await sent.set(scope, seq)
      } else {
        unacknowledged.delete(scope)
        // What was read behind the last batch and not sent is nothing to this peer.
        await sent.set(scope, Math.max(seq, positions.get(scope) ?? 0))
      }
      return batch.ids.filter((id) => !needs.includes(id))
    },

    sendAgain,

    rewind(scope) {
      again.delete(scope)
      positions.set(scope, 0)
      dirty.add(scope)
      whole.add(scope)
    },

    isQuiet(scope) {
      return listed && !busy && !dirty.has(scope) && !unacknowledged.get(scope)?.length
    },

    waiting(scope) {
      return changes.countSince(scope, sent.get(scope), peerEpoch)
    },
  }
}
