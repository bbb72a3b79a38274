/** When each device was connected here last, kept over restarts. */
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { ReplicaSync } from '../../model/sync/replicaSync.ts'
import type { Signal } from '../live/signal.ts'
import type { Log } from '../log.ts'
import { describeFault } from '../rest/errors.ts'

const PREFIX = 'seen/'
/** A process that is killed forgets no more than this. */
const WRITE_EVERY_MS = 60_000

export interface LastSeen {
  /** ms since 1970 UTC; `undefined` if never. */
  of(deviceId: string): number | undefined
  stop(): Promise<void>
}

interface LastSeenParts {
  readonly sync: Pick<ReplicaSync, 'upstreams' | 'devices'>
  readonly state: StateStore
  /** Whatever the sync tells of itself may have changed. */
  readonly changed: Signal
  readonly now: () => number
  readonly log: Log
}

export async function watchLastSeen({ sync, state, changed, now, log }: LastSeenParts): Promise<LastSeen> {
  const seen = new Map(
    [...(await state.list(PREFIX))].map(([key, ms]) => [key.slice(PREFIX.length), z.number().parse(ms)]),
  )
  const written = new Map(seen)
  let online: ReadonlySet<string> = new Set()
  let looking: Promise<void> | undefined
  let isNews = false

  async function look(): Promise<void> {
    const peers = [...(await sync.upstreams()), ...(await sync.devices())]
    const here = new Set(peers.filter(({ state: line }) => line !== 'offline').map(({ deviceId }) => deviceId))
    const nowMs = now()
    for (const id of new Set([...here, ...online])) {
      seen.set(id, nowMs)
      // At its coming, at its going, and now and then between.
      const isDue = nowMs - (written.get(id) ?? 0) >= WRITE_EVERY_MS
      if (here.has(id) && online.has(id) && !isDue) continue
      written.set(id, nowMs)
      await state.set(PREFIX + id, nowMs)
    }
    online = here
  }

  async function lookUntilNothingIsNew(): Promise<void> {
    try {
      while (isNews) {
        isNews = false
        await look()
      }
    } catch (fault) {
      log('devices could not be noted', describeFault(fault))
    } finally {
      looking = undefined
    }
  }

  const unsubscribe = changed.subscribe(() => {
    isNews = true
    looking ??= lookUntilNothingIsNew()
  })

  return {
    of: (deviceId) => seen.get(deviceId),
    async stop() {
      isNews = false
      unsubscribe()
      await looking
    },
  }
}
