import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createClock,
  estimateOffset,
  MAX_DRIFT_MS,
  MAX_OFFSET_MS,
  MAX_STAMP_MS,
  makeStamp,
  STAMP_PATTERN,
  stampMs,
  stampTime,
} from '../../../model/merge/clock.ts'
import { editRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join, joinAll } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord } from '../../support/mergeHelpers.ts'

const NOON = Date.parse('2026-06-13T12:00:00Z')

describe('clock', () => {
  it('[CLK1] never goes back, however the wall clock jumps', () => {
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

  it('[CLK1] gives out unique stamps in order past the counter of one millisecond', () => {
    const clock = createClock(() => NOON)
    const stamps = Array.from({ length: 36 ** 3 + 50 }, () => clock.next())
    expect(stamps.every((stamp, i) => i === 0 || stamp > (stamps[i - 1] ?? ''))).toBe(true)
    expect(stampMs(stamps.at(-1) ?? '')).toBe(NOON + 1)
  })

  it('[CLK1] comparing stamps as text compares their times', () => {
    const stamp = fc.tuple(fc.integer({ min: 0, max: MAX_STAMP_MS }), fc.integer({ min: 0, max: 36 ** 3 - 1 }))
    fc.assert(
      fc.property(stamp, stamp, ([ms, counter], [otherMs, otherCounter]) => {
        const earlier = ms < otherMs || (ms === otherMs && counter < otherCounter)
        expect(makeStamp(ms, counter) < makeStamp(otherMs, otherCounter)).toBe(earlier)
        expect(stampMs(makeStamp(ms, counter))).toBe(ms)
      }),
    )
  })

  it('[CLK2] goes on from a stamp of somebody else', () => {
    const clock = createClock(() => NOON)
    const theirs = makeStamp(NOON + MAX_DRIFT_MS, 7)
    clock.observe(theirs)
    expect(clock.next() > theirs).toBe(true)
  })

  it('[CLK3][INV5] is not pulled along by a clock that is too far ahead', () => {
    const clock = createClock(() => NOON)
    clock.observe(makeStamp(NOON + MAX_DRIFT_MS + 1, 0))
    clock.observe('zzzzzzzzzzzz')
    expect(stampMs(clock.next())).toBe(NOON)
  })

  it('[CLK2] is not set back by a stamp of the past', () => {
    const clock = createClock(() => NOON)
    const own = clock.next()
    clock.observe(makeStamp(NOON - 5_000, 0))
    expect(clock.next() > own).toBe(true)
  })

  it('[CLK1] says its time as a date', () => {
    expect(stampTime(makeStamp(NOON, 3))).toBe('2026-06-13T12:00:00.000Z')
    expect(() => stampTime('zzzzzzzzzzzz')).not.toThrow()
  })
})

const DAY_MS = 86_400_000

describe('a laptop whose clock is wrong', () => {
  const guest = newRecord('guests', { name: 'Ada' })
  const skew = fc.constantFrom(-DAY_MS, -3_600_000, 0, 3_600_000, DAY_MS, 400 * DAY_MS)

  it('[CLK4] by whatever it is, does not win against an edit that has seen its own', () => {
    fc.assert(
      fc.property(skew, skew, fc.array(fc.boolean(), { maxLength: 6 }), (anas, bens, turns) => {
        let now = NOON
        const clocks = [createClock(() => now + anas), createClock(() => now + bens)]
        let record = guest
        const states = [guest]
        turns.forEach((isAna, n) => {
          now += 1_000
          const by = isAna ? 0 : 1
          const author = { actor: at(0, isAna ? 'ana' : 'ben').actor, stamp: clocks[by]?.next() ?? '' }
          record = editRecord(record, { name: `name ${n}` }, author)
          states.push(record)
        })
        const all = viewRecord(joinAll([...states].reverse()))
        expect(all.data.name).toBe(turns.length === 0 ? 'Ada' : `name ${turns.length - 1}`)
        expect(all.siblings).toEqual({})
      }),
    )
  })

  it('[CLK4] wins only against an edit that has not seen its own, and both are kept', () => {
    const [ahead, right] = apart(
      guest,
      (record) => editRecord(record, { name: 'tomorrow' }, at(86_400, 'ana')),
      (record) => editRecord(record, { name: 'today' }, at(60, 'ben')),
    )
    const { data, siblings } = viewRecord(join(ahead, right))
    expect([data.name, siblings.name?.map(({ value }) => value)]).toEqual(['tomorrow', ['tomorrow', 'today']])
  })

  it.each([
    { what: 'a day ahead', off: DAY_MS },
    { what: 'a day behind', off: -DAY_MS },
  ])('[CLK6] $what is corrected by what a peer told it, and then wins no more often than others', ({ off }) => {
    let offset = 0
    const clock = createClock(
      () => NOON + off,
      () => offset,
    )
    const hub = createClock(() => NOON)
    offset = estimateOffset({ peerNowMs: NOON, receivedMs: NOON + off }).offsetMs
    expect(stampMs(clock.next())).toBe(NOON)
    const heard = hub.next()
    clock.observe(heard)
    expect(clock.next() > heard && clock.next() < makeStamp(NOON + 1, 0)).toBe(true)
  })

  it('[CLK6] a day ahead that has written already goes on from there: what it wrote stays in order', () => {
    let offset = 0
    const clock = createClock(
      () => NOON + DAY_MS,
      () => offset,
    )
    const before = clock.next()
    offset = -DAY_MS
    const after = [clock.next(), clock.next()]
    expect([before, ...after]).toEqual([before, ...after].sort())
    expect(stampMs(after[1] ?? '')).toBe(NOON + DAY_MS)
  })

  it.each([MAX_OFFSET_MS + 1, -MAX_OFFSET_MS - 1, 1e300, Number.NaN, Number.POSITIVE_INFINITY])(
    '[CLK6] does not follow a peer that tells it %d ms',
    (offset) => {
      const clock = createClock(
        () => NOON,
        () => offset,
      )
      expect(stampMs(clock.next())).toBe(NOON)
    },
  )

  it('[CLK6] gives out proper stamps before 1970, after the last stamp there is, and in fractions', () => {
    for (const now of [-5, 0.5, NOON + 0.25, MAX_STAMP_MS + DAY_MS]) {
      expect(createClock(() => now).next()).toMatch(STAMP_PATTERN)
    }
  })

  it('[CLK5] knows its offset to within half the time that the hello and its answer took', () => {
    const ms = fc.integer({ min: 0, max: 20_000 })
    fc.assert(
      fc.property(fc.integer({ min: -DAY_MS, max: DAY_MS }), ms, ms, (trueOffset, thereMs, backMs) => {
        const sentMs = NOON
        const peerNowMs = NOON + thereMs + trueOffset
        const receivedMs = NOON + thereMs + backMs
        const { offsetMs, uncertaintyMs = 0 } = estimateOffset({ peerNowMs, sentMs, receivedMs })
        expect(Math.abs(offsetMs - trueOffset)).toBeLessThanOrEqual(uncertaintyMs)
        expect(uncertaintyMs).toBe(Math.ceil((thereMs + backMs) / 2))
      }),
    )
    const spokeFirst = estimateOffset({ peerNowMs: NOON + 900, receivedMs: NOON + 1_000 })
    expect(spokeFirst).toEqual({ offsetMs: -100 })
    // Our clock was set back while the answer was under way.
    expect(estimateOffset({ peerNowMs: NOON, sentMs: NOON, receivedMs: NOON - DAY_MS })).toEqual({
      offsetMs: DAY_MS,
      uncertaintyMs: 0,
    })
  })

  it('[CLK7] is never taken further ahead of its own time by others than the drift that is allowed', () => {
    const heard = fc.array(fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: -DAY_MS, max: DAY_MS })))
    fc.assert(
      fc.property(heard, (events) => {
        let now = NOON
        const clock = createClock(() => now)
        for (const [passed, ahead] of events) {
          now += passed
          clock.observe(makeStamp(now + ahead, 36 ** 3 - 1))
          expect(stampMs(clock.next())).toBeLessThanOrEqual(now + MAX_DRIFT_MS + 1)
        }
      }),
    )
  })

  it('[CLK7] that jumps back a day keeps its last time, and the counter carries it on', () => {
    let now = NOON
    const clock = createClock(() => now)
    const before = clock.next()
    now -= DAY_MS
    const stamps = Array.from({ length: 36 ** 3 + 10 }, () => clock.next())
    expect(stamps[0] !== undefined && stamps[0] > before).toBe(true)
    expect(stampMs(stamps.at(-1) ?? '')).toBe(NOON + 1)
    now = NOON + 5_000
    expect(stampMs(clock.next())).toBe(NOON + 5_000)
  })

  it('[CLK2] that heard the last stamp of a millisecond goes on with the next millisecond', () => {
    const clock = createClock(() => NOON)
    const last = makeStamp(NOON, 36 ** 3 - 1)
    clock.observe(last)
    const next = clock.next()
    expect([next > last, next]).toEqual([true, makeStamp(NOON + 1, 0)])
  })
})
