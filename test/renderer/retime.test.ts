import { describe, expect, it } from 'vitest'
import { dateAfterRetiming, planTimes, timesForm } from '../../renderer/src/time/retime.ts'

const LISBON = 'Europe/Lisbon'
const DAY = '2026-06-13'
const NEXT = '2026-06-14'

/** In summer Lisbon is an hour ahead of UTC. */
const ceremony = { startTime: '2026-06-13T14:00:00Z', endTime: '2026-06-13T14:40:00Z' }
const dancing = { startTime: '2026-06-13T22:30:00Z', endTime: '2026-06-14T00:00:00Z' }

function plan(before: Parameters<typeof planTimes>[0], change: Partial<ReturnType<typeof timesForm>>) {
  return planTimes(before, { ...timesForm(before, LISBON, DAY), ...change }, LISBON)
}

describe('the day of a retimed item', () => {
  it('stays the same in daylight', () => {
    expect(dateAfterRetiming({ date: DAY, time: '08:00' }, '21:00')).toBe(DAY)
    expect(dateAfterRetiming({ date: DAY, time: '14:00' }, '02:00')).toBe(DAY)
  })
  it('moves on when an evening item goes past midnight, and back again', () => {
    expect(dateAfterRetiming({ date: DAY, time: '23:30' }, '00:15')).toBe(NEXT)
    expect(dateAfterRetiming({ date: NEXT, time: '00:15' }, '23:30')).toBe(DAY)
  })
  it('counts the small hours as part of the wedding night for a new item', () => {
    expect(dateAfterRetiming({ date: DAY, time: '' }, '01:00')).toBe(NEXT)
    expect(dateAfterRetiming({ date: DAY, time: '' }, '09:00')).toBe(DAY)
  })
})

describe('times typed into the form', () => {
  it('show local time', () => {
    expect(timesForm(ceremony, LISBON, DAY)).toEqual({ date: DAY, start: '15:00', end: '15:40' })
    expect(timesForm({}, LISBON, DAY)).toEqual({ date: DAY, start: '', end: '' })
  })
  it('change nothing if nothing was typed', () => {
    expect(plan(ceremony, {})).toEqual({ ok: true, value: {} })
    expect(plan({ startTime: '2026-06-13T14:00:30.500Z' }, {})).toEqual({ ok: true, value: {} })
  })
  it('change the start alone while it stays before the end', () => {
    expect(plan(ceremony, { start: '15:20' })).toEqual({ ok: true, value: { startTime: '2026-06-13T14:20:00Z' } })
  })
  it('take the end along when the start moves past it', () => {
    expect(plan(ceremony, { start: '16:00' })).toEqual({
      ok: true,
      value: { startTime: '2026-06-13T15:00:00Z', endTime: '2026-06-13T15:40:00Z' },
    })
  })
  it('put an end past midnight on the next day', () => {
    expect(plan({ startTime: dancing.startTime }, { end: '01:30' })).toEqual({
      ok: true,
      value: { endTime: '2026-06-14T00:30:00Z' },
    })
  })
  it('take both along to another date', () => {
    expect(plan(dancing, { date: NEXT })).toEqual({
      ok: true,
      value: { startTime: '2026-06-14T22:30:00Z', endTime: '2026-06-15T00:00:00Z' },
    })
  })
  it('refuse an end that was meant before the start', () => {
    expect(plan(ceremony, { end: '14:50' })).toEqual({ ok: false, error: 'end-before-start' })
  })
  it('take a time away', () => {
    expect(plan(ceremony, { start: '', end: '' })).toEqual({ ok: true, value: { startTime: null, endTime: null } })
  })
  it('refuse what is no time', () => {
    expect(plan(ceremony, { start: '25:99' })).toEqual({ ok: false, error: 'not-a-time' })
  })
})
