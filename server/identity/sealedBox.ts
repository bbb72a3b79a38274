/**
 * A box that a secret opens, which travels apart from it: an invitation whose link has the secret, a recovery kit whose words
 * are it. From the secret come the box's key and its name; whoever keeps the box knows the name, and the name tells
 * nothing of the key.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** 32 bytes, base64url. */
export function boxName(secret: Uint8Array, purpose: string): string {
  return Buffer.from(derived(secret, `${purpose} name`)).toString('base64url')
}

/** @returns base64url */
export function sealBox(secret: Uint8Array, purpose: string, content: unknown): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', derived(secret, `${purpose} key`), nonce, { authTagLength: TAG_BYTES })
  const sealed = [cipher.update(JSON.stringify(content), 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat([nonce, ...sealed]).toString('base64url')
}

/** @returns what was put in; `undefined` if another secret sealed it, or it was changed since */
export function openBox(secret: Uint8Array, purpose: string, box: string): unknown {
  const bytes = Buffer.from(box, 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  const key = derived(secret, `${purpose} key`)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined // authentication failed, which is all that can fail here
  }
}

function derived(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, Buffer.alloc(0), `wedsync box 1 ${purpose}`, KEY_BYTES))
}
