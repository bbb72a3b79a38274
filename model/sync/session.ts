/**
 * One connection between two replicas. Both sides run this same code and do the same things, except that the side that
 * called says hello first and is the one that asks for digests to be compared.
 *
 *     caller                              called
 *       │── hello (with token) ────────────▶│   refused: error, close
 *       │◀──────────────────────── hello ───│
 *       │── resume ──▶  ◀────────── resume ─│   "of your log I hold up to …"
 *       │── changes ──▶ ◀───────── changes ─│   both at once; each is joined, committed, then
 *       │◀── ack ───        ─── ack ───────▶│   acknowledged, perhaps with "this one I need whole"
 *       │── digest ────────────────────────▶│   when nothing is under way
 *       │◀─────────────────────── verdict ──│   equal: complete. Different: see `verification.ts`
 *
 * A cut at any point is repaired by connecting again: cursors move only after a commit, and a join done twice is a join
 * done once.
 */
import { type ClockOffset, estimateOffset } from '../merge/clock.ts'
import { type Result, unreachable } from '../result.ts'
import { type Ack, type Changes, type Hello, type Message, type Presence, parseMessage } from '../wire/index.ts'
import { agreedProtocol, MIN_PROTOCOL, PROTOCOL } from '../wire/version.ts'
import { acksFor } from './acks.ts'
import { type Acquaintance, acquaint, type Peer } from './acquaintance.ts'
import type { Border } from './border.ts'
import { type Arrived, mergedChanges, openGathering, takeBurst } from './burst.ts'
import type { ChangeStore, StateStore } from './changeStore.ts'
import type { DigestIndex } from './digestIndex.ts'
import { NO_TRAFFIC, type SessionFigures, type Traffic } from './figures.ts'
import { SILENCE_MS, startHeartbeat } from './heartbeat.ts'
import { heldByNow, type Refused, receiveChanges } from './inbox.ts'
import { idOf } from './incoming.ts'
import { createLine } from './line.ts'
import type { PresenceLine, PresenceRoom } from './presence.ts'
import type { Priority } from './priority.ts'
import type { Accepted } from './rules.ts'
import type { Scheduler } from './scheduler.ts'
import { createTimers } from './timers.ts'
import type { Transport } from './transport.ts'
import type { VerificationMessage } from './verification.ts'

const HELLO_TIMEOUT_MS = 10_000
/** Cursors that moved are saved together after this. */
const SAVE_MS = 1_000
/** Bytes that may wait in the socket of a peer that does not read. What is sent by itself stays far below. */
const MAX_BUFFERED = 2_000_000
/** Messages that may wait for their turn. A peer that keeps to the window never fills it. */
const MAX_WAITING = 64

export interface SelfIntroduction {
  readonly deviceId: string
  readonly deviceName: string
  readonly team: string | null
  readonly token?: string
}

export interface SessionError {
  readonly code: string
  readonly message: string
}

export interface SessionOptions {
  readonly transport: Transport
  readonly scheduler: Scheduler
  readonly changes: ChangeStore
  readonly state: StateStore
  /** True on the side that opened the line. */
  readonly caller: boolean
  readonly self: SelfIntroduction
  /** Decides about the peer by its hello. */
  readonly accept: (hello: Hello) => Promise<Result<Accepted, SessionError>>
  readonly priority: Priority
  /** Who is here. */
  readonly presence?: PresenceRoom
  /** By how many ms we correct our clock; the peer is told the time so. */
  readonly clockOffset?: () => number
  /** Only on the side that called, which goes by the clock of whom it calls: how far that is ahead of ours. */
  readonly onClock?: (offset: ClockOffset) => void
  /** Only on the side that called: whom it calls has given it a new token, for the next time. */
  readonly onRenewed?: (token: string) => void
  /** Whether as little data as possible is to be used. */
  readonly saver?: () => boolean
  /** The highest protocol to speak, for trying out how versions get on; the newest by default. */
  readonly protocol?: number
  /** How long what has been waiting at the peer waits here for more of it, ms. */
  readonly gatherMs?: number
  /** What records go through on their way to this peer and back; nothing by default. */
  readonly border?: Border | undefined
  /** The digest trees of `changes` as seen through the border; those that all its sessions share by default. */
  readonly digests?: DigestIndex
  /** Something that `progress` shows has changed. */
  readonly onProgress: () => void
  readonly onRefused?: (scope: string, refused: readonly Refused[]) => void
}

export interface Progress {
  readonly waiting: number
  readonly incoming: number
  /** Digests were compared since the last change on either side, and are equal. */
  readonly equal: boolean
}

export interface Session {
  /** Known once hellos were exchanged. */
  peer(): Peer | undefined
  /** `undefined` if the peer takes no part in that scope. */
  progress(scope: string): Promise<Progress | undefined>
  /** Resolves when the line is down, with the reason if there is one to tell. */
  readonly closed: Promise<SessionError | undefined>
  figures(): SessionFigures
  /** Resolves when nothing is under way in the stores any more, after the line is down. */
  readonly atRest: Promise<void>
  close(error?: SessionError): void
}

export function startSession(options: SessionOptions): Session {
  const { transport, scheduler, changes, state, caller, self, border } = options
  const { protocol: highest = PROTOCOL } = options
  /** Known once hellos were exchanged. */
  let known: Acquaintance | undefined
  let open = true
  let work: Promise<void> = Promise.resolve()
  const sinceMs = scheduler.now()
  const traffic: { -readonly [K in keyof Traffic]: number } = { ...NO_TRAFFIC }
  const line = createLine(scheduler.elapsed, options.saver)
  let failure: SessionError | undefined
  let helloSentMs: number | undefined
  let leaveRoom: (() => void) | undefined
  const incoming = new Map<string, number>()
  const timers = createTimers(scheduler)
  const waiting: Arrived[] = []
  const gathering = openGathering(waiting, scheduler, options.gatherMs)
  let rest: () => void
  const atRest = new Promise<void>((resolve) => {
    rest = resolve
  })
  let settle: (error: SessionError | undefined) => void
  const closed = new Promise<SessionError | undefined>((resolve) => {
    settle = resolve
  })

  /** What the platform says has gone over the wire, in place of the lengths of messages. */
  function wire(): Partial<Traffic> {
    const bytes = transport.wireBytes?.()
    return bytes ? { bytesIn: bytes.in, bytesOut: bytes.out } : {}
  }

  function send(message: Exclude<Message, Changes>): void {
    sendText(JSON.stringify(message))
  }

  function sendText(text: string, recordsOut = 0): void {
    if (!open) return
    traffic.bytesOut += text.length
    traffic.recordsOut += recordsOut
    heartbeat.said()
    transport.send(text)
    if (transport.buffered() <= MAX_BUFFERED) return
    transport.close()
    finish({ code: 'SLOW', message: 'the peer does not read what it asks for' })
  }

  function finish(error?: SessionError): void {
    if (!open) return
    open = false
    failure ??= error
    unsubscribe()
    leaveRoom?.()
    timers.stop()
    settle(failure)
    // What cannot be saved now is sent again the next time.
    const saved = known?.cursors.save().catch(() => undefined) ?? Promise.resolve()
    void Promise.allSettled([work, saved]).then(rest)
    options.onProgress()
  }

  function close(error?: SessionError): void {
    if (!open) return
    failure = error
    send(error ? { type: 'error', ...error } : { type: 'bye' })
    transport.close()
    finish(error)
  }

  /** A fault of ours, such as a full disk: this peer is let go and may come again; the others are not concerned. */
  function guard(task: Promise<unknown>): void {
    task.catch((cause: unknown) => {
      close({ code: 'INTERNAL_ERROR', message: cause instanceof Error ? cause.message.slice(0, 200) : 'unknown' })
    })
  }

  const heartbeat = startHeartbeat({
    caller,
    timers,
    elapsed: scheduler.elapsed,
    ping() {
      line.pinged()
      send({ type: 'ping' })
    },
    onSilence: () => close({ code: 'SILENT', message: `no sign of life for ${SILENCE_MS / 1000} s` }),
  })

  const unsubscribe = changes.subscribe((scope) => {
    if (known?.outbox()?.touch(scope)) pumpSoon()
    known?.verification.soon(scope)
    options.onProgress()
  })

  /** What is committed in one turn of the event loop leaves together. */
  function pumpSoon(): void {
    if (!timers.isSet('pump')) timers.set('pump', 0, pump)
  }

  function pump(): void {
    const outbox = known?.outbox()
    if (open && outbox) guard(outbox.pump())
  }

  /** @param token of ours, for the side that is asked for entry; or a new one for whoever called us, who must not see ours */
  function introduce(token: string | undefined): void {
    const { token: _own, ...introduction } = self
    const epoch = changes.epoch
    const credential = token !== undefined ? { token } : {}
    helloSentMs = scheduler.now()
    const now = helloSentMs + (options.clockOffset?.() ?? 0)
    send({ type: 'hello', protocol: highest, epoch, now, ...introduction, ...credential })
  }

  async function onHello(hello: Hello, receivedMs: number): Promise<void> {
    if (known) return close({ code: 'PROTOCOL', message: 'a second hello' })
    const protocol = agreedProtocol(hello.protocol, highest)
    if (protocol === undefined) {
      return close({ code: 'OLD_PROTOCOL', message: `protocol ${MIN_PROTOCOL} is needed: update WedSync` })
    }
    if (hello.epoch === changes.epoch) {
      return close({ code: 'SAME_STORE', message: 'the peer runs on a copy of this data folder' })
    }
    const decision = await options.accept(hello)
    if (!decision.ok) return close(decision.error)
    if (caller && helloSentMs !== undefined) {
      options.onClock?.(estimateOffset({ peerNowMs: hello.now, receivedMs, sentMs: helloSentMs }))
    }
    const { deviceId, deviceName, epoch } = hello
    known = await acquaint({ deviceId, deviceName, epoch, protocol }, decision.value, {
      ...{ changes, state, caller, border, digests: options.digests, priority: options.priority },
      ...{ line, timers, elapsed: scheduler.elapsed, send, sendChanges: sendText, pump, guard },
      pause: () => new Promise((resolve) => scheduler.after(0, resolve)),
      incoming: (scope) => incoming.get(scope) ?? 0,
      onMove: saveSoon,
      onProgress: options.onProgress,
      onRefused(scope, refused) {
        traffic.refused += refused.length
        options.onRefused?.(scope, refused)
      },
    })
    if (!caller) introduce(decision.value.renewedToken)
    else if (hello.token !== undefined) options.onRenewed?.(hello.token)
    const { rules, cursors } = known
    send({ type: 'resume', cursors: Object.fromEntries([...(await heldScopes(rules)), ...cursors.received.all()]) })
    timers.cancel('hello')
    options.onProgress()
  }

  /**
   * The side that asks for digests may have lost a whole scope, and all that told of it. So it is told of each one that is here,
   * if only that nothing of its log is known of it.
   */
  async function heldScopes(rules: Accepted): Promise<readonly (readonly [scope: string, seq: 0])[]> {
    if (caller) return []
    const held: [string, 0][] = []
    for (const scope of await changes.scopes()) if (await rules.mayEnter(scope)) held.push([scope, 0])
    return held
  }

  function saveSoon(): void {
    if (timers.isSet('save')) return
    timers.set('save', SAVE_MS, () => {
      if (known) guard(known.cursors.save())
    })
  }

  async function onResume(resume: Readonly<Record<string, number>>): Promise<void> {
    if (!known || known.outbox()) return close({ code: 'PROTOCOL', message: 'resume out of place' })
    const { peer, cursors, notTaken, verification } = known
    known.openOutbox(resume)
    if (peer.protocol >= 2) leaveRoom = options.presence?.join(ourLine)
    await notTaken.offerDue()
    pump()
    // Also the scopes of which nothing is left here, and the peer may have what was lost.
    const scopes = new Set([...(await changes.scopes()), ...cursors.received.all().keys(), ...Object.keys(resume)])
    for (const scope of scopes) verification.soon(scope)
  }

  async function onChanges(burst: readonly Arrived<Changes>[]): Promise<void> {
    if (!known) return close({ code: 'PROTOCOL', message: 'changes before hello' })
    const { peer, rules, arrivals, refusals, notTaken, verification } = known
    const message = mergedChanges(burst)
    const { scope, seq, remaining, records } = message
    incoming.set(scope, remaining)
    traffic.recordsIn += records.length
    const { refused, needs, takenBack, absent } = await receiveChanges(message, {
      changes,
      state,
      rules,
      peerEpoch: peer.epoch,
      border,
      knowledge: known.outbox(),
      ownEdits: rules.ownEdits,
      chars: Math.max(...burst.map(({ chars }) => chars)),
    })
    if (takenBack.length > 0) await refusals.withdraw(scope, takenBack)
    const ids = records.flatMap((raw) => idOf(raw) ?? []).filter((id) => !needs.includes(id))
    offer(scope, await notTaken.byUs(scope, ids, refused))
    arrivals.settle(scope, seq, ids, needs)
    const about = { protocol: peer.protocol, nowMs: scheduler.elapsed() }
    for (const ack of acksFor(burst, { refused, needs, absent }, about)) send(ack)
    offer(scope, await heldByNow(message, refused, { changes, border }))
    if (scope === self.team) await notTaken.teamChanged()
    // Also if it brought nothing new here: what the peer holds has changed since it was compared.
    verification.touch(scope)
    options.onProgress()
  }

  function offer(scope: string, ids: readonly string[]): void {
    if (ids.length === 0) return
    known?.outbox()?.sendAgain(scope, ids)
    pump()
  }

  async function onAck(message: Ack): Promise<void> {
    const outbox = known?.outbox()
    if (!known || !outbox) return close({ code: 'PROTOCOL', message: 'ack before resume' })
    await known.notTaken.byPeer(message, outbox.acknowledge(message))
    pump()
    known.verification.touch(message.scope)
    options.onProgress()
  }

  async function onVerification(message: VerificationMessage): Promise<void> {
    if (known) return known.verification.handle(message)
    if (message.type === 'digest') send({ type: 'verdict', scope: message.scope, outcome: 'foreign' })
  }

  const ourLine: PresenceLine = {
    tell(device) {
      const mayHear = async (): Promise<void> => {
        if (await known?.rules.mayEnter(device.scope)) send({ type: 'presence', devices: [device] })
      }
      guard(mayHear())
    },
  }

  async function onPresence({ devices }: Presence): Promise<void> {
    if (!known) return close({ code: 'PROTOCOL', message: 'presence before hello' })
    const { peer, rules } = known
    const heard: Presence['devices'] = []
    for (const device of devices) {
      const isOwn = device.deviceId === peer.deviceId
      if ((isOwn || rules.passesOn) && (await rules.mayEnter(device.scope))) heard.push(device)
    }
    options.presence?.hear({ type: 'presence', devices: heard }, ourLine)
  }

  async function handle({ message, at, chars }: Arrived): Promise<void> {
    switch (message.type) {
      case 'hello':
        return onHello(message, scheduler.now() - (scheduler.elapsed() - at))
      case 'resume':
        return onResume(message.cursors)
      case 'changes':
        await gathering.behind(message)
        return onChanges(takeBurst({ message, at, chars }, waiting))
      case 'ack':
        return onAck(message)
      case 'digest':
      case 'verdict':
      case 'probe':
      case 'nodes':
      case 'repair':
      case 'resend':
        return onVerification(message)
      case 'presence':
        return onPresence(message)
      case 'ping':
      case 'pong':
        return // answered as they arrive
      case 'error':
        failure = { code: message.code, message: message.message }
        return transport.close()
      case 'bye':
        return transport.close()
      default:
        return unreachable(message)
    }
  }

  function enqueue(arrived: Arrived): void {
    waiting.push(arrived)
    gathering.arrived()
    work = work.then(async () => {
      const next = open ? waiting.shift() : undefined // none if it was taken together with one before it
      if (next) await handle(next)
    })
    guard(work)
  }

  transport.onMessage((text) => {
    const arrivedAt = scheduler.elapsed()
    if (!open) return
    heartbeat.heard()
    traffic.bytesIn += text.length
    const parsed = parseMessage(text)
    if (!parsed.ok) return close({ code: 'BAD_MESSAGE', message: parsed.error.reason.slice(0, 400) })
    // Not in turn, or the time of a commit would count as the line's.
    if (parsed.value.type === 'ping') return send({ type: 'pong' })
    if (parsed.value.type === 'pong') return line.ponged()
    if (waiting.length >= MAX_WAITING) return close({ code: 'FLOOD', message: 'too many messages without waiting' })
    enqueue({ message: parsed.value, at: arrivedAt, chars: text.length })
  })
  transport.onClose(() => finish())

  timers.set('hello', HELLO_TIMEOUT_MS, () => close({ code: 'NO_HELLO', message: 'no hello arrived' }))
  if (caller) introduce(self.token)

  return {
    peer: () => known?.peer,
    async progress(scope) {
      if (known?.verification.isForeign(scope) || (known && !(await known.rules.mayEnter(scope)))) return undefined
      const waiting = (await known?.outbox()?.waiting(scope)) ?? 0
      const head = await changes.head(scope)
      return {
        waiting,
        incoming: incoming.get(scope) ?? 0,
        equal: open && head > 0 && (known?.verification.isEqual(scope, head) ?? false),
      }
    },
    figures: () => ({ ...traffic, ...wire(), ...line.quality(), sinceMs }),
    closed,
    atRest,
    close,
  }
}
