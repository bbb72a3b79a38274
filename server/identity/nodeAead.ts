/**
 * The cipher of sealed values on an install. A value is some dozens of bytes, which take 5 µs; to hand each to the threads of Web
 * Crypto and back takes four to eight times as long (0059).
 */
import { createSecretKey } from 'node:crypto'
import type { Aead } from '../../model/sealing/aead.ts'
import { openGcm, sealGcm } from './gcm.ts'

export const nodeAead: Aead = (bytes) => {
  const key = createSecretKey(bytes)
  return {
    encrypt: async (nonce, associated, plaintext) => sealGcm(key, nonce, associated, plaintext),
    decrypt: async (nonce, associated, ciphertext) => openGcm(key, nonce, associated, ciphertext),
  }
}
