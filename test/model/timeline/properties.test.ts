/** What holds for every day and every push, tried on days made at random. A failure prints its seed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byStart,
  type DayItem,
  endOf,
  isAhead,
  isTimed,
  MINUTE_MS,
  type TimedItem,
} from '../../../model/timeline/dayItem.ts'
import { planEdits, undoEdits } from '../../../model/timeline/planEdits.ts'
import { afterPush, type PushPlan, pushFrom } from '../../../model/timeline/pushFrom.ts'
import { ofData } from './dayHelpers.ts'

type Data = Readonly<Record<string, unknown>>

interface Case {
  readonly day: ReadonlyMap<string, Data>
  readonly items: readonly DayItem[]
  readonly plan: PushPlan
}

/** Lisbon's clocks go back at 01:00 UTC in this night, which lies within the hours below. */
const NOON_MS = Date.parse('2026-10-24T11:00:00Z')
const isoAt = (minute: number) => new Date(NOON_MS + minute * MINUTE_MS).toISOString()
const often = (value: true) => fc.option(fc.constant(value), { nil: false, freq: 3 })

const data: fc.Arbitrary<Data> = fc
  .record({
    at: fc.option(fc.integer({ min: 0, max: 18 * 60 }), { nil: undefined, freq: 12 }),
    minutes: fc.constantFrom(0, 5, 10, 15, 30, 45, 120),
    ending: fc.constantFrom('end', 'duration', 'none'),
    fixed: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    buffer: often(true),
    status: fc.constantFrom('pending', 'pending', 'pending', 'confirmed', 'cancelled', 'completed'),
    location: fc.constantFrom('Barn', 'Meadow', ''),
  })
  .map(({ at, minutes, ending, ...rest }) => ({
    ...rest,
    ...(at !== undefined && { startTime: isoAt(at) }),
    ...(at !== undefined && ending === 'end' && { endTime: isoAt(at + minutes) }),
    ...(ending === 'duration' && { durationMin: minutes }),
  }))

const anyPush: fc.Arbitrary<Case> = fc
  .record({
    days: fc.array(data, { minLength: 1, maxLength: 25 }),
    from: fc.nat(),
    minutes: fc.integer({ min: -90, max: 90 }),
  })
  .map(({ days, from, minutes }) => {
    const day = new Map([['Start', { startTime: isoAt(0) }], ...days.map((of, n) => [`Item ${n}`, of] as const)])
    const items = itemsOf(day)
    const timed = items.filter(isTimed)
    const plan = pushFrom(items, { from: timed[from % timed.length]?.id ?? '', minutes, timezone: 'Europe/Lisbon' })
    if (!plan.ok) throw new Error(plan.error)
    return { day, items, plan: plan.value }
  })

function itemsOf(day: ReadonlyMap<string, Data>): readonly DayItem[] {
  return [...day].map(([title, of]) => ofData(title, of))
}

function holds(property: (pushed: Case) => void): void {
  fc.assert(fc.property(anyPush, property), { numRuns: 1_000 })
}

const still = (item: DayItem) => item.fixed || !isAhead(item)

describe('whatever is pushed', () => {
  it('1. every item either moves or stays, and is named once', () => {
    holds(({ items, plan }) => {
      const named = [...plan.moves, ...plan.stays].map(({ item }) => item.id)
      expect(named.toSorted()).toEqual(items.map(({ id }) => id).toSorted())
    })
  })

  it('2. nothing before the item that was named moves', () => {
    holds(({ plan }) => {
      for (const { item } of plan.moves) expect(byStart(item, plan.from)).toBeGreaterThanOrEqual(0)
    })
  })

  it('3. what is fixed, cancelled or done never moves', () => {
    holds(({ plan }) => {
      expect(plan.moves.filter(({ item }) => still(item))).toEqual([])
    })
  })

  it('4. what moves, moves in the direction that was asked for, and no further', () => {
    holds(({ plan }) => {
      for (const { item, startMs } of plan.moves) {
        const shift = (startMs - item.startMs) / MINUTE_MS
        expect(Math.sign(shift)).toBe(Math.sign(plan.minutes))
        expect(Math.abs(shift)).toBeLessThanOrEqual(Math.abs(plan.minutes))
      }
    })
  })

  it('5. the order stays, fixed items included; what is cancelled or done is not part of it', () => {
    holds(({ items, plan }) => {
      const order = (of: readonly DayItem[]) => of.filter(isTimed).filter(isAhead)
      const after = new Map(order(afterPush(items, plan.moves)).map((item) => [item.id, item.startMs]))
      const starts = order(items)
        .toSorted(byStart)
        .map(({ id }) => after.get(id) ?? Number.NaN)
      expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    })
  })

  it('6. no item gets a negative length, and only slack gets shorter', () => {
    holds(({ plan }) => {
      for (const { item, startMs, endMs } of plan.moves) {
        if (endMs === undefined) continue
        const [before, after] = [endOf(item) - item.startMs, endMs - startMs]
        expect(after).toBeGreaterThanOrEqual(0)
        if (item.buffer && plan.minutes > 0) expect(after).toBeLessThanOrEqual(before)
        else expect(after).toBe(before)
      }
    })
  })

  it('7. the minutes add up: what arrives at the end is what was asked for, less what was eaten and lost', () => {
    holds(({ plan }) => {
      const { minutes, moves, stays, eatenMinutes, lostMinutes, stop } = plan
      expect(Math.min(eatenMinutes, lostMinutes)).toBeGreaterThanOrEqual(0)
      if (minutes <= 0) {
        const last = moves.at(-1)
        // What is held has moved by nothing, and so has whatever follows it.
        const isHeld = stays.some(({ reason }) => reason === 'held')
        if (last) expect(isHeld ? 0 : (last.startMs - last.item.startMs) / MINUTE_MS).toBe(minutes + lostMinutes)
        return
      }
      if (stop) {
        expect(stop.arrivedMinutes).toBe(minutes - eatenMinutes)
        expect(lostMinutes).toBe(stop.arrivedMinutes - stop.freeMinutes)
        return
      }
      expect(lostMinutes).toBe(0)
      for (const [index, { item, startMs }] of moves.entries()) {
        const slacks = moves.slice(0, index).filter((move) => move.item.buffer)
        const shift = (startMs - item.startMs) / MINUTE_MS
        expect(shift).toBeGreaterThanOrEqual(minutes - eatenMinutes)
        if (slacks.length === 0) expect(shift).toBe(minutes)
        // Behind all slack, every item has moved by just what the slack left over.
        const behind = slacks.every((slack) => endOf(slack.item) <= item.startMs) && !item.buffer
        const later = moves.slice(index).some((move) => move.item.buffer)
        if (behind && !later) expect(shift).toBe(minutes - eatenMinutes)
      }
    })
  })

  it('8. each slack says how much of it was taken and what is left', () => {
    holds(({ plan }) => {
      for (const { item, startMs, endMs, eaten } of plan.moves) {
        if (!eaten) continue
        expect(eaten.minutes + eaten.leftMinutes).toBe((endOf(item) - item.startMs) / MINUTE_MS)
        expect(eaten.leftMinutes).toBe(((endMs ?? startMs) - startMs) / MINUTE_MS)
      }
    })
  })

  it('9. nothing is pulled into what goes on before it', () => {
    holds(({ items, plan }) => {
      if (plan.minutes >= 0) return
      const places = items.filter(isTimed).filter((item) => isAhead(item) && still(item))
      for (const { item, startMs } of plan.moves) {
        const before = places.filter((place: TimedItem) => endOf(place) <= item.startMs && byStart(place, item) < 0)
        for (const place of before) expect(startMs).toBeGreaterThanOrEqual(endOf(place))
      }
    })
  })

  it('10. undoing it gives the day that was there before', () => {
    holds(({ day, items, plan }) => {
      const write = (on: ReadonlyMap<string, Data>, edits: ReturnType<typeof planEdits>) =>
        new Map([...on, ...edits.map(({ id, data: changes }) => [id, { ...on.get(id), ...changes }] as const)])
      const pushed = write(day, planEdits(plan))
      expect(timesOf(itemsOf(pushed))).toEqual(timesOf(afterPush(items, plan.moves)))
      const undo = undoEdits(plan, itemsOf(pushed))
      expect(undo.changedMeanwhile).toEqual([])
      expect(itemsOf(write(pushed, undo.edits))).toEqual(items)
    })
  })
})

function timesOf(items: readonly DayItem[]): readonly (readonly unknown[])[] {
  return items.map(({ id, startMs, endMs }) => [id, startMs, endMs])
}
