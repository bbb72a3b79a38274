import { describe, expect, it } from 'vitest'
import { dateOfDay, dayNumber, provenOrder, readDate } from '../../../model/import/dates.ts'

const WEDDING = '2027-06-12' // a Saturday

describe('a date cell', () => {
  it.each([
    ['2027-02-13', '2027-02-13'],
    ['2027/2/3', '2027-02-03'],
    ['2027-02-13T00:00:00', '2027-02-13'],
    ['June 18th, 2026', '2026-06-18'],
    ['18 June 2026', '2026-06-18'],
    ['Thursday, June 18, 2026', '2026-06-18'],
    ['18-Jun-26', '2026-06-18'],
    ['12 June', '2027-06-12'],
    ['06/15/2025', '2025-06-15'],
    ['15/06/2025', '2025-06-15'],
    ['13.02.2027', '2027-02-13'],
    ['06.07.2027', '2027-07-06'],
    ['07/07/2027', '2027-07-07'],
  ])('reads %s as %s', (cell, date) => {
    expect(readDate(cell, WEDDING)).toEqual({ kind: 'date', date })
  })

  it('says so when 06/07/2025 may be either, and takes the order it is told', () => {
    const ambiguous = { kind: 'ambiguous', dayFirst: '2025-07-06', monthFirst: '2025-06-07' }
    expect(readDate('06/07/2025', WEDDING)).toEqual(ambiguous)
    expect(readDate('06/07/2025', WEDDING, 'day-first')).toEqual({ kind: 'date', date: '2025-07-06' })
    expect(readDate('06/07/2025', WEDDING, 'month-first')).toEqual({ kind: 'date', date: '2025-06-07' })
  })

  it.each([
    ['Friday', '2027-06-11'],
    ['SATURDAY', '2027-06-12'],
    ['Sun', '2027-06-13'],
    ['Wed', '2027-06-09'],
  ])('takes %s for the one nearest to the wedding', (cell, date) => {
    expect(readDate(cell, WEDDING)).toEqual({ kind: 'weekday', date })
  })

  it.each(['31 June 2027', '2027-13-01', 'Day 1', 'soon', '', '32/13/2027'])('finds no date in %s', (cell) => {
    expect(readDate(cell, WEDDING)).toEqual({ kind: 'unknown' })
  })

  it('learns the order from another date of the same file', () => {
    expect(provenOrder(['06/07/2027', '25/06/2027'])).toBe('day-first')
    expect(provenOrder(['06/07/2027', '06/25/2027'])).toBe('month-first')
    expect(provenOrder(['06/07/2027', '2027-06-12'])).toBeUndefined()
  })

  it('counts days over a leap day', () => {
    expect(dateOfDay(dayNumber('2028-02-28') + 2)).toBe('2028-03-01')
  })
})
