/**
 * The recovery kit: 24 words (BIP 39, 256 bits) on paper. They open a box in the team's records, which every device and the cloud
 * have: the team's own key, and the key that stands for the kit when keys of sealed values are handed out. So the words,
 * and any copy of the records, bring the team back when every device is lost. The words are never sent anywhere.
 */
import { randomBytes } from 'node:crypto'
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { v5 as uuidv5 } from 'uuid'
import { z } from 'zod'
import { type Author, createRecord } from '../../model/merge/edit.ts'
import type { KeyEntry } from '../../model/sealing/keyRing.ts'
import type { ChangeStore, StateStore } from '../../model/sync/changeStore.ts'
import type { Identity } from './identity.ts'
import { openGrant, readGrant } from './keyGrants.ts'
import { type Place, placeContent, readPlace } from './place.ts'
import { boxName, openBox, sealBox } from './sealedBox.ts'
import { writeCertificate } from './sealingKeys.ts'
import { createWrappingKeys, type WrappingKeys, wrappingPrivateKeySchema, wrappingPublicKeySchema } from './wrapping.ts'

const ENTROPY_BYTES = 32
const PURPOSE = 'recovery kit'
const NAMESPACE = '0e5a1c9d-7a64-4d1c-8b0e-2f8a4b7c6d15'
const STATE_KEY = 'recovery-kit'

const content = z.object({
  place: z.unknown(),
  pair: z.object({ publicKey: wrappingPublicKeySchema, privateKey: wrappingPrivateKeySchema }),
})

/** The record of the box with this name. */
export function recoveryRecordId(name: string): string {
  return uuidv5(name, NAMESPACE)
}

/** The words as people write them: any case, any white space between. `undefined` if they are not those of a kit. */
export function readWords(text: string): Uint8Array | undefined {
  try {
    const entropy = mnemonicToEntropy(text.trim().toLowerCase().split(/\s+/).join(' '), wordlist)
    return entropy.length === ENTROPY_BYTES ? entropy : undefined
  } catch {
    return undefined // an unknown word, a wrong number of them, or a checksum that does not fit
  }
}

/**
 * The words of the kit that was made on this device; makes one if there is none. For a device that holds the team's key.
 * @param keys the keys that the team's own key does not yield
 */
export async function recoveryWords(
  identity: Identity,
  keys: readonly KeyEntry[],
  { changes, state, author, nowMs }: RecoveryStores,
): Promise<string> {
  const known = z
    .base64url()
    .optional()
    .parse((await state.get(STATE_KEY)) ?? undefined)
  const secret = known === undefined ? randomBytes(ENTROPY_BYTES) : Buffer.from(known, 'base64url')
  if (known === undefined) await state.set(STATE_KEY, secret.toString('base64url'))
  const { team } = identity
  if (team.privateKey === undefined) throw new Error('only a device that holds the key of the team makes a kit')
  const place = { team: { ...team, privateKey: team.privateKey }, grant: { role: 'owner', weddings: 'all' } } as const
  const name = boxName(secret, PURPOSE)
  const id = recoveryRecordId(name)
  if ((await changes.records([id])).size === 0) {
    const pair = createWrappingKeys()
    // A kit is to the keys what a device is: they are wrapped for it too, whenever they change.
    const device = boxName(secret, `${PURPOSE} device`)
    const certificate = { team: team.id, device, publicKey: pair.publicKey, ...place.grant, issuedAt: nowMs }
    await writeCertificate(certificate, team.privateKey, changes, await author())
    const data = { deviceId: device, box: sealBox(secret, PURPOSE, { place: placeContent(place, keys), pair }) }
    const by = await author()
    await changes.update([id], (current) =>
      current.has(id) ? [] : [{ record: createRecord({ id, scope: team.id, table: 'recovery_boxes', data }, by) }],
    )
  }
  return entropyToMnemonic(secret, wordlist)
}

export interface RecoveryStores {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly author: () => Promise<Author>
  readonly nowMs: number
}

/** What the cloud has to be asked for. */
export function recoveryName(secret: Uint8Array): string {
  return boxName(secret, PURPOSE)
}

/** @param grants keys that were wrapped for the kit since it was made; `undefined` if the words do not open the box */
export function openRecoveryBox(secret: Uint8Array, box: string, grants: readonly string[]): Place | undefined {
  const opened = content.safeParse(openBox(secret, PURPOSE, box)).data
  const place = opened && readPlace(opened.place)
  if (!place) return undefined
  return { ...place, keys: [...place.keys, ...grants.flatMap((text) => keysIn(text, place, opened.pair))] }
}

function keysIn(text: string, { team }: Place, pair: WrappingKeys): readonly KeyEntry[] {
  const grant = readGrant(text, team)
  return (grant && openGrant(grant, pair)) ?? []
}

/** Whether any device of the team has made a kit. */
export async function hasRecoveryKit(changes: ChangeStore, team: string): Promise<boolean> {
  return (await changes.inScope(team, { table: 'recovery_boxes', limit: 1 })).length > 0
}
