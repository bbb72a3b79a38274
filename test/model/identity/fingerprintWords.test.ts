import { entropyToMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../../model/bytes.ts'
import { fingerprintWords } from '../../../model/identity/fingerprintWords.ts'

function fingerprint(bytes: Uint8Array): string {
  return `sha256:${toBase64Url(bytes)}`
}

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('fingerprint words', () => {
  it('are the first six words that BIP 39 has for the same 32 bytes, so 66 bits', () => {
    fc.assert(
      fc.property(digests, (bytes) => {
        const expected = entropyToMnemonic(bytes, wordlist).split(' ').slice(0, 6)
        expect(fingerprintWords(fingerprint(bytes))).toEqual(expected)
      }),
    )
  })

  it('change with every one of the first 66 bits, and with none behind them', () => {
    const before = new Uint8Array(32).fill(0x5a)
    for (let bit = 0; bit < 256; bit += 1) {
      const after = before.map((byte, index) => (index === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte))
      const isSame = fingerprintWords(fingerprint(after)).join() === fingerprintWords(fingerprint(before)).join()
      expect(isSame, `bit ${bit}`).toBe(bit >= 66)
    }
  })

  it('are of a whole fingerprint only', () => {
    for (const text of ['', 'sha256:', 'sha256:AAAA', fingerprint(new Uint8Array(33)), 'md5:AAAA']) {
      expect(() => fingerprintWords(text)).toThrow(TypeError)
    }
  })
})
