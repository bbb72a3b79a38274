/**
 * Which hub this install calls: the one it knows, wherever it is now, or else another one of its team. And when there is
 * none, this install takes over, if its owner allowed that.
 *
 *     known hub ──answers──▶ call it
 *         │ gone
 *         ▼
 *     another hub of the team on the network ──answers──▶ call it, and remember it
 *         │ none
 *         ▼
 *     wait a moment, longer or shorter than the others ──still none──▶ be the hub
 *
 * Two that take over at once, or a network that was split, end as two hubs that hear each other: the one with the larger
 * device id calls the other, and everything meets.
 */
import { createHash } from 'node:crypto'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { ReplicaSync } from '../../model/sync/replicaSync.ts'
import type { Scheduler } from '../../model/sync/scheduler.ts'
import type { Transport } from '../../model/sync/transport.ts'
import { deviceIdOf, fingerprintOfDevice } from '../identity/certificate.ts'
import { forgetHub, type HubAddress, knownHub, rememberHub } from '../install/calls.ts'
import type { Log } from '../log.ts'
import type { Finding, FoundHub } from './find.ts'

/** One that has not answered by then is waited for no longer than until there is something better to do. */
const PATIENCE_MS = 1_500
/** A hub that is only being restarted is back within this. */
const GRACE_MS = 500
/** Over this time those who might take over are spread, so that the first of them is seen by the others. */
const SPREAD_MS = 1_000

export interface FollowOptions {
  readonly deviceId: () => string
  readonly sync: ReplicaSync
  readonly state: StateStore
  readonly scheduler: Scheduler
  readonly log: Log
  readonly open: (hub: HubAddress) => Promise<Transport>
  /** Absent where nobody is looked for. */
  readonly lookForHubs?: (onChange: () => void) => Finding
  readonly isRevoked: (deviceId: string) => Promise<boolean>
  /** Makes this install the hub. Absent if it may not be one, or not by itself. */
  readonly takeOver?: (() => Promise<void>) | undefined
}

export interface Following {
  /** This install has become a hub itself. */
  serving(): Promise<void>
  /** It is one no longer, and looks for another. */
  resigned(): void
  /** Hubs of the network, of this team and of others. */
  hubs(): readonly FoundHub[]
  stop(): void
}

export async function followHubs(options: FollowOptions): Promise<Following> {
  const { sync, state, scheduler, log } = options
  let isServing = false
  let isCalling = false
  let isStopped = false
  let cancelTakeover: (() => void) | undefined
  /** Somebody who waits for a hub in vain wants to know of others. */
  let onNews: (() => Promise<void>) | undefined

  function found(): readonly FoundHub[] {
    return finding?.hubs() ?? []
  }

  /** Hubs to try, in this order. */
  async function candidates(): Promise<readonly HubAddress[]> {
    const own = options.deviceId()
    const heard: HubAddress[] = []
    for (const { deviceId, url, ofOwnTeam, isAhead } of found()) {
      // One that is ahead does not know us: it is for us to call.
      if (!ofOwnTeam || deviceId === own || (isServing && deviceId > own && !isAhead)) continue
      if (!(await options.isRevoked(deviceId)))
        heard.push({ url, fingerprint: fingerprintOfDevice(deviceId), name: 'hub' })
    }
    const known = await knownHub(state)
    if (!known) return heard
    const moved = heard.filter(({ fingerprint }) => fingerprint === known.fingerprint)
    const others = heard.filter(({ fingerprint }) => fingerprint !== known.fingerprint)
    const places = [known, ...moved.filter(({ url }) => url !== known.url)]
    // Where it is heard now it answers sooner than where it once was.
    return [...(moved.some(({ url }) => url === known.url) ? places : places.toReversed()), ...others]
  }

  async function untried(tried: ReadonlySet<string>): Promise<HubAddress | undefined> {
    return (await candidates()).find((hub) => !tried.has(placeOf(hub)))
  }

  async function dial(): Promise<Transport> {
    const tried = new Set<string>()
    const problems: unknown[] = []
    for (let hub = await untried(tried); hub; hub = await untried(tried)) {
      tried.add(placeOf(hub))
      try {
        const transport = await openUnlessHopeless(hub, tried)
        cancelTakeover?.()
        cancelTakeover = undefined
        await rememberHub(state, hub)
        return transport
      } catch (cause) {
        problems.push(cause)
        finding?.forget({ deviceId: deviceIdOf(hub.fingerprint), url: hub.url })
      }
    }
    considerTakeover()
    throw problems[0] ?? new Error('there is no hub on this network')
  }

  /**
   * A hub whose cable was pulled refuses nobody: it just does not answer. It is given up for another one, if there is one
   * or as soon as one is heard, and meanwhile the hub is as good as gone.
   */
  async function openUnlessHopeless(hub: HubAddress, tried: ReadonlySet<string>): Promise<Transport> {
    const opening = options.open(hub)
    const hopeless = Promise.withResolvers<undefined>()
    const giveUpForAnother = async (): Promise<void> => {
      if (await untried(tried)) hopeless.resolve(undefined)
    }
    const cancelPatience = scheduler.after(PATIENCE_MS, () => {
      onNews = giveUpForAnother
      considerTakeover()
      giveUpForAnother().catch(hopeless.reject)
    })
    try {
      const opened = await Promise.race([opening, hopeless.promise])
      if (opened) return opened
      opening.then(
        (late) => late.close(),
        () => undefined, // it was given up before it failed
      )
      throw new Error(`${hub.url} does not answer`)
    } finally {
      cancelPatience()
      onNews = undefined
    }
  }

  function considerTakeover(): void {
    const { takeOver } = options
    if (!takeOver || isServing || isStopped || cancelTakeover) return
    const wait = GRACE_MS + rank(options.deviceId()) * SPREAD_MS
    cancelTakeover = scheduler.after(wait, () => {
      cancelTakeover = undefined
      log('the hub is gone, taking over')
      takeOver().catch((cause: unknown) => {
        log('could not take over', { reason: cause instanceof Error ? cause.message : 'unknown' })
      })
    })
  }

  function call(name: string): void {
    if (isCalling || isStopped) return
    isCalling = true
    sync.connect('hub', dial, name)
  }

  async function onHeard(): Promise<void> {
    if (isStopped) return
    const [first] = await candidates()
    if (first) call(first.name)
    sync.poke()
    await onNews?.()
  }

  function lookAround(): void {
    onHeard().catch((cause: unknown) => {
      log('hubs could not be looked at', { reason: cause instanceof Error ? cause.message : 'unknown' })
    })
  }

  const finding = options.lookForHubs?.(lookAround)
  const known = await knownHub(state)
  if (known) call(known.name)

  return {
    async serving() {
      isServing = true
      cancelTakeover?.()
      cancelTakeover = undefined
      const hub = (await sync.upstreams()).find(({ kind }) => kind === 'hub')
      // Nobody is to wait for a hub whose place this install has taken. If it comes back, it is heard.
      if (hub?.state !== 'offline') return
      await sync.disconnect('hub')
      await forgetHub(state)
      isCalling = false
      for (const heard of found()) finding?.forget(heard)
      finding?.ask()
    },
    resigned() {
      isServing = false
      lookAround()
    },
    hubs: found,
    stop() {
      isStopped = true
      cancelTakeover?.()
      finding?.stop()
    },
  }
}

function placeOf({ fingerprint, url }: HubAddress): string {
  return `${fingerprint} ${url}`
}

/** In [0, 1), different from device to device. */
function rank(deviceId: string): number {
  return createHash('sha256').update(deviceId).digest().readUInt32BE() / 2 ** 32
}
