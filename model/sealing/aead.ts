/** AES-256-GCM (NIST SP 800-38D), and how a page has it: through its Web Crypto. An install has `server/identity/nodeAead.ts` (0059). */

type Bytes = Uint8Array<ArrayBuffer>

interface GcmParams {
  readonly name: 'AES-GCM'
  readonly iv: Bytes
  readonly additionalData: Bytes
}

/** The part of `globalThis.crypto.subtle` that is used. */
export interface SubtleGcm<Key> {
  importKey(
    format: 'raw',
    keyData: Bytes,
    algorithm: 'AES-GCM',
    extractable: boolean,
    keyUsages: ('encrypt' | 'decrypt')[],
  ): Promise<Key>
  encrypt(algorithm: GcmParams, key: Key, data: Bytes): Promise<ArrayBuffer>
  decrypt(algorithm: GcmParams, key: Key, data: Bytes): Promise<ArrayBuffer>
}

export interface AeadKey {
  /** @returns the ciphertext with its 16-byte authentication tag behind it */
  encrypt(nonce: Bytes, associated: Bytes, plaintext: Bytes): Promise<Bytes>
  /** @returns `undefined` if the key, the nonce, the associated data or the ciphertext is not the one of the sealing */
  decrypt(nonce: Bytes, associated: Bytes, ciphertext: Bytes): Promise<Bytes | undefined>
}

/** @param key 32 bytes */
export type Aead = (key: Bytes) => AeadKey

export const NONCE_BYTES = 12

export function webCryptoAead<Key>(subtle: SubtleGcm<Key>): Aead {
  return (bytes) => {
    let imported: Promise<Key> | undefined
    const key = (): Promise<Key> => {
      imported ??= subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
      return imported
    }
    return {
      async encrypt(iv, additionalData, plaintext) {
        return new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, await key(), plaintext))
      },
      async decrypt(iv, additionalData, ciphertext) {
        try {
          return new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, await key(), ciphertext))
        } catch (error) {
          if (error instanceof Error && error.name === 'OperationError') return undefined
          throw error
        }
      },
    }
  }
}
