/**
 * Who can open a backup. Every backup is encrypted under a key of its own, and carries that key wrapped, once for each way
 * of opening it:
 *
 *     install      under the database key of the install that made it: for damage on the same machine
 *     passphrase   under a passphrase, stretched by scrypt: for the day when that machine is lost
 *
 * A further way, such as the recovery kit of the team, is a further kind of slot. Where neither is at hand the key itself
 * opens the backup (`wedsync backup` writes it into a file of its own when it is given no passphrase).
 */
import { hkdfSync, randomBytes, scryptSync } from 'node:crypto'
import { z } from 'zod'
import { GCM_KEY_BYTES, GCM_NONCE_BYTES, openGcm, sealGcm } from '../identity/gcm.ts'

/** 128 MB and about half a second, once: what a thief of the file has to spend on each guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 2 ** 20 }
/** Bounds for a header that somebody else wrote: it must not cost more than that. */
const MAX_LOG_N = 20

const base64 = z.base64url()
const wrappedKey = { nonce: base64, wrapped: base64 }

export const keySlot = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('install'), ...wrappedKey }),
  z.strictObject({
    kind: z.literal('passphrase'),
    salt: base64,
    logN: z.int().min(10).max(MAX_LOG_N),
    ...wrappedKey,
  }),
])
export type KeySlot = z.infer<typeof keySlot>

/** What somebody has who wants to open a backup. */
export type Opener =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** The key of the backup itself, or the database key of the install that made it. */
  | { readonly kind: 'key'; readonly key: Uint8Array }

export function newBackupKey(): Uint8Array {
  return randomBytes(GCM_KEY_BYTES)
}

export function installSlot(backupKey: Uint8Array, databaseKey: Uint8Array): KeySlot {
  const { nonce, wrapped } = sealBytes(derive(databaseKey, 'wrap'), backupKey, 'install')
  return { kind: 'install', nonce, wrapped }
}

export function passphraseSlot(backupKey: Uint8Array, passphrase: string): KeySlot {
  const salt = randomBytes(16)
  const { nonce, wrapped } = sealBytes(stretch(passphrase, salt, SCRYPT.N), backupKey, 'passphrase')
  return { kind: 'passphrase', salt: salt.toString('base64url'), logN: Math.log2(SCRYPT.N), nonce, wrapped }
}

/** The keys that this opener can get out of these slots. The right one proves itself by opening the manifest. */
export function* candidateKeys(slots: readonly KeySlot[], opener: Opener): Generator<Uint8Array> {
  if (opener.kind === 'key') yield opener.key
  for (const slot of slots) {
    const key = unwrap(slot, opener)
    if (key?.length === GCM_KEY_BYTES) yield key
  }
}

function unwrap(slot: KeySlot, opener: Opener): Uint8Array | undefined {
  switch (slot.kind) {
    case 'install':
      return opener.kind === 'key' ? openBytes(derive(opener.key, 'wrap'), slot, 'install') : undefined
    case 'passphrase': {
      if (opener.kind !== 'passphrase') return undefined
      const salt = Buffer.from(slot.salt, 'base64url')
      return openBytes(stretch(opener.passphrase, salt, 2 ** slot.logN), slot, 'passphrase')
    }
  }
}

interface Sealed {
  readonly nonce: string
  readonly wrapped: string
}

/** AES-256-GCM, the tag at the end. */
export function sealBytes(key: Uint8Array, bytes: Uint8Array, associated: string): Sealed {
  const nonce = randomBytes(GCM_NONCE_BYTES)
  const wrapped = sealGcm(key, nonce, Buffer.from(associated), bytes)
  return { nonce: nonce.toString('base64url'), wrapped: wrapped.toString('base64url') }
}

/** `undefined` if the key is another one, or anything was changed. */
export function openBytes(key: Uint8Array, { nonce, wrapped }: Sealed, associated: string): Buffer | undefined {
  const iv = Buffer.from(nonce, 'base64url')
  if (iv.length !== GCM_NONCE_BYTES) return undefined
  return openGcm(key, iv, Buffer.from(associated), Buffer.from(wrapped, 'base64url'))
}

/** A key for one purpose only. */
export function derive(key: Uint8Array, purpose: 'wrap' | 'manifest'): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `wedsync backup ${purpose}`, GCM_KEY_BYTES))
}

function stretch(passphrase: string, salt: Uint8Array, N: number): Uint8Array {
  // One spelling for what looks the same, whatever keyboard it was typed on.
  return scryptSync(passphrase.normalize('NFKC'), salt, GCM_KEY_BYTES, { ...SCRYPT, N, maxmem: 2 ** 11 * N })
}
