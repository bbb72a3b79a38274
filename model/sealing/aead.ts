/** AES-256-GCM (NIST SP 800-38D), as the border needs it. An install has it in `server/identity/nodeAead.ts` (0059). */

type Bytes = Uint8Array<ArrayBuffer>

export interface AeadKey {
  /** @returns the ciphertext with its 16-byte authentication tag behind it */
  encrypt(nonce: Bytes, associated: Bytes, plaintext: Bytes): Promise<Bytes>
  /** @returns `undefined` if the key, the nonce, the associated data or the ciphertext is not the one of the sealing */
  decrypt(nonce: Bytes, associated: Bytes, ciphertext: Bytes): Promise<Bytes | undefined>
}

/** @param key 32 bytes */
export type Aead = (key: Bytes) => AeadKey

export const NONCE_BYTES = 12
