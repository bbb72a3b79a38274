import { describe, expect, it } from 'vitest'
import { fromBase64Url } from '../../../model/bytes.ts'
import { sipHash24 } from '../../../model/merge/sipHash.ts'

/** Key and messages of the reference implementation's test vectors: bytes 0, 1, 2, …. */
const KEY = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const

describe('SipHash-2-4', () => {
  it.each([
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
    [63, '724506eb4c328a95'],
  ])('[REG9] of %i bytes is what its authors say', (length, expected) => {
    const hash =
      fromBase64Url(
        sipHash24(
          KEY,
          Uint8Array.from({ length }, (_, i) => i),
        ),
      ) ?? new Uint8Array()
    expect(Buffer.from(hash).toString('hex')).toBe(expected)
  })
})
