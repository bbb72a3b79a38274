import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TIERS } from '../../../model/sync/priority.ts'
import { Remainder } from '../../../model/sync/remainder.ts'

const LAST_TIER = TIERS.length - 1

describe('what of a log is still to be sent', () => {
  it('[SYN7] begins with a gap from the cursor to the head, and all behind it is live', () => {
    const remainder = new Remainder(3, 10)
    expect([remainder.cursor, remainder.tail, remainder.gapOf(0)?.to]).toEqual([3, 10, 10])
  })

  it('[SYN7] knows what the peer holds once the log was read to its end with no gap left', () => {
    expect(new Remainder(10, 10).complete).toBe(10)
    const remainder = new Remainder(3, 10)
    remainder.advanceTail(12)
    expect(remainder.complete).toBe(0)
    remainder.dropGaps()
    expect(remainder.complete).toBe(0)
    remainder.readToEnd(14)
    expect([remainder.complete, remainder.tail]).toEqual([14, 14])
  })

  it('[SYN7] the peer is told of no more than all tiers have reached', () => {
    const remainder = new Remainder(0, 10)
    const gap = remainder.gapOf(0) ?? expect.fail('no gap')
    remainder.advance(gap, 0, 10)
    expect([remainder.cursor, remainder.gapOf(0), remainder.gapOf(1)]).toEqual([0, undefined, gap])
    remainder.advanceTail(12)
    expect(remainder.cursor).toBe(0)
    for (let tier = 1; tier < LAST_TIER; tier++) remainder.advance(gap, tier, 10)
    remainder.advance(gap, LAST_TIER, 7)
    expect(remainder.cursor).toBe(7)
    remainder.advance(gap, LAST_TIER, 99)
    expect([remainder.cursor, remainder.hasGaps]).toEqual([12, false])
  })

  it('[SYN7] nothing falls between lanes, whatever comes and in whatever order it is drained', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('commit' as const), tier: fc.nat(LAST_TIER) }),
      fc.record({ kind: fc.constantFrom('live' as const, 'burst' as const, 'gap' as const), tier: fc.nat(LAST_TIER) }),
    )
    fc.assert(
      fc.property(fc.nat(20), fc.array(step, { maxLength: 200 }), (before, steps) => {
        /** The tier of each change; `seq` is the place in the list, from 1. */
        const log = Array.from({ length: before }, (_, i) => i % TIERS.length)
        const sent = new Set<number>()
        const remainder = new Remainder(0, log.length)
        const send = (from: number, to: number, tier?: number): void => {
          for (let seq = from + 1; seq <= to; seq++) if (tier === undefined || log[seq - 1] === tier) sent.add(seq)
        }
        for (const { kind, tier } of steps) {
          if (kind === 'commit') log.push(tier)
          else if (kind === 'burst') remainder.tailBecomesGap(log.length)
          else if (kind === 'live') {
            send(remainder.tail, log.length)
            remainder.advanceTail(log.length)
          } else {
            const gap = remainder.gapOf(tier)
            if (!gap) continue
            const from = gap.at[tier] ?? 0
            send(from, Math.min(from + 3, gap.to), tier)
            remainder.advance(gap, tier, from + 3)
          }
          for (let seq = 1; seq <= remainder.cursor; seq++) expect(sent.has(seq)).toBe(true)
          for (let seq = 1; seq <= remainder.complete; seq++) expect(sent.has(seq)).toBe(true)
        }
        send(remainder.tail, log.length)
        remainder.advanceTail(log.length)
        for (const tier of TIERS.keys()) {
          for (let gap = remainder.gapOf(tier); gap; gap = remainder.gapOf(tier)) {
            send(gap.at[tier] ?? 0, gap.to, tier)
            remainder.advance(gap, tier, gap.to)
          }
        }
        expect([remainder.cursor, sent.size]).toEqual([log.length, log.length])
      }),
      { numRuns: 200 },
    )
  })
})
