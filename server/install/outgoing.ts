/** The upstreams of an install, as the queue of its REST API needs to know them. */
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { ReplicaSync } from '../../model/sync/replicaSync.ts'
import type { Outgoing, OutgoingPeer } from '../rest/context.ts'

const knownPeer = z.object({ epoch: z.string() })

export function outgoingOf(sync: ReplicaSync, state: StateStore): Outgoing {
  return {
    async peers() {
      const peers: OutgoingPeer[] = []
      for (const { kind, session, upstream } of (await sync.figures()).peers) {
        if (kind === 'device' || !upstream) continue
        const known = knownPeer.safeParse(await state.get(`upstream/${kind}`))
        const isConnected = session !== undefined
        peers.push({
          kind,
          epoch: known.data?.epoch,
          isConnected,
          attempts: upstream.inARow,
          nextRetryMs: upstream.nextTryAtMs,
          problem: isConnected ? undefined : upstream.lastError?.message,
        })
      }
      return peers
    },
    poke: () => sync.poke(),
  }
}
