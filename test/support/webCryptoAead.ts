/** AES-256-GCM through Web Crypto: for a page, of which the hub bench tells what sealing would cost there, and as the reference of a test. */
import type { Aead } from '../../model/sealing/aead.ts'

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
