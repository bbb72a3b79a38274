import { describe, expect, it } from 'vitest'
import { choices, clockText, readDuration, readTime } from '../../../model/import/clock.ts'

/** `14:30`, `04:30?` if am or pm is open, `~13:00` if approximate, `08:00-09:00` for a range. */
function shown(cell: string): string {
  const reading = readTime(cell)
  if (reading.kind === 'instant') return reading.iso
  if (reading.kind !== 'clock') return reading.kind
  const sides = [reading.start, ...(reading.end === undefined ? [] : [reading.end])]
  const clocks = sides.map((clock) => `${clockText(clock.minutes)}${clock.form === 'bare' ? '?' : ''}`)
  return `${reading.approximate ? '~' : ''}${clocks.join('-')}${reading.nextDay ? '+1' : ''}`
}

describe('a time cell', () => {
  it.each([
    ['14:30', '14:30'],
    ['14:30:00', '14:30'],
    ['2:30 PM', '14:30'],
    ['2:30pm', '14:30'],
    ['2:30 p.m.', '14:30'],
    ['10:00 am', '10:00'],
    ['2.30pm', '14:30'],
    ['14h30', '14:30'],
    ['14h', '14:00'],
    ['1430', '14:30'],
    ['0930', '09:30'],
    ['09:00', '09:00'],
    ['2pm', '14:00'],
    ['12pm', '12:00'],
    ['12:00 AM', '00:00'],
    ['12:30 AM', '00:30'],
    ['Noon', '12:00'],
    ['12 noon', '12:00'],
    ['Midnight', '00:00'],
    ['00:00', '00:00'],
    ['24:00', '00:00'],
    ['4:30', '04:30?'],
    ['4', '04:00?'],
    ['12:15', '00:15?'],
    ['1430 hrs', '14:30'],
    ["4 o'clock", '04:00?'],
    ['from 4pm', '16:00'],
    ['14:30 (sharp)', '14:30'],
    ['01:00 +1', '01:00+1'],
    ['01:00 (next day)', '01:00+1'],
  ])('reads %s as %s', (cell, expected) => {
    expect(shown(cell)).toBe(expected)
  })

  it.each([
    ['8-9am', '08:00-09:00'],
    ['9 - 9:30am', '09:00-09:30'],
    ['1pm - 5pm', '13:00-17:00'],
    ['2:00pm - 2:30pm', '14:00-14:30'],
    ['14:00–15:00', '14:00-15:00'],
    ['10am to 2pm', '10:00-14:00'],
    ['11-1pm', '11:00-13:00'],
    ['10 - 12pm', '10:00-12:00'],
    ['12-1pm', '12:00-13:00'],
    ['8pm-12', '20:00-00:00'],
    ['10-1am', '22:00-01:00'],
    ['4-5', '04:00?-05:00?'],
  ])('reads the range %s as %s, one am or pm covering both sides', (cell, expected) => {
    expect(shown(cell)).toBe(expected)
  })

  it.each([
    ['1pm ish', '~13:00'],
    ['1pm-ish', '~13:00'],
    ['approx 4', '~04:00?'],
    ['approx. 4pm', '~16:00'],
    ['~4pm', '~16:00'],
    ['around 16:00', '~16:00'],
    ['4pm?', '~16:00'],
    ['2pm (TBC)', '~14:00'],
  ])('marks %s as approximate', (cell, expected) => {
    expect(shown(cell)).toBe(expected)
  })

  it.each(['~ at some point ~', 'After ceremony', 'TBC', '25:00', '10:75', '14:30 am', 'table 4'])(
    'finds no time in %s',
    (cell) => {
      expect(shown(cell)).toBe('words')
    },
  )

  it.each([
    ['0.6041666667', '14:30'],
    ['0,6041666667', '14:30'],
    ['0.5', '12:00'],
    ['.75', '18:00'],
  ])('reads the Excel day fraction %s as %s', (cell, expected) => {
    expect(shown(cell)).toBe(expected)
  })

  it('takes 0.30 for half past midnight, because Excel never ends a fraction in 0', () => {
    expect(shown('0.30')).toBe('00:30')
  })

  it('reads a blank cell as blank', () => {
    expect(shown('  ')).toBe('blank')
  })

  it('reads a date-time with a zone as an instant', () => {
    expect(shown('2027-06-12T14:30:00+01:00')).toBe('2027-06-12T13:30:00Z')
  })

  it('takes the date out of a cell that holds both', () => {
    expect(readTime('2027-06-12 14:30')).toMatchObject({ date: '2027-06-12', start: { minutes: 870 } })
  })

  it('offers morning and afternoon for a bare time, and one choice for a certain one', () => {
    expect(choices({ minutes: 270, form: 'bare' })).toEqual([270, 990])
    expect(choices({ minutes: 870, form: '24h' })).toEqual([870])
  })
})

describe('a duration cell', () => {
  it.each([
    ['120', 120],
    ['45 min', 45],
    ['1h30', 90],
    ['1:30', 90],
    ['1.5 hours', 90],
    ['2 hrs', 120],
    ['2 h 15 min', 135],
    ['a while', undefined],
    ['', undefined],
  ])('reads %s as %s minutes', (cell, minutes) => {
    expect(readDuration(cell)).toBe(minutes)
  })
})
