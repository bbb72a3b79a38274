/** A certificate's fingerprint as words: what two people can read out to each other across a room. */
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { fromBase64Url } from '../bytes.ts'

const PREFIX = 'sha256:'
const FINGERPRINT_BYTES = 32
/** The list (BIP 39, English) has 2^11 words, of which no two begin with the same four letters. */
const BITS_PER_WORD = 11
const WORDS = 6

/**
 * The first 66 bits of a fingerprint as six words. Whoever wants to pass for that device has to make some 2^66 certificates
 * until one has the same words; that a wrong one has them by chance happens once in 10^19.
 * @param fingerprint `sha256:` and 43 characters of base64url. Another text is a bug and throws.
 */
export function fingerprintWords(fingerprint: string): readonly string[] {
  const bytes = fingerprint.startsWith(PREFIX) ? fromBase64Url(fingerprint.slice(PREFIX.length)) : undefined
  if (bytes?.length !== FINGERPRINT_BYTES) throw new TypeError('not a fingerprint')
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return Array.from({ length: WORDS }, (_, nth) => {
    const index = Number.parseInt(bits.slice(nth * BITS_PER_WORD, (nth + 1) * BITS_PER_WORD), 2)
    return wordlist[index] ?? ''
  })
}
