/**
 * AES-256-GCM (NIST SP 800-38D) in the thread that asks. A sealed value is some dozens of bytes, which take 5 µs; to hand each
 * to the threads of Web Crypto and back takes four to eight times as long (`docs/benchmarks.md`).
 */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import type { Aead } from '../../model/sealing/aead.ts'

const ALGORITHM = 'aes-256-gcm'
const TAG_BYTES = 16

export const nodeAead: Aead = (bytes) => {
  const key = createSecretKey(bytes)
  return {
    async encrypt(nonce, associated, plaintext) {
      const cipher = createCipheriv(ALGORITHM, key, nonce)
      cipher.setAAD(associated)
      const parts = [cipher.update(plaintext), cipher.final()]
      return Buffer.concat([...parts, cipher.getAuthTag()])
    },
    async decrypt(nonce, associated, ciphertext) {
      const end = ciphertext.length - TAG_BYTES
      if (end < 0) return undefined
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(associated)
      decipher.setAuthTag(ciphertext.subarray(end))
      const opened = decipher.update(ciphertext.subarray(0, end))
      try {
        return Buffer.concat([opened, decipher.final()])
      } catch {
        return undefined // of this mode, the end fails for one reason: the tag is not that of the rest
      }
    },
  }
}
