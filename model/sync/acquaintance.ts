/**
 * What a session holds of its peer from the moment that it knows who that is: how far each of the two has got, what one does not
 * take of the other, and the halves that send, receive and compare. Opened anew by each session, from what the last one has saved.
 */
import type { Changes, Message } from '../wire/index.ts'
import { type Arrivals, openArrivals } from './arrivals.ts'
import type { Border } from './border.ts'
import type { ChangeStore, StateStore } from './changeStore.ts'
import { type Cursors, openCursors } from './cursors.ts'
import { type DigestIndex, digestIndexOf } from './digestIndex.ts'
import { directLogOf } from './directLog.ts'
import { heldVectorsOf } from './heldVectors.ts'
import type { Refused } from './inbox.ts'
import type { Line } from './line.ts'
import { logReaderOf } from './logReader.ts'
import { type NotTaken, openNotTaken } from './notTaken.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import type { Priority } from './priority.ts'
import { openRefusals, type Refusals } from './refusals.ts'
import type { Accepted } from './rules.ts'
import type { Timers } from './timers.ts'
import { openVerification, type Verification } from './verification.ts'

export interface Peer {
  readonly deviceId: string
  readonly deviceName: string
  readonly epoch: string
  /** What the two of us speak. */
  readonly protocol: number
}

export interface Acquaintance {
  readonly peer: Peer
  readonly rules: Accepted
  readonly cursors: Cursors
  readonly arrivals: Arrivals
  readonly refusals: Refusals
  readonly notTaken: NotTaken
  readonly verification: Verification
  /** There once the peer has said where it stands. */
  outbox(): Outbox | undefined
  /** @param resume what the peer holds of our log, by scope */
  openOutbox(resume: Readonly<Record<string, number>>): Outbox
}

/** What the session is to its parts. */
export interface AcquaintanceOptions {
  readonly changes: ChangeStore
  readonly state: StateStore
  /** True on the side that opened the line. */
  readonly caller: boolean
  readonly border?: Border | undefined
  readonly digests?: DigestIndex | undefined
  readonly priority: Priority
  readonly line: Line
  readonly timers: Timers
  readonly elapsed: () => number
  /** How many changes of a scope the peer still has for us. */
  readonly incoming: (scope: string) => number
  readonly send: (message: Exclude<Message, Changes>) => void
  /** @param text a message of changes */
  readonly sendChanges: (text: string, records: number) => void
  readonly pump: () => void
  /** Resolves at the end of the turn of the event loop, also when the session has ended. */
  readonly pause: () => Promise<void>
  /** Ends the session if the task fails. */
  readonly guard: (task: Promise<unknown>) => void
  /** A cursor has moved. */
  readonly onMove: () => void
  readonly onProgress: () => void
  readonly onRefused: (scope: string, refused: readonly Refused[]) => void
}

export async function acquaint(peer: Peer, rules: Accepted, options: AcquaintanceOptions): Promise<Acquaintance> {
  const { changes, state, caller, border, timers, send, pump, elapsed } = options
  let outbox: Outbox | undefined
  const cursors = await openCursors(state, changes.epoch, peer.epoch, { keepsSent: caller, onMove: options.onMove })
  const refusals = await openRefusals(state, {
    ownEpoch: changes.epoch,
    peerEpoch: peer.epoch,
    protocol: peer.protocol,
    edition: border?.edition,
  })
  const notTaken = openNotTaken({
    changes,
    state,
    peerEpoch: peer.epoch,
    refusals,
    ownEdits: rules.ownEdits,
    outbox: () => outbox,
    send,
    onRefused: options.onRefused,
  })
  const verification = openVerification({
    caller,
    changes,
    digests: options.digests ?? digestIndexOf(changes, border, options.pause),
    rules,
    refusals,
    outbox: () => outbox,
    incoming: options.incoming,
    send,
    pump,
    timer: (name, ms, run) => timers.set(name, ms, () => options.guard(run())),
    cancel: timers.cancel,
    elapsed,
    onProgress: options.onProgress,
  })
  return {
    peer,
    rules,
    cursors,
    arrivals: openArrivals(cursors.received),
    refusals,
    notTaken,
    verification,
    outbox: () => outbox,
    openOutbox(resume) {
      outbox = openOutbox({
        changes,
        log: caller ? directLogOf(changes) : logReaderOf(changes),
        rules,
        border,
        heldVectors: peer.protocol >= 2 ? heldVectorsOf(changes) : undefined,
        peerEpoch: peer.epoch,
        resume: new Map([...cursors.inherited, ...Object.entries(resume).filter(([, seq]) => seq > 0)]),
        sent: cursors.sent,
        priority: options.priority,
        line: options.line,
        send: options.sendChanges,
        elapsed,
        wake(scope, ms) {
          // One that goes off too early finds out, and is set anew.
          if (!timers.isSet(`fold ${scope}`)) timers.set(`fold ${scope}`, ms, pump)
        },
        isRefused: (scope, id) => refusals.by(scope, id) === 'us',
        // By now we may hold all of it, by way of somebody else; only the peer can show that there is nothing to refuse.
        onHidden: (scope, ids) => send({ type: 'repair', scope, ids: [...ids] }),
        onPassedOver: verification.passOver,
      })
      return outbox
    },
  }
}
