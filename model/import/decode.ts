export type TextEncodingName = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

const BYTE_ORDER_MARK = '\uFEFF'
const SAMPLE_BYTES = 4096

/**
 * The text of a file whose encoding nobody states: a byte-order mark decides, else UTF-8 if the bytes are valid UTF-8,
 * else Windows-1252, which is what older Excel writes.
 * @param decode turns bytes of a known encoding into text; the platform's `TextDecoder` does, in Node and in browsers
 */
export function decodeText(
  bytes: Uint8Array,
  decode: (encoding: TextEncodingName, bytes: Uint8Array) => string,
): string {
  const text = decode(encodingOf(bytes), bytes)
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

function encodingOf(bytes: Uint8Array): TextEncodingName {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return utf16WithoutMark(bytes) ?? (isUtf8(bytes) ? 'utf-8' : 'windows-1252')
}

/** Western text in UTF-16 has a zero in every other byte; no other encoding of a text file has zeros at all. */
function utf16WithoutMark(bytes: Uint8Array): TextEncodingName | undefined {
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  let evenZeros = 0
  let oddZeros = 0
  for (const [i, byte] of sample.entries()) {
    if (byte === 0 && i % 2 === 0) evenZeros++
    else if (byte === 0) oddZeros++
  }
  const many = sample.length / 4
  if (oddZeros > many && evenZeros === 0) return 'utf-16le'
  if (evenZeros > many && oddZeros === 0) return 'utf-16be'
  return undefined
}

function isUtf8(bytes: Uint8Array): boolean {
  let continuations = 0
  for (const byte of bytes) {
    if (continuations > 0) {
      if (byte >> 6 !== 0b10) return false
      continuations--
    } else if (byte >= 0x80) {
      if (byte >= 0xc2 && byte <= 0xdf) continuations = 1
      else if (byte >> 4 === 0b1110) continuations = 2
      else if (byte >= 0xf0 && byte <= 0xf4) continuations = 3
      else return false
    }
  }
  return continuations === 0
}
