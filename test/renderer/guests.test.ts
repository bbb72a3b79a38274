import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../../model/merge/codec.ts'
import { createRecord, type Data } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../model/merge/record.ts'
import { readRow } from '../../renderer/src/data/row.ts'
import { countedWords, type Guest, guestCounts, guestOf, guestTables } from '../../renderer/src/guests/guest.ts'
import { readRoute, routeHash } from '../../renderer/src/route.ts'
import { apart, at, newRecord, write } from '../support/mergeHelpers.ts'
import { mustBeOk } from '../support/mustBeOk.ts'

function shown(record: CausalRecord): Guest {
  return guestOf(readRow(encodeRecord(record)) ?? expect.fail('a row'))
}

const guest = (name: string, data: Data = {}): Guest =>
  shown(newRecord('guests', { name, rsvpStatus: 'attending', ...data }))

describe('guests and diets', () => {
  it('stand by table, the head table first and those without one last, by seat and then name', () => {
    const tables = guestTables([
      guest('Zoe', { tableNumber: 10 }),
      guest('Ida'),
      guest('Ben', { tableNumber: '2', seat: 10 }),
      guest('Ada', { tableNumber: 2, seat: '9' }),
      guest('Cy', { tableNumber: 2 }),
      guest('Kim', { tableNumber: 'Head table' }),
      guest('Tom', { tableNumber: 2, rsvpStatus: 'declined' }),
    ])
    expect(tables.map(({ name, guests }) => [name, ...guests.map((each) => each.name)])).toEqual([
      ['Head table', 'Kim'],
      ['2', 'Ada', 'Ben', 'Cy'],
      ['10', 'Zoe'],
      ['', 'Ida'],
    ])
  })

  it('are counted: who comes, who may, who does not; meals of those who come, allergies of all who may', () => {
    const { coming, open, declined, meals, allergies } = guestCounts([
      guest('Ada', { meal: 'Fish', allergies: ['nuts'] }),
      guest('Ben', { meal: 'meat' }),
      guest('Cy', { meal: 'fish' }),
      guest('Di', {}),
      guest('Eda', { meal: 'meat', allergies: ['Nuts', 'egg'], rsvpStatus: 'maybe' }),
      guest('Fay', { rsvpStatus: null }),
      guest('Tom', { meal: 'meat', allergies: ['sesame'], rsvpStatus: 'declined' }),
    ])
    expect([coming, open, declined.map(({ name }) => name)]).toEqual([4, 2, ['Tom']])
    expect(countedWords(meals)).toBe('fish 2, meat 1, not chosen 1')
    expect(countedWords(allergies)).toBe('nuts 2, egg 1')
  })

  it('show both diets while nobody has decided between them, and expect whoever may come', () => {
    const [one, other] = apart(
      newRecord('guests', { name: 'Ada', dietary: 'vegetarian', rsvpStatus: 'pending' }),
      write({ dietary: 'vegan', rsvpStatus: 'attending' }),
      write({ dietary: 'no fish', rsvpStatus: 'declined' }),
    )
    const both = shown(mustBeOk(joinRecords(one, other)))
    expect([...both.diets].sort()).toEqual(['no fish', 'vegan'])
    expect([...both.inConflict].sort()).toEqual(['dietary', 'rsvpStatus'])
    expect(both.answer).toBe('maybe')
    expect(shown(one)).toMatchObject({ diets: ['vegan'], inConflict: [], answer: 'attending' })
  })

  it('take what another version wrote in another shape as absent', () => {
    const record = createRecord(
      { id: crypto.randomUUID(), scope: crypto.randomUUID(), table: 'guests', data: { name: '', seat: {}, meal: 7 } },
      at(0, 'ana'),
    )
    expect(shown(record)).toMatchObject({ name: 'Guest without a name', seat: '', meal: '', answer: 'pending' })
  })

  it('have an address', () => {
    const route = { screen: 'wedding', weddingId: 'w1', tab: 'guests' } as const
    expect(readRoute(routeHash(route))).toEqual(route)
  })
})
