import { describe, expect, it } from 'vitest'
import { changePriority } from '../../../model/rest/priority.ts'

const NOON = Date.parse('2026-09-12T12:00:00Z')

describe('how urgent a change is', () => {
  it.each([
    ['weddings', 8],
    ['timeline_items', 8],
    ['vendors', 7],
    ['vendor_contacts', 7],
    ['clients', 7],
    ['budget_items', 6],
    ['guests', 6],
    ['photos', 5],
    ['documents', 5],
    ['a table of tomorrow', 6],
    ['constructor', 6],
  ])('%s without a day near: %i', (table, expected) => {
    expect(changePriority(table, undefined, NOON)).toBe(expected)
  })

  it.each([
    ['2026-09-10T12:00:00Z', 0, 'over'],
    ['2026-09-11T12:00:00Z', 0, 'over for a day'],
    ['2026-09-11T12:00:01Z', 3, 'not over for a day'],
    ['2026-09-12', 3, 'today'],
    ['2026-09-13T12:00:00Z', 3, 'tomorrow'],
    ['2026-09-14', 2, 'in two days'],
    ['2026-09-19T12:00:00Z', 2, 'in seven days'],
    ['2026-09-20', 1, 'in eight days'],
    ['2026-10-12T12:00:00Z', 1, 'in thirty days'],
    ['2026-10-13', 0, 'later'],
    ['no day', 0, 'unknown'],
    [{ $sealed: {} }, 0, 'sealed'],
  ])('a guest list of a wedding on %j has a boost of %i (%s)', (date, boost, _when) => {
    expect(changePriority('guests', date, NOON)).toBe(6 + boost)
  })

  it('is 10 at most', () => {
    expect(changePriority('timeline_items', '2026-09-12', NOON)).toBe(10)
  })
})
