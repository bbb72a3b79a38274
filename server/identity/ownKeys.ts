/** The keys of this device: those that it unwraps with, and the team's root if it holds the team's own key. */
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { z } from 'zod'
import { SECRET_BYTES } from '../../model/sealing/keyRing.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { deviceIdSchema } from './certificate.ts'
import type { Identity } from './identity.ts'
import { seedOf } from './signed.ts'
import { createWrappingKeys, wrappingPrivateKeySchema, wrappingPublicKeySchema } from './wrapping.ts'

const ownKeys = z.array(
  z.object({ device: deviceIdSchema, publicKey: wrappingPublicKeySchema, privateKey: wrappingPrivateKeySchema }),
)
export type OwnKeys = z.infer<typeof ownKeys>[number]

const STATE_KEY = 'wrapping-keys'

/** This device's own pair first, made at first start; then that of a recovery kit, if it was brought back by one. */
export async function loadOwnKeys(state: StateStore, device: string): Promise<readonly [OwnKeys, ...OwnKeys[]]> {
  const known = ownKeys.parse((await state.get(STATE_KEY)) ?? [])
  const own = known.find((keys) => keys.device === device)
  const others = known.filter((keys) => keys.device !== device)
  if (own) return [own, ...others]
  const made = { device, ...createWrappingKeys() }
  await state.set(STATE_KEY, [made, ...others])
  return [made, ...others]
}

/** Keeps a pair that opens what was wrapped for another device. */
export async function addOwnKeys(state: StateStore, keys: OwnKeys): Promise<void> {
  const known = ownKeys.parse((await state.get(STATE_KEY)) ?? [])
  await state.set(STATE_KEY, [...known.filter(({ device }) => device !== keys.device), keys])
}

/** The root of the team's keys (`model/sealing/keyRing.ts`); `undefined` on a device that may not serve as hub. */
export function teamRoot({ id, privateKey }: Identity['team']): Uint8Array<ArrayBuffer> | undefined {
  if (privateKey === undefined) return undefined
  const prk = extract(sha256, seedOf(privateKey), new TextEncoder().encode(id))
  return expand(sha256, prk, new TextEncoder().encode('wedsync sealing 1 root'), SECRET_BYTES)
}
