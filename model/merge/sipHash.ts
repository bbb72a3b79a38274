/**
 * SipHash-2-4 (Aumasson & Bernstein 2012): a pseudo-random function of short messages with a key of 128 bits and 64 bits
 * of output. 64-bit words are kept as two halves, since JavaScript counts in 32 bits.
 */
import { toBase64Url } from '../bytes.ts'

/** Four words of 32 bits, the least significant first. */
export type SipKey = readonly [number, number, number, number]

const COMPRESSION_ROUNDS = 2
const FINALIZATION_ROUNDS = 4

/** @returns the 8 bytes of output, least significant first, as base64url */
export function sipHash24([k0, k1, k2, k3]: SipKey, message: Uint8Array): string {
  // v0 to v3, low and high half. Local to one loop, not shared with a closure: so they stay in processor registers.
  let a = k0 ^ 0x70736575
  let A = k1 ^ 0x736f6d65
  let b = k2 ^ 0x6e646f6d
  let B = k3 ^ 0x646f7261
  let c = k0 ^ 0x6e657261
  let C = k1 ^ 0x6c796765
  let d = k2 ^ 0x79746573
  let D = k3 ^ 0x74656462

  const whole = message.length - (message.length % 8)
  // All whole words, then the rest, padded with zeros and with the length in the highest byte; then the finalization.
  for (let i = 0; i <= whole + 8; i += 8) {
    const isFinal = i > whole
    const low = isFinal ? 0 : wordAt(message, i)
    const high = isFinal ? 0 : wordAt(message, i + 4) | (i === whole ? message.length << 24 : 0)
    if (isFinal) c ^= 0xff
    d ^= low
    D ^= high
    for (let round = isFinal ? FINALIZATION_ROUNDS : COMPRESSION_ROUNDS; round > 0; round--) {
      // A sum of low halves that is less than what was added has carried.
      a = (a + b) | 0
      A = (A + B + (a >>> 0 < b >>> 0 ? 1 : 0)) | 0
      c = (c + d) | 0
      C = (C + D + (c >>> 0 < d >>> 0 ? 1 : 0)) | 0
      let half = (b << 13) | (B >>> 19)
      B = ((B << 13) | (b >>> 19)) ^ A
      b = half ^ a
      half = (d << 16) | (D >>> 16)
      D = ((D << 16) | (d >>> 16)) ^ C
      d = half ^ c
      half = a
      a = A
      A = half
      c = (c + b) | 0
      C = (C + B + (c >>> 0 < b >>> 0 ? 1 : 0)) | 0
      a = (a + d) | 0
      A = (A + D + (a >>> 0 < d >>> 0 ? 1 : 0)) | 0
      half = (b << 17) | (B >>> 15)
      B = ((B << 17) | (b >>> 15)) ^ C
      b = half ^ c
      half = (d << 21) | (D >>> 11)
      D = ((D << 21) | (d >>> 11)) ^ A
      d = half ^ a
      half = c
      c = C
      C = half
    }
    a ^= low
    A ^= high
  }

  const low = a ^ b ^ c ^ d
  const high = A ^ B ^ C ^ D
  return toBase64Url(Uint8Array.of(low, low >> 8, low >> 16, low >> 24, high, high >> 8, high >> 16, high >> 24))
}

/** Four bytes, little-endian; bytes beyond the end are 0. */
function wordAt(bytes: Uint8Array, i: number): number {
  return (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24)
}
