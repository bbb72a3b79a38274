/**
 * All sessions of one replica: the peers it calls (hub, cloud) and the peers that call it. Answers how complete each
 * wedding is, towards whom.
 */
import { z } from 'zod'
import type { PeerStatus } from '../database/status.ts'
import type { ClockOffset } from '../merge/clock.ts'
import type { Result } from '../result.ts'
import { ok } from '../result.ts'
import type { Hello } from '../wire/index.ts'
import type { Border } from './border.ts'
import type { ChangeStore, StateStore } from './changeStore.ts'
import { openCursors } from './cursors.ts'
import { addTraffic, type Figures, NO_TRAFFIC, type PeerFigures } from './figures.ts'
import type { Refused } from './inbox.ts'
import { openPresence, type PresenceRoom } from './presence.ts'
import { openPriority } from './priority.ts'
import { quarantined } from './quarantine.ts'
import { type Accepted, TRUSTED } from './rules.ts'
import type { Scheduler } from './scheduler.ts'
import {
  type Progress,
  type SelfIntroduction,
  type Session,
  type SessionError,
  type SessionOptions,
  startSession,
} from './session.ts'
import type { Transport } from './transport.ts'
import { keepConnected, type Upstream, type Urgency } from './upstream.ts'

export type UpstreamKind = 'hub' | 'cloud'

const knownPeer = z.object({ epoch: z.string(), deviceId: z.string(), name: z.string() })
type KnownPeer = z.infer<typeof knownPeer>

/** Codes with which a token is refused. */
const UNKNOWN_CODES: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'KEY_REPLACED'])
const MAX_PAUSE_MS: Readonly<Record<UpstreamKind, number>> = { hub: 5_000, cloud: 15_000 }

export interface ReplicaSyncOptions {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly scheduler: Scheduler
  readonly self: () => SelfIntroduction
  /** Whatever `status` or `completeness` answer may have changed. */
  readonly onChange: () => void
  readonly onRefused?: (scope: string, refused: readonly Refused[]) => void
  /** The hub has given this replica a new token. */
  readonly onRenewed?: (token: string) => void
  /** The hub that this replica calls has told it that its device was shut out. */
  readonly onShutOut?: () => void
  /**
   * Whom this replica calls does not take its token, perhaps since one of the two has not heard that the key of the team was
   * replaced. `code`: `KEY_REPLACED` if that is so.
   */
  readonly onUnknown?: (kind: UpstreamKind, code: string) => void
  /** Whether as little data as possible is to be used. */
  readonly saver?: () => boolean
  /** How whom this replica calls is taken: at its word, by default for everything there is. Asked for each session. */
  readonly trust?: (kind: UpstreamKind) => Promise<Accepted>
}

export interface ConnectOptions {
  /** What records go through on their way to this peer and back. */
  readonly border?: Border
}

export interface ReplicaSync {
  /** Calls a peer and keeps calling. */
  connect(kind: UpstreamKind, dial: () => Promise<Transport>, name: string, more?: ConnectOptions): void
  disconnect(kind: UpstreamKind): Promise<void>
  /** Takes a peer that has called. */
  receive(transport: Transport, accept: (hello: Hello) => Promise<Result<Accepted, SessionError>>): void
  upstreams(): Promise<readonly PeerStatus[]>
  devices(): Promise<readonly PeerStatus[]>
  completeness(scope: string): Promise<ScopeCompleteness>
  /** Ends the sessions of a device that called. */
  dismiss(deviceId: string): void
  /** Who is here just now, doing what. */
  readonly presence: PresenceRoom
  /** By how many ms to correct this device's clock: by that of the cloud, or else of the hub, as last heard. */
  clockOffset(): number
  /** How the work goes, per peer: all that this replica calls, and of those that call it the ones that are wanted. */
  peers(isWanted?: (deviceId: string) => boolean): Promise<readonly PeerFigures[]>
  /** The same of all peers, and in all. */
  figures(): Promise<Figures>
  /** Tries unreachable upstreams again now. */
  poke(): void
  stop(): Promise<void>
}

export interface ScopeCompleteness {
  readonly complete: boolean
  readonly behindBy: number
  readonly quarantined: number
  readonly peers: readonly PeerCompleteness[]
}

export interface PeerCompleteness {
  readonly deviceId: string
  readonly kind: 'hub' | 'cloud' | 'device'
  readonly complete: boolean
  readonly behindBy: number
  /** Changes here that it has not acknowledged: what is still to be forwarded. */
  readonly waiting: number
}

interface Called {
  readonly name: string
  readonly upstream: Upstream
  /** The peer of the last session, also of an earlier run of the program. */
  known?: KnownPeer | undefined
}

export function createReplicaSync(options: ReplicaSyncOptions): ReplicaSync {
  const { changes, state, scheduler, self, onChange } = options
  const called = new Map<UpstreamKind, Called>()
  const callers = new Set<Session>()
  /** Of sessions that have ended, and of lines that could not be opened. */
  let past: Figures['total'] = { ...NO_TRAFFIC, sessions: 0, failures: 0 }
  const priority = openPriority(changes, scheduler.now)
  const presence = openPresence(() => self().deviceId, scheduler)
  const offsets = new Map<UpstreamKind, number>()
  const clockOffset = (): number => offsets.get('cloud') ?? offsets.get('hub') ?? 0

  function start(
    transport: Transport,
    caller: boolean,
    accept: (hello: Hello) => Promise<Result<Accepted, SessionError>>,
    ofCaller: Pick<SessionOptions, 'border' | 'onClock' | 'onRenewed'> = {},
  ): Session {
    const session = startSession({
      transport,
      scheduler,
      changes,
      state,
      caller,
      self: self(),
      accept,
      priority: priority.rank,
      presence,
      clockOffset,
      ...ofCaller,
      onProgress: onChange,
      ...(options.saver && { saver: options.saver }),
      ...(options.onRefused && { onRefused: options.onRefused }),
    })
    void session.closed.then((error) => {
      past = { ...past, ...addTraffic(past, session.figures()), sessions: past.sessions + 1 }
      if (error) noteFailure(error)
    })
    return session
  }

  function noteFailure(error: SessionError): void {
    past = { ...past, failures: past.failures + 1, lastError: { ...error, atMs: scheduler.now() } }
  }

  /** A wedding of today is worth trying twice as often. */
  async function urgency(): Promise<Urgency> {
    const boosts = await Promise.all((await changes.scopes()).map((scope) => priority.boost(scope)))
    return (['low', 'medium', 'high', 'critical'] as const)[Math.max(0, ...boosts)] ?? 'low'
  }

  async function peerFigures(
    kind: PeerFigures['kind'],
    peer: { readonly deviceId: string; readonly name: string },
    session: Session | undefined,
    progressOf: (scope: string) => Promise<Progress | undefined>,
  ): Promise<PeerFigures> {
    const progress = await Promise.all((await changes.scopes()).map(progressOf))
    const queue = progress.reduce((sum, each) => sum + (each?.waiting ?? 0), 0)
    const incoming = progress.reduce((sum, each) => sum + (each?.incoming ?? 0), 0)
    return { kind, ...peer, queue, incoming, ...(session && { session: session.figures() }) }
  }

  /** Progress towards an upstream that is not connected: what it had acknowledged when it was. */
  async function offlineProgress(scope: string, known: KnownPeer | undefined): Promise<Progress> {
    const sent = known && (await openCursors(state, changes.epoch, known.epoch)).sent
    const waiting = await changes.countSince(scope, sent?.get(scope) ?? 0, known?.epoch)
    return { waiting, incoming: 0, equal: false }
  }

  async function knownOf(kind: UpstreamKind, entry: Called): Promise<KnownPeer | undefined> {
    const peer = entry.upstream.session()?.peer()
    if (peer && entry.known?.epoch !== peer.epoch) {
      entry.known = { epoch: peer.epoch, deviceId: peer.deviceId, name: peer.deviceName }
      await state.set(`upstream/${kind}`, entry.known)
    }
    entry.known ??= knownPeer.optional().parse(await state.get(`upstream/${kind}`))
    return entry.known
  }

  async function progressTowards(kind: UpstreamKind, entry: Called, scope: string): Promise<Progress | undefined> {
    const known = await knownOf(kind, entry)
    const session = entry.upstream.session()
    return session?.peer() ? session.progress(scope) : offlineProgress(scope, known)
  }

  async function overall(
    kind: PeerStatus['kind'],
    peer: { deviceId: string; name: string; problem?: string | undefined; connected: boolean },
    progressOf: (scope: string) => Promise<Progress | undefined>,
  ): Promise<PeerStatus> {
    const all = (await Promise.all((await changes.scopes()).map(progressOf))).filter(
      (progress) => progress !== undefined,
    )
    const waiting = all.reduce((sum, progress) => sum + progress.waiting, 0)
    const incoming = all.reduce((sum, progress) => sum + progress.incoming, 0)
    const equal = all.every((progress) => progress.equal)
    return {
      deviceId: peer.deviceId,
      name: peer.name,
      kind,
      state: !peer.connected ? 'offline' : equal ? 'equal' : 'syncing',
      waiting,
      incoming,
      ...(peer.problem !== undefined && !peer.connected && { problem: peer.problem }),
    }
  }

  async function peers(isWanted: (deviceId: string) => boolean = () => true): Promise<readonly PeerFigures[]> {
    const upstreams = [...called].map(async ([kind, entry]) => {
      const known = await knownOf(kind, entry)
      const peer = { deviceId: known?.deviceId ?? '', name: known?.name ?? entry.name }
      const session = entry.upstream.session()
      const ofPeer = await peerFigures(kind, peer, session, (scope) => progressTowards(kind, entry, scope))
      return { ...ofPeer, upstream: entry.upstream.figures() }
    })
    const devices = [...callers].flatMap((session) => {
      const peer = session.peer()
      if (!peer || !isWanted(peer.deviceId)) return []
      return [peerFigures('device', { deviceId: peer.deviceId, name: peer.deviceName }, session, session.progress)]
    })
    return Promise.all([...upstreams, ...devices])
  }

  return {
    presence,
    clockOffset,

    connect(kind, dial, name, { border } = {}) {
      const onClock = ({ offsetMs }: ClockOffset): void => void offsets.set(kind, offsetMs)
      // A cloud cannot sign for the team.
      const onRenewed = kind === 'hub' && options.onRenewed ? { onRenewed: options.onRenewed } : {}
      const accept = async () => ok((await options.trust?.(kind)) ?? TRUSTED)
      if (called.has(kind)) throw new Error(`already calling a ${kind}`)
      const upstream = keepConnected({
        dial,
        start(transport) {
          const session = start(transport, true, accept, { border, onClock, ...onRenewed })
          void session.closed.then((error) => {
            if (kind === 'hub' && error?.code === 'REVOKED') options.onShutOut?.()
            if (error && UNKNOWN_CODES.has(error.code)) options.onUnknown?.(kind, error.code)
          })
          return session
        },
        scheduler,
        urgency,
        maxPauseMs: MAX_PAUSE_MS[kind],
        onChange,
        onUnreachable: noteFailure,
      })
      called.set(kind, { name, upstream })
    },

    async disconnect(kind) {
      const entry = called.get(kind)
      called.delete(kind)
      await entry?.upstream.stop()
    },

    receive(transport, accept) {
      const session = start(transport, false, accept)
      callers.add(session)
      void session.closed.then(() => {
        callers.delete(session)
        onChange()
      })
    },

    async upstreams() {
      return Promise.all(
        [...called].map(async ([kind, entry]) => {
          const known = await knownOf(kind, entry)
          const peer = {
            deviceId: known?.deviceId ?? '',
            name: known?.name ?? entry.name,
            connected: entry.upstream.session()?.peer() !== undefined,
            problem: entry.upstream.problem()?.message,
          }
          return overall(kind, peer, (scope) => progressTowards(kind, entry, scope))
        }),
      )
    },

    async devices() {
      const statuses = [...callers].map(async (session) => {
        const peer = session.peer()
        if (!peer) return undefined
        return overall('device', { deviceId: peer.deviceId, name: peer.deviceName, connected: true }, session.progress)
      })
      return (await Promise.all(statuses)).filter((status) => status !== undefined)
    },

    async completeness(scope) {
      const upstreams = await Promise.all(
        [...called].map(async ([kind, entry]) => {
          const deviceId = (await knownOf(kind, entry))?.deviceId ?? ''
          return peerCompleteness(kind, deviceId, await progressTowards(kind, entry, scope))
        }),
      )
      const devices = await Promise.all(
        [...callers].map(async (session) => {
          const progress = await session.progress(scope)
          const peer = session.peer()
          return peer && progress && peerCompleteness('device', peer.deviceId, progress)
        }),
      )
      return {
        complete: upstreams.every(({ complete }) => complete),
        behindBy: Math.max(0, ...upstreams.map(({ behindBy }) => behindBy)),
        quarantined: (await quarantined(state, scope)).length,
        peers: [...upstreams, ...devices.filter((device) => device !== undefined)],
      }
    },

    dismiss(deviceId) {
      for (const session of callers) if (session.peer()?.deviceId === deviceId) session.close()
    },

    peers,

    async figures() {
      const all = await peers()
      const now = all.flatMap(({ session }) => session ?? [])
      const traffic = now.reduce(addTraffic, past)
      return { peers: all, total: { ...past, ...traffic, sessions: past.sessions + now.length } }
    },

    poke() {
      for (const { upstream } of called.values()) upstream.poke()
    },

    async stop() {
      await Promise.all([...called.values()].map(({ upstream }) => upstream.stop()))
      called.clear()
      for (const session of callers) session.close()
      await Promise.all([...callers].map(({ atRest }) => atRest))
      priority.close()
      presence.close()
    },
  }
}

function peerCompleteness(
  kind: PeerCompleteness['kind'],
  deviceId: string,
  progress: Progress | undefined,
): PeerCompleteness {
  const { waiting, incoming, equal } = progress ?? { waiting: 0, incoming: 0, equal: true }
  return { deviceId, kind, complete: equal, behindBy: waiting + incoming, waiting }
}
