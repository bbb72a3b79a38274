import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromUtf8 } from '../../../model/bytes.ts'
import { readSealed } from '../../../model/merge/envelope.ts'
import { paddedLength } from '../../../model/sealing/sealedValue.ts'
import { newRecord } from '../../support/mergeHelpers.ts'
import { opened, teamBorder } from '../../support/sealing.ts'

const border = teamBorder()

async function lengthOf(value: unknown): Promise<number> {
  const sealed = await border.outgoing(newRecord('guests', { shirtSize: value }))
  return readSealed(sealed.units.get('open')?.registers.get('shirtSize')?.[0]?.value)?.data.length ?? 0
}

describe('sealed values', () => {
  it('[SEA9] short values have one length, and longer ones lengths with few significant bits', async () => {
    const short = [true, false, null, 1, '', 'declined', 'attending', 'Maximiliane Wagenknecht']
    expect(new Set(await Promise.all(short.map(lengthOf))).size).toBe(1)
    fc.assert(
      fc.property(fc.integer({ min: 33, max: 1_000_000 }), (bytes) => {
        const padded = paddedLength(bytes)
        expect(padded).toBeGreaterThanOrEqual(bytes)
        expect(padded).toBeLessThanOrEqual(bytes * 1.12)
        const exponent = Math.floor(Math.log2(padded))
        expect(padded % 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1)).toBe(0)
      }),
    )
  })

  it('[SEA1] any JSON value comes back, whatever its characters', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
        const record = newRecord('guests', { shirtSize: value })
        const back = await opened(border, await border.outgoing(record))
        const json = JSON.stringify([...(back.units.get('open')?.registers.get('shirtSize') ?? [])][0]?.value)
        expect(JSON.parse(json)).toEqual(
          JSON.parse(JSON.stringify(record.units.get('open')?.registers.get('shirtSize')?.[0]?.value)),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('reads UTF-8 as the platform does', () => {
    const point = fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff)
    fc.assert(
      fc.property(fc.array(point, { maxLength: 20 }), (points) => {
        const text = String.fromCodePoint(...points)
        expect(fromUtf8(new TextEncoder().encode(text))).toBe(text)
      }),
    )
  })
})
