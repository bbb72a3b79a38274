/**
 * A box that a secret opens, which travels apart from it: an invitation whose link has the secret, a recovery kit whose words
 * are it. From the secret come the box's key and its name; whoever keeps the box knows the name, and the name tells
 * nothing of the key.
 */
import { hkdfSync, randomBytes } from 'node:crypto'
import { GCM_KEY_BYTES, GCM_NONCE_BYTES, openGcm, sealGcm } from './gcm.ts'

const NOTHING = new Uint8Array()

/** 32 bytes, base64url. */
export function boxName(secret: Uint8Array, purpose: string): string {
  return Buffer.from(derived(secret, `${purpose} name`)).toString('base64url')
}

/** @returns base64url */
export function sealBox(secret: Uint8Array, purpose: string, content: unknown): string {
  const nonce = randomBytes(GCM_NONCE_BYTES)
  const sealed = sealGcm(derived(secret, `${purpose} key`), nonce, NOTHING, Buffer.from(JSON.stringify(content)))
  return Buffer.concat([nonce, sealed]).toString('base64url')
}

/** @returns what was put in; `undefined` if another secret sealed it, or it was changed since */
export function openBox(secret: Uint8Array, purpose: string, box: string): unknown {
  const bytes = Buffer.from(box, 'base64url')
  if (bytes.length < GCM_NONCE_BYTES) return undefined
  const [nonce, sealed] = [bytes.subarray(0, GCM_NONCE_BYTES), bytes.subarray(GCM_NONCE_BYTES)]
  const text = openGcm(derived(secret, `${purpose} key`), nonce, NOTHING, sealed)
  if (!text) return undefined
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined // whoever sealed it had the secret, and put in something else
  }
}

function derived(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, Buffer.alloc(0), `wedsync box 1 ${purpose}`, GCM_KEY_BYTES))
}
