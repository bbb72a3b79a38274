/**
 * Tags of edits, masked. Inside the team a tag is a SipHash whose key is the scope's id (decision 0003), which the cloud knows: it
 * could try out the few values that a field may have. So outside, a tag is covered with a pad that only members can make,
 * one for each edit of each unit. A pad is used for one tag, so the covered tag tells nothing of it; the pad is the same for
 * everybody and for good, so digests over covered tags compare, and one dot with two contents is noticed out there too.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Dot } from '../merge/vector.ts'
import type { KeyedHash } from './keyRing.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const DIGITS = new Map([...ALPHABET].map((char, digit) => [char, digit]))

/**
 * Covers a tag, or uncovers a covered one. Digit by digit of its base64url text, so that it can be undone for any text,
 * also for one that is not how 8 bytes are written.
 */
export function maskTag(tags: KeyedHash, recordId: string, readClass: string, dot: Dot, tag: string): string {
  const pad = tags(utf8ToBytes(JSON.stringify([recordId, readClass, dot.actor, dot.counter])))
  let masked = ''
  for (let i = 0; i < tag.length; i++) {
    const char = tag.charAt(i)
    const digit = DIGITS.get(char)
    masked += digit === undefined ? char : ALPHABET.charAt(digit ^ ((pad[i % pad.length] ?? 0) & 63))
  }
  return masked
}
