/** Content lines, of which calendars (RFC 5545 §3.1) and address cards (RFC 2426 §2.6) are made. */
import { utf8ToBytes } from '@noble/hashes/utils.js'

const MAX_LINE_BYTES = 75

export type Property = readonly [name: string, value: string]

/** The properties that have a value, each folded to lines of at most 75 bytes. */
export function contentLines(properties: readonly Property[]): string {
  return properties.flatMap(([name, value]) => (value === '' ? [] : [`${folded(`${name}:${value}`)}\r\n`])).join('')
}

/** Of text values: `,` `;` and `\` would end or begin something. */
export function escapeText(text: string): string {
  return text.replace(/[\\;,]/g, (mark) => `\\${mark}`).replace(/\r\n|\r|\n/g, '\\n')
}

/** Never within a character: a reader that joins bytes and one that joins text see the same. */
function folded(line: string): string {
  let out = ''
  let bytes = 0
  for (const character of line) {
    const size = utf8ToBytes(character).length
    if (bytes + size > MAX_LINE_BYTES) {
      out += '\r\n '
      bytes = 1
    }
    out += character
    bytes += size
  }
  return out
}
