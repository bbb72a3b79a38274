import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { canonicalJson } from '../canonicalJson.ts'
import type { Envelope } from './envelope.ts'
import { type SipKey, sipHash24 } from './sipHash.ts'
import type { Dot } from './vector.ts'

/**
 * The tag of an edit: SipHash-2-4(key, unit ‖ dot ‖ canonical values of its fields), 8 bytes. Digests compare tags and
 * never values, so a sealed and an open replica can be compared, and one dot with two contents is noticed.
 * @param key the id of the scope (decisions 0003 and 0010: the tag detects, it does not hide)
 */
export function editTag(
  key: string,
  unit: { readonly recordId: string; readonly readClass: string },
  dot: Dot,
  values: ReadonlyMap<string, Envelope>,
): string {
  const text = canonicalJson([unit.recordId, unit.readClass, dot.actor, dot.counter, Object.fromEntries(values)])
  return sipHash24(sipKeyOf(key), utf8ToBytes(text))
}

/** Edits come in runs of one scope, so the key last made is kept. */
let lastKey: { readonly key: string; readonly sipKey: SipKey } | undefined

function sipKeyOf(key: string): SipKey {
  if (lastKey?.key === key) return lastKey.sipKey
  const hash = sha256(utf8ToBytes(key))
  const words = new DataView(hash.buffer, hash.byteOffset)
  const word = (i: number): number => words.getUint32(4 * i, true)
  lastKey = { key, sipKey: [word(0), word(1), word(2), word(3)] }
  return lastKey.sipKey
}
