import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createClock,
  MAX_DRIFT_MS,
  MAX_STAMP_MS,
  makeStamp,
  STAMP_PATTERN,
  stampMs,
  stampTime,
} from '../../../model/merge/clock.ts'

const NOON = Date.parse('2026-06-13T12:00:00Z')

describe('clock', () => {
  it('never goes back, however the wall clock jumps', () => {
    const jump = fc.oneof(fc.integer({ min: -10, max: 10 }), fc.integer({ min: -86_400_000, max: 86_400_000 }))
    fc.assert(
      fc.property(fc.array(jump, { minLength: 2, maxLength: 60 }), (jumps) => {
        let now = NOON
        const clock = createClock(() => now)
        const stamps = jumps.map((ms) => {
          now += ms
          return clock.next()
        })
        expect(stamps).toEqual([...new Set(stamps)].sort())
        for (const stamp of stamps) expect(stamp).toMatch(STAMP_PATTERN)
      }),
    )
  })

  it('gives out unique stamps in order past the counter of one millisecond', () => {
    const clock = createClock(() => NOON)
    const stamps = Array.from({ length: 36 ** 3 + 50 }, () => clock.next())
    expect(stamps.every((stamp, i) => i === 0 || stamp > (stamps[i - 1] ?? ''))).toBe(true)
    expect(stampMs(stamps.at(-1) ?? '')).toBe(NOON + 1)
  })

  it('comparing stamps as text compares their times', () => {
    const stamp = fc.tuple(fc.integer({ min: 0, max: MAX_STAMP_MS }), fc.integer({ min: 0, max: 36 ** 3 - 1 }))
    fc.assert(
      fc.property(stamp, stamp, ([ms, counter], [otherMs, otherCounter]) => {
        const earlier = ms < otherMs || (ms === otherMs && counter < otherCounter)
        expect(makeStamp(ms, counter) < makeStamp(otherMs, otherCounter)).toBe(earlier)
        expect(stampMs(makeStamp(ms, counter))).toBe(ms)
      }),
    )
  })

  it('goes on from a stamp of somebody else', () => {
    const clock = createClock(() => NOON)
    const theirs = makeStamp(NOON + MAX_DRIFT_MS, 7)
    clock.observe(theirs)
    expect(clock.next() > theirs).toBe(true)
  })

  it('[5] is not pulled along by a clock that is too far ahead', () => {
    const clock = createClock(() => NOON)
    clock.observe(makeStamp(NOON + MAX_DRIFT_MS + 1, 0))
    clock.observe('zzzzzzzzzzzz')
    expect(stampMs(clock.next())).toBe(NOON)
  })

  it('is not set back by a stamp of the past', () => {
    const clock = createClock(() => NOON)
    const own = clock.next()
    clock.observe(makeStamp(NOON - 5_000, 0))
    expect(clock.next() > own).toBe(true)
  })

  it('says its time as a date', () => {
    expect(stampTime(makeStamp(NOON, 3))).toBe('2026-06-13T12:00:00.000Z')
    expect(() => stampTime('zzzzzzzzzzzz')).not.toThrow()
  })
})
