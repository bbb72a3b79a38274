/** How a device takes the hub or cloud that it calls: at its word, within what its own role may read and write. */

import type { ActorId } from '../merge/vector.ts'
import { viewRecord } from '../merge/view.ts'
import { type Grant, mayServeAsHub } from '../roles.ts'
import type { ChangeStore } from './changeStore.ts'
import { openClaims } from './ownClaims.ts'
import { type Accepted, rulesOf, TRUSTED, trusting, viewOf } from './rules.ts'

export interface OwnPlace {
  readonly team: string
  readonly userId: string
  readonly deviceId: string
  readonly grant: Grant
}

/** Under which actor people edit here. */
export interface OwnActors {
  current(): ActorId
  /** Gives it up for another one. When this resolves nobody edits under it any more. */
  retire(): Promise<void>
}

/** @param kind the cloud cannot tell whose own a record is, so what it refuses is no reason to take anything back */
export async function trustOf(
  changes: ChangeStore,
  place: OwnPlace,
  kind: 'hub' | 'cloud',
  actors: OwnActors,
): Promise<Accepted> {
  const { team, userId, deviceId, grant } = place
  if (mayServeAsHub(grant)) return TRUSTED
  if (kind === 'cloud') return trusting(viewOf(grant.role))
  const claims = await openClaims(changes, place)
  const own = new Set<ActorId>([actors.current()])
  let readTo = -1

  async function refresh(): Promise<void> {
    const head = await changes.head(team)
    if (head === readTo) return
    for (const record of await changes.inScope(team, { table: 'actors' })) {
      const { data } = viewRecord(record)
      if (data.userId === userId && data.deviceId === deviceId && typeof data.actor === 'string') own.add(data.actor)
    }
    readTo = head
  }

  await refresh()
  return {
    ...trusting(viewOf(grant.role, claims.owns), claims.refresh),
    ownEdits: {
      rules: rulesOf(grant, team, () => true, { holder: { userId, deviceId }, claims }),
      refresh,
      isOwn: (actor) => own.has(actor) || actor === actors.current(),
      isRetired: (actor) => own.has(actor) && actor !== actors.current(),
      async retire() {
        own.add(actors.current())
        await actors.retire()
      },
    },
  }
}
