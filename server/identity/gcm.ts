/**
 * AES-256-GCM (NIST SP 800-38D) in the thread that asks; what is sealed ends with its tag. A key and a nonce seal one text only: the
 * caller sees to it.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

export const GCM_KEY_BYTES = 32
export const GCM_NONCE_BYTES = 12
export const GCM_TAG_BYTES = 16
const ALGORITHM = 'aes-256-gcm'

type Key = Uint8Array | KeyObject

/** @param associated is authenticated, and not part of what comes out */
export function sealGcm(key: Key, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Buffer<ArrayBuffer> {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: GCM_TAG_BYTES }).setAAD(associated)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @returns `undefined` if key, nonce, associated data or what was sealed is another one */
export function openGcm(
  key: Key,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealed: Uint8Array,
): Buffer<ArrayBuffer> | undefined {
  const end = sealed.length - GCM_TAG_BYTES
  if (end < 0) return undefined
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: GCM_TAG_BYTES }).setAAD(associated)
  decipher.setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final() // gives nothing in this mode, and has one error, without a code: the tag does not fit
  } catch {
    return undefined
  }
  return plain
}
