/**
 * The recovery kit: 24 words (BIP 39, 256 bits) on paper. They open a box in the team's records, which every device and the cloud
 * have: the team's own key, and the key that stands for the kit when keys of sealed values are handed out. So the words,
 * and any copy of the records, bring the team back when every device is lost. The words are never sent anywhere, and once somebody
 * has said that they are on paper, no device has them: with them the team's key is replaced (`succession.ts`).
 */
import { createPrivateKey, hkdfSync, randomBytes } from 'node:crypto'
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { v5 as uuidv5 } from 'uuid'
import { z } from 'zod'
import { type Author, createRecord, deleteRecord } from '../../model/merge/edit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { RecoveryKitState } from '../../model/rest/recovery.ts'
import type { KeyEntry } from '../../model/sealing/keyRing.ts'
import type { ChangeStore, StateStore } from '../../model/sync/changeStore.ts'
import type { Identity } from './identity.ts'
import { openGrant, readGrant } from './keyGrants.ts'
import { type Place, placeContent, readPlace } from './place.ts'
import { boxName, openBox, sealBox } from './sealedBox.ts'
import { writeCertificate } from './sealingKeys.ts'
import { publicKeyOf } from './signed.ts'
import type { TeamKeys } from './token.ts'
import { createWrappingKeys, type WrappingKeys, wrappingPrivateKeySchema, wrappingPublicKeySchema } from './wrapping.ts'

const ENTROPY_BYTES = 32
const PURPOSE = 'recovery kit'
const NAMESPACE = '0e5a1c9d-7a64-4d1c-8b0e-2f8a4b7c6d15'
const STATE_KEY = 'recovery-kit'
/** What comes before the seed in the DER of an Ed25519 private key (RFC 8410, section 7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

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
  const secret = (await keptSecret(state)) ?? (await newKit(state))
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
    await writeCertificate({ certificate }, team.privateKey, changes, await author())
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

/** Whether any device of the team has made a kit for the key that the team has now. */
export async function hasRecoveryKit(changes: Pick<ChangeStore, 'inScope'>, team: string): Promise<boolean> {
  const boxes = await changes.inScope(team, { table: 'recovery_boxes' })
  return boxes.some((box) => !viewRecord(box).deleted)
}

/** The secret of a kit whose words are still to be written down. It is kept here until they are. */
export async function newKit(state: StateStore): Promise<Uint8Array> {
  const secret = randomBytes(ENTROPY_BYTES)
  await state.set(STATE_KEY, secret.toString('base64url'))
  return secret
}

/** The words are on paper, or are of no use any more. */
export async function forgetKit(state: StateStore): Promise<void> {
  await state.set(STATE_KEY, null)
}

/** Keeps of the words that are still to be written down those of the kit with this public key only. */
export async function forgetOtherKits(state: StateStore, recoveryKey: string | undefined): Promise<void> {
  const secret = await keptSecret(state)
  if (secret && kitKeys(secret).publicKey !== recoveryKey) await forgetKit(state)
}

/** How it is with the kit as this device sees it. */
export async function kitState(changes: ChangeStore, state: StateStore, team: string): Promise<RecoveryKitState> {
  const secret = await keptSecret(state)
  if (!secret) return (await hasRecoveryKit(changes, team)) ? 'made' : 'none'
  return (await changes.records([recoveryRecordId(recoveryName(secret))])).size > 0 ? 'unconfirmed' : 'none'
}

async function keptSecret(state: StateStore): Promise<Uint8Array | undefined> {
  const kept = z
    .base64url()
    .nullish()
    .parse(await state.get(STATE_KEY))
  return kept ? Buffer.from(kept, 'base64url') : undefined
}

/** The key pair that a kit signs with when the team's key is replaced: Ed25519, its seed from the words by HKDF-SHA-256. */
export function kitKeys(secret: Uint8Array): TeamKeys {
  const seed = Buffer.from(
    hkdfSync('sha256', secret, Buffer.alloc(0), 'wedsync recovery kit 1 succession', ENTROPY_BYTES),
  )
  const der = Buffer.concat([ED25519_PKCS8, seed])
  const privateKey = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' })
    .export({ type: 'pkcs8', format: 'der' })
    .toString('base64url')
  return { publicKey: publicKeyOf(privateKey), privateKey }
}

/** Kits of the key that was replaced open nothing any more. */
export async function endRecoveryKits(
  { changes, author }: Pick<RecoveryStores, 'changes' | 'author'>,
  team: string,
): Promise<void> {
  const by = await author()
  const boxes = (await changes.inScope(team, { table: 'recovery_boxes' })).filter((box) => !viewRecord(box).deleted)
  await changes.update(boxes.map(({ id }) => id).sort(), (current) =>
    [...current.values()].map((record) => ({ record: deleteRecord(record, by) })),
  )
}
