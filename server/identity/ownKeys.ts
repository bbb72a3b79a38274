/** The keys of this device: the pair that it unwraps with, the team's root if it holds the team's own key, and keys it was given. */
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { z } from 'zod'
import { type KeyEntry, SECRET_BYTES } from '../../model/sealing/keyRing.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { keyName } from './keyGrants.ts'
import { seedOf } from './signed.ts'
import { privateKeysOf, type Team } from './team.ts'
import { createWrappingKeys, type WrappingKeys, wrappingPrivateKeySchema, wrappingPublicKeySchema } from './wrapping.ts'

const wrappingKeys = z.object({ publicKey: wrappingPublicKeySchema, privateKey: wrappingPrivateKeySchema })

const PAIR = 'wrapping-keys'
const GIVEN = 'given-keys'

/** The pair of this device, made at first start. */
export async function loadWrappingKeys(state: StateStore): Promise<WrappingKeys> {
  const known = await state.get(PAIR)
  if (known !== undefined && known !== null) return wrappingKeys.parse(known)
  const made = createWrappingKeys()
  await state.set(PAIR, made)
  return made
}

/** Keys as they stand in a box, or on disk. */
export const storedKeys = z.array(
  keyName.extend({ secret: z.base64url().transform((text) => new Uint8Array(Buffer.from(text, 'base64url'))) }),
)

export function storeKeys(entries: readonly KeyEntry[]): unknown {
  return entries.map(({ secret, ...name }) => ({ ...name, secret: Buffer.from(secret).toString('base64url') }))
}

/** Keys that came with an invitation or from a recovery kit, and not as records. */
export async function loadGivenKeys(state: StateStore): Promise<readonly KeyEntry[]> {
  return storedKeys.parse((await state.get(GIVEN)) ?? [])
}

export async function saveGivenKeys(state: StateStore, entries: readonly KeyEntry[]): Promise<void> {
  await state.set(GIVEN, storeKeys(entries))
}

/** The roots of the team's keys (`model/sealing/keyRing.ts`), by epoch; none on a device that may not serve as hub. */
export function teamRoots(team: Team): readonly Uint8Array<ArrayBuffer>[] {
  const { id } = team
  return privateKeysOf(team).map((privateKey) => derivedFromTeam({ id, privateKey }, 'sealing 1 root', SECRET_BYTES))
}

/** A secret that every device with the team's own key has: HKDF-SHA-256 of its seed, salted with the team's id. */
export function derivedFromTeam(
  { id, privateKey }: { readonly id: string; readonly privateKey: string },
  purpose: string,
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const prk = extract(sha256, seedOf(privateKey), new TextEncoder().encode(id))
  return expand(sha256, prk, new TextEncoder().encode(`wedsync ${purpose}`), bytes)
}
