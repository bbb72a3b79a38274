import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankOf } from '../../../model/import/ids.ts'
import { MAX_RANK_CHARS, type Place, rankBetween, ranksBetween } from '../../../model/merge/order.ts'
import { compareText } from '../../../model/merge/vector.ts'
import { elevenChars } from '../../support/memoryReplica.ts'

const ANA = elevenChars('ana')
const BEN = elevenChars('ben')

/** Puts in so many, each at the place that the rule names, and returns the length of the longest rank. */
function longestOf(count: number, place: (last: string | undefined, n: number) => Place): number {
  let longest = 0
  let last: string | undefined
  for (let n = 0; n < count; n++) {
    const { before, after } = place(last, n)
    last = rankBetween({ before, after }, ANA)
    if ((before !== undefined && last <= before) || (after !== undefined && last >= after)) {
      throw new Error(`${last} does not stand between ${before} and ${after}`)
    }
    longest = Math.max(longest, last.length)
  }
  return longest
}

describe('order keys', () => {
  const importers = fc
    .uniqueArray(fc.tuple(fc.nat({ max: 2_000 }), fc.nat({ max: 40 })), {
      minLength: 2,
      maxLength: 2,
      selector: String,
    })
    .map((rows) => rows.map(([row, item]) => rankOf(row, item)).sort(compareText))

  it('[ORD1] a rank stands between its neighbours, as the importer wrote them or as it made them itself', () => {
    fc.assert(
      fc.property(
        importers,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(ANA, BEN)), { maxLength: 40 }),
        (list, puts) => {
          const ranks = [...list]
          for (const [where, actor] of puts) {
            const index = where % (ranks.length + 1)
            const place = { before: ranks[index - 1], after: ranks[index] }
            ranks.splice(index, 0, rankBetween(place, actor))
            expect(ranks).toEqual([...new Set(ranks)].sort(compareText))
          }
        },
      ),
    )
  })

  it('[ORD1] sorts with the zero-padded ranks of an import, before the first and behind the last too', () => {
    const rows = Array.from({ length: 100 }, (_, row) => rankOf(row))
    const first = rankBetween({ after: rows[0] }, ANA)
    const middle = rankBetween({ before: rankOf(41), after: rankOf(41, 1) }, ANA)
    const last = rankBetween({ before: rows.at(-1) }, ANA)
    expect([last, ...rows, middle, first].sort(compareText)).toEqual([
      first,
      ...rows.slice(0, 42),
      middle,
      ...rows.slice(42),
      last,
    ])
  })

  it('[ORD2] two people who put something in at the same place get different ranks, and there is room between', () => {
    fc.assert(
      fc.property(importers, fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 6 }), ([before, after], actors) => {
        const ranks = actors.map((actor) => rankBetween({ before, after }, actor)).sort(compareText)
        expect(new Set(ranks).size).toBe(actors.length)
        const between = rankBetween({ before: ranks[0], after: ranks[1] }, ANA)
        expect([ranks[0], between, ranks[1]]).toEqual([ranks[0], between, ranks[1]].sort())
      }),
    )
    const place = { before: '000001', after: '000002' }
    expect(rankBetween(place, ANA)).toBe(rankBetween(place, ANA))
  })

  it.each<{ what: string; place: (last: string | undefined, n: number) => Place; atMost: number }>([
    {
      what: 'each behind the one before',
      place: (last) => ({ before: last ?? '00000k', after: '00000l' }),
      atMost: 25,
    },
    {
      what: 'each before the one before',
      place: (last) => ({ before: '00000k', after: last ?? '00000l' }),
      atMost: 27,
    },
    { what: 'each at the end of the list', place: (last) => ({ before: last ?? '00000k' }), atMost: 20 },
    { what: 'each at the head of the list', place: (last) => ({ after: last ?? '000000' }), atMost: 22 },
  ])('[ORD3] 1,000 put in at one place, $what, have short ranks', ({ place, atMost }) => {
    expect(longestOf(1_000, place)).toBeLessThanOrEqual(atMost)
  })

  it('[ORD3] put in between the two last ones again and again, there is room for 200', () => {
    let [before, after] = ['00000k', '00000l']
    for (let n = 0; n < 200; n++) {
      const rank = rankBetween({ before, after }, ANA)
      expect(before < rank && rank < after).toBe(true)
      expect(rank.length).toBeLessThanOrEqual(MAX_RANK_CHARS)
      if (n % 2 === 0) before = rank
      else after = rank
    }
  })

  it('[ORD4] a row of things that are put in together comes out in order, evenly spread, and can number a list anew', () => {
    fc.assert(
      fc.property(importers, fc.integer({ min: 0, max: 60 }), ([before, after], count) => {
        for (const place of [{ before, after }, { before }, { after }, {}]) {
          const ranks = ranksBetween(place, count, BEN)
          expect(ranks).toHaveLength(count)
          const all = [place.before, ...ranks, place.after].filter((rank) => rank !== undefined)
          expect(all).toEqual([...new Set(all)].sort(compareText))
        }
      }),
      { numRuns: 50 },
    )
    expect(Math.max(...ranksBetween({}, 1_000, ANA).map(({ length }) => length))).toBeLessThan(16)
  })

  it('[ORD5] whatever the neighbours are, there is a rank, and it comes behind the first if it can', () => {
    const odd = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('', ' ', '.', '...', 'Z', 'ä', '~~', '1.', 'a0', 'a'),
      fc.integer({ min: 1, max: 300 }).map((length) => 'z'.repeat(length)),
    )
    fc.assert(
      fc.property(odd, odd, (one, other) => {
        const rank = rankBetween({ before: one, after: other }, ANA)
        expect(rank).toMatch(/^[.0-9a-z]+$/)
        expect(rank.length).toBeLessThanOrEqual(MAX_RANK_CHARS)
        // Behind z…z and something beyond z there is nothing that base 36 could say.
        const beyond = one.replace(/^z*/, '')[0] ?? ''
        if (one.length < 100 && beyond < 'z') expect(rank > one).toBe(true)
      }),
      { numRuns: 500 },
    )
    expect(rankBetween({ before: '00000k', after: '00000k' }, ANA) < '00000l').toBe(true)
    expect(rankBetween({ before: '5B3', after: '5B4' }, ANA) > '5B3').toBe(true)
  })
})
