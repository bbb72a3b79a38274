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
  return sipHash24(sipKeyOf(key), utf8Of(textOf(unit, dot, values)))
}

/** `canonicalJson([recordId, readClass, actor, counter, { register: value, … }])`, without the list and the object. */
function textOf(
  { recordId, readClass }: { readonly recordId: string; readonly readClass: string },
  { actor, counter }: Dot,
  values: ReadonlyMap<string, Envelope>,
): string {
  let fields = ''
  for (const name of values.size > 1 ? [...values.keys()].sort() : values.keys()) {
    const value = values.get(name)
    if (value !== undefined) fields += `${fields === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(value)}`
  }
  return `${JSON.stringify([recordId, readClass, actor, counter]).slice(0, -1)},{${fields}}]`
}

/** Room for the text of an edit, which is short as a rule. It is hashed at once and then free again. */
const shortText = new Uint8Array(1024)

/** A text of ASCII characters is its own UTF-8; writing it down here takes a fifth of what a call of `TextEncoder` does. */
function utf8Of(text: string): Uint8Array {
  if (text.length > shortText.length) return utf8ToBytes(text)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return utf8ToBytes(text)
    shortText[i] = code
  }
  return shortText.subarray(0, text.length)
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
