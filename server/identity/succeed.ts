/** What an install does when its team has another key: it goes on under that, as far as it was given a part in it. */
import type { ChangeStore, StateStore } from '../../model/sync/changeStore.ts'
import { type Identity, renewOwnToken, saveIdentity } from './identity.ts'
import { closeJoins } from './joins.ts'
import { loadWrappingKeys, saveGivenKeys } from './ownKeys.ts'
import { forgetOtherKits } from './recovery.ts'
import { derivedKeysOf, heldKeysOf } from './sealingKeys.ts'
import { foundingOf, lineOf, ownPart } from './succession.ts'
import { privateKeysOf, type Team } from './team.ts'

export interface SucceedStores {
  readonly changes: Pick<ChangeStore, 'inScope' | 'scopes'>
  readonly state: StateStore
}

/**
 * Goes on under the key that these statements lead to. Nothing of before counts from then on, as everything is checked with the
 * present key: tokens, certificates, grants of keys, endorsements, change files; and open invitations end. Keys for values stay.
 * A device without a part in it keeps what it has, and has to be invited again.
 * @returns `undefined` if they lead nowhere that it is not
 */
export async function succeed(
  identity: Identity,
  texts: readonly string[],
  { changes, state }: SucceedStores,
): Promise<Identity | undefined> {
  const { team } = identity
  const founding = foundingOf(team)
  const {
    publicKey,
    recoveryKey: nextKit,
    successions,
    latest,
  } = lineOf(founding, [...(team.successions ?? []), ...texts])
  if (latest === undefined || publicKey === team.publicKey) return undefined
  const part = ownPart(latest, identity.deviceId, await loadWrappingKeys(state))
  const isHub = part !== undefined && 'privateKey' in part
  const formerKeys = isHub ? part.formerKeys : privateKeysOf(team)
  const { recoveryKey } = team
  const next: Team = {
    id: team.id,
    publicKey,
    ...(isHub && { privateKey: part.privateKey }),
    ...(recoveryKey !== undefined && { recoveryKey }),
    founding: founding.publicKey,
    successions,
    ...(formerKeys.length > 0 && { formerKeys }),
  }
  // In this order: a crash in between has it all done once more.
  const held = await heldKeysOf(identity, changes, state)
  // Of two keys that were made at once the other one counts, and what was sealed below ours is to be read on.
  const isOvertaken = team.successions?.some((text) => !successions.includes(text)) === true
  await saveGivenKeys(state, isOvertaken ? [...held, ...(await derivedKeysOf(identity, changes))] : held)
  await closeJoins(state)
  await forgetOtherKits(state, nextKit)
  const token = part && 'token' in part ? part.token : identity.token
  const successor = renewOwnToken({ ...identity, team: next, token }, Date.now())
  await saveIdentity(state, successor)
  return successor
}
