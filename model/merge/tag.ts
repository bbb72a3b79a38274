import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { toBase64Url } from '../bytes.ts'
import { canonicalJson } from '../canonicalJson.ts'
import type { Envelope } from './envelope.ts'
import type { Dot } from './vector.ts'

const TAG_BYTES = 8

/**
 * The tag of an edit: HMAC-SHA-256(key, unit ‖ dot ‖ canonical values of its fields), cut to 8 bytes. Digests compare
 * tags and never values, so a sealed and an open replica can be compared, and one dot with two contents is noticed.
 * @param key the tag key of the scope; for a wedding that is not sealed, its id (the tag then only detects, it does not hide)
 */
export function editTag(
  key: string,
  unit: { readonly recordId: string; readonly readClass: string },
  dot: Dot,
  values: ReadonlyMap<string, Envelope>,
): string {
  const text = canonicalJson([unit.recordId, unit.readClass, dot.actor, dot.counter, Object.fromEntries(values)])
  return toBase64Url(hmac(sha256, utf8ToBytes(key), utf8ToBytes(text)).subarray(0, TAG_BYTES))
}
