/** Stand-in for Electron's `safeStorage`: real AES-256-GCM, with a key that the test has and not the operating system. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { KeyStore } from '../../main/databaseKey.ts'

export interface StandInOptions {
  /** Who encrypts; another one cannot decrypt. */
  readonly secret: string
  readonly isAvailable?: boolean
  readonly shouldReEncrypt?: boolean
  readonly backend?: string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

export function standInKeyStore(options: StandInOptions): KeyStore {
  const { secret, isAvailable = true, shouldReEncrypt = false, backend = 'gnome_libsecret' } = options
  const key = createHash('sha256').update(secret).digest()
  return {
    isAsyncEncryptionAvailable: async () => isAvailable,
    async encryptStringAsync(plainText) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const sealed = Buffer.concat([cipher.update(plainText, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, sealed, cipher.getAuthTag()])
    },
    async decryptStringAsync(encrypted) {
      const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(0, NONCE_BYTES))
      decipher.setAuthTag(encrypted.subarray(-TAG_BYTES))
      const opened = [decipher.update(encrypted.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]
      return { result: Buffer.concat(opened).toString('utf8'), shouldReEncrypt }
    },
    getSelectedStorageBackend: () => backend,
  }
}
