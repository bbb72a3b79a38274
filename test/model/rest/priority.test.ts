import { describe, expect, it } from 'vitest'
import { changePriority } from '../../../model/rest/priority.ts'

const NOON = Date.parse('2026-09-12T12:00:00Z')

describe('how urgent a change is', () => {
  it.each([
    ['timeline_items', 10],
    ['budget_items', 8],
    ['guests', 6],
    ['client_activities', 2],
    ['a table of tomorrow', 6],
    ['constructor', 6],
  ])('%s without a day near: %i', (table, expected) => {
    expect(changePriority(table, undefined, NOON)).toBe(expected)
  })

  it.each([
    ['2026-09-11T12:00:00Z', 0, 'over for a day'],
    ['2026-09-11T12:00:01Z', 3, 'not over for a day'],
    ['2026-09-12', 3, 'today'],
    ['2026-09-13T12:00:00Z', 3, 'tomorrow'],
    ['2026-09-19T12:00:00Z', 2, 'in seven days'],
    ['2026-10-12T12:00:00Z', 1, 'in thirty days'],
    ['2026-10-13', 0, 'later'],
    ['no day', 0, 'unknown'],
  ])('a guest list of a wedding on %s has a boost of %i (%s)', (date, boost, _when) => {
    expect(changePriority('guests', date, NOON)).toBe(6 + boost)
  })

  it('is 10 at most', () => {
    expect(changePriority('timeline_items', '2026-09-12', NOON)).toBe(10)
  })
})
