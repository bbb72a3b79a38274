/** How an install takes the hub or cloud that it calls, and how the windows here come to edit under another actor. */
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { trustOf } from '../../model/sync/ownTrust.ts'
import type { Accepted } from '../../model/sync/rules.ts'
import type { Identity } from '../identity/identity.ts'
import { personOf } from './callers.ts'
import type { People } from './people.ts'

/** Within this time a window has asked twice for the actor to edit under. */
const WINDOWS_ASK_MS = 2_500

interface TrustParts {
  readonly identity: Identity
  readonly changes: ChangeStore
  readonly people: People
}

export async function trustUpstream(
  kind: 'hub' | 'cloud',
  { identity, changes, people }: TrustParts,
): Promise<Accepted> {
  const { team, userId, deviceId, grant } = identity
  let current = await people.actor(personOf(identity))
  return trustOf(changes, { team: team.id, userId, deviceId, grant }, kind, {
    current: () => current,
    async retire() {
      await people.retire(personOf(identity))
      current = await people.actor(personOf(identity))
      // Its windows ask for the actor every second; one that slept is turned away (`remoteWindow.ts`).
      await new Promise((resolve) => setTimeout(resolve, WINDOWS_ASK_MS))
    },
  })
}
