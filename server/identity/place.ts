/** A place in a team that a new device takes by itself, with nobody of the team online: what a sealed box holds. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { KeyEntry } from '../../model/sealing/keyRing.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { grantSchema } from './grant.ts'
import { type Identity, renewOwnToken, saveIdentity } from './identity.ts'
import { saveGivenKeys, storedKeys, storeKeys } from './ownKeys.ts'
import { publicKeyOf } from './signed.ts'
import { teamSchema } from './team.ts'
import { privateKeySchema } from './token.ts'

const placeSchema = z.object({
  team: teamSchema
    .extend({ privateKey: privateKeySchema })
    .refine(({ publicKey, privateKey }) => publicKeyOf(privateKey) === publicKey, 'keys that do not match'),
  grant: grantSchema,
  keys: storedKeys,
})
export type Place = z.infer<typeof placeSchema>

/** @returns what goes into a box; the keys beyond the first generation, which the team's own key does not yield */
export function placeContent({ team, grant }: Pick<Place, 'team' | 'grant'>, keys: readonly KeyEntry[]): unknown {
  return { team, grant, keys: storeKeys(keys) }
}

export function readPlace(content: unknown): Place | undefined {
  return placeSchema.safeParse(content).data
}

/** The same device in that team, as a new user there. It tells the team of itself at its next start. */
export async function takePlace(
  identity: Identity,
  { team, grant, keys }: Place,
  state: StateStore,
): Promise<Identity> {
  const member = renewOwnToken({ ...identity, team, grant, userId: randomUUID() }, Date.now())
  await saveGivenKeys(state, keys)
  await state.set(ANNOUNCE, true)
  await saveIdentity(state, member)
  return member
}

/** Set as long as the team has no record of this device. */
export const ANNOUNCE = 'announce-member'
