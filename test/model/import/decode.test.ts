import { describe, expect, it } from 'vitest'
import { decodeText, type TextEncodingName } from '../../../model/import/index.ts'

const decode = (encoding: TextEncodingName, bytes: Uint8Array) => new TextDecoder(encoding).decode(bytes)
const text = 'Zoë, 14h30'
const utf16le = Buffer.from(text, 'utf16le')

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte-order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 little endian from Excel', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 big endian', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-16 without a mark', utf16le],
    ['Windows-1252', Buffer.from(text, 'latin1')],
  ])('reads %s', (_name, bytes) => {
    expect(decodeText(bytes, decode)).toBe(text)
  })

  it('reads curly quotes of Windows-1252, which Latin-1 does not have', () => {
    expect(decodeText(Uint8Array.of(0x93, 0x48, 0x69, 0x94), decode)).toBe('“Hi”')
  })

  it('does not take a cut-off UTF-8 sequence for UTF-8', () => {
    expect(decodeText(Uint8Array.of(0x5a, 0xc3), decode)).toBe('ZÃ')
  })
})
