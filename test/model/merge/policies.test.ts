import { describe, expect, it } from 'vitest'
import { editRecord } from '../../../model/merge/edit.ts'
import { restrictRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, write } from '../../support/mergeHelpers.ts'

/** What Ana and Ben see of a field after they wrote it apart, in both orders of joining. */
function merged(table: string, field: string, start: unknown, anas: unknown, bens: unknown): unknown {
  const record = newRecord(table, { name: 'Ada', title: 'Ada', ...(start !== undefined && { [field]: start }) })
  const [ana, ben] = apart(record, write({ [field]: anas }), write({ [field]: bens }))
  const one = viewRecord(join(ana, ben)).data[field]
  expect(viewRecord(join(ben, ana)).data[field]).toEqual(one)
  return one
}

describe('policies', () => {
  it.each([
    { policy: 'the later by clock', table: 'guests', field: 'tableNumber', start: 1, anas: 2, bens: 3, shown: 3 },
    { policy: 'the larger', table: 'vendors', field: 'mealCount', start: 1, anas: 9, bens: 3, shown: 9 },
    {
      policy: 'a number before nothing',
      table: 'vendors',
      field: 'mealCount',
      start: 1,
      anas: 2,
      bens: null,
      shown: 2,
    },
    { policy: 'true', table: 'photo_groups', field: 'done', start: false, anas: true, bens: null, shown: true },
    {
      policy: 'nothing, if both say so',
      table: 'vendors',
      field: 'mealCount',
      start: 1,
      anas: null,
      bens: null,
      shown: null,
    },
    {
      policy: 'the earlier of two times',
      table: 'vendors',
      field: 'checkInTime',
      start: undefined,
      anas: '2026-06-13T09:00:00Z',
      bens: '2026-06-13T10:00:00Z',
      shown: '2026-06-13T09:00:00Z',
    },
  ])('[POL1] shows $policy of two concurrent values of $table.$field', ({ table, field, start, anas, bens, shown }) => {
    expect(merged(table, field, start, anas, bens)).toEqual(shown)
  })

  it('[POL2] edits to different fields of one guest both survive', () => {
    const [ana, ben] = apart(
      newRecord('guests', { name: 'Ada' }),
      write({ tableNumber: 4 }),
      write({ dietary: 'vegan' }),
    )
    const { data, siblings } = viewRecord(join(ana, ben))
    expect(data).toMatchObject({ name: 'Ada', tableNumber: 4, dietary: 'vegan' })
    expect(siblings).toEqual({})
  })

  it('[REG3] the same value written twice is one value, not two siblings', () => {
    const [ana, ben] = apart(newRecord('guests', { name: 'Ada' }), write({ name: 'Ada L.' }), write({ name: 'Ada L.' }))
    const { data, siblings, updated } = viewRecord(join(ana, ben))
    expect(data.name).toBe('Ada L.')
    expect(siblings).toEqual({})
    expect(updated.actor).toBe(at(0, 'ben').actor)
  })

  it('[REG3] objects that differ only in the order of their keys are the same value', () => {
    const venue = merged('weddings', 'venue', undefined, { name: 'Lake', wifi: 'x' }, { wifi: 'x', name: 'Lake' })
    const [ana, ben] = apart(
      newRecord('weddings', { name: 'W' }),
      write({ venue: { name: 'Lake', wifi: 'x' } }),
      write({ venue: { wifi: 'x', name: 'Lake' } }),
    )
    expect(venue).toEqual({ name: 'Lake', wifi: 'x' })
    expect(viewRecord(join(ana, ben)).siblings).toEqual({})
  })

  it('[REG4] an edit that has seen both siblings replaces both', () => {
    const [ana, ben] = apart(newRecord('guests', { name: 'Ada' }), write({ name: 'Eda' }), write({ name: 'Ida' }))
    const settled = editRecord(join(ana, ben), { name: 'Eda' }, at(30, 'cleo'))
    expect(viewRecord(join(join(settled, ana), ben))).toMatchObject({ data: { name: 'Eda' }, siblings: {} })
  })

  it('[REG4] setting a field that is in conflict to its visible value settles the conflict', () => {
    const [ana, ben] = apart(newRecord('guests', { name: 'Ada' }), write({ name: 'Eda' }), write({ name: 'Ida' }))
    const both = join(ana, ben)
    const settled = editRecord(both, { name: viewRecord(both).data.name }, at(30, 'cleo'))
    expect(viewRecord(both).siblings.name).toHaveLength(2)
    expect(viewRecord(settled)).toMatchObject({ data: { name: 'Ida' }, siblings: {} })
  })

  it('[REG4] an edit that says nothing new is no edit', () => {
    const record = newRecord('guests', { name: 'Ada', tags: ['family'], notes: 'Aunt', dietary: null })
    const again = { name: 'Ada', tags: ['family'], notes: 'Aunt', dietary: null }
    expect(editRecord(record, again, at(10, 'ana'))).toBe(record)
  })

  it('[CLK4] a laptop whose clock is a day ahead does not beat an edit that has seen its own', () => {
    const wrong = editRecord(newRecord('guests', { name: 'Ada' }), { name: 'Eda' }, at(86_400, 'ben'))
    const right = editRecord(wrong, { name: 'Ida' }, at(10, 'ana'))
    expect(viewRecord(join(wrong, right))).toMatchObject({ data: { name: 'Ida' }, siblings: {} })
  })

  it('[REG4] a late edit replaces only what its author had before their eyes', () => {
    const first = newRecord('guests', { name: 'Ada' })
    const later = editRecord(first, { name: 'Eda' }, at(10, 'ana'))
    const seen = (readClass: string) => first.units.get(readClass)?.vector ?? new Map<string, number>()
    const { data, siblings } = viewRecord(editRecord(later, { name: 'Ida' }, at(20, 'ben'), seen))
    expect(data.name).toBe('Ida')
    expect(siblings.name?.map(({ value }) => value)).toEqual(['Ida', 'Eda'])
  })

  it('[POL3] a field named like something of every object is a field', () => {
    const record = newRecord('guests', { name: 'Ada', toString: 'a', valueOf: 'b' })
    expect(viewRecord(record).data).toMatchObject({ toString: 'a', valueOf: 'b' })
    expect(viewRecord(editRecord(record, { toString: 'c' }, at(10, 'ana'))).data.toString).toBe('c')
  })
})

describe('sets', () => {
  it('[SET1] members added apart are all in', () => {
    expect(merged('photo_groups', 'people', ['Ada'], ['Ada', 'Ben'], ['Ada', 'Cleo'])).toEqual(['Ada', 'Ben', 'Cleo'])
  })

  it('[SET1] a member taken out on one side only is out', () => {
    expect(merged('photo_groups', 'people', ['Ada', 'Ben'], ['Ada'], ['Ada', 'Ben', 'Cleo'])).toEqual(['Ada', 'Cleo'])
  })

  it('[SET2] adding wins over a concurrent removal', () => {
    const record = newRecord('photo_groups', { name: 'Family', people: ['Ada', 'Ben'] })
    const gone = editRecord(record, { people: ['Ada'] }, at(5, 'ana'))
    const [ana, ben] = apart(gone, write({ people: ['Ada', 'Ben'] }), (r) => r)
    const removedAgain = editRecord(join(gone, record), { people: [] }, at(30, 'cleo'))
    expect(viewRecord(join(ana, ben)).data.people).toEqual(['Ada', 'Ben'])
    expect(viewRecord(join(ana, removedAgain)).data.people).toEqual(['Ben'])
  })

  it('[SET3] an emptied set is empty, a set that was never written is absent', () => {
    const record = newRecord('photo_groups', { name: 'Family', people: ['Ada'] })
    expect(viewRecord(editRecord(record, { people: [] }, at(5, 'ana'))).data.people).toEqual([])
    expect('people' in viewRecord(newRecord('photo_groups', { name: 'Family' })).data).toBe(false)
  })

  it('[SET4] any name can be a member', () => {
    const names = ['a/b', '~', '~1', '/', '', '$deleted', '__proto__', '😀']
    const record = newRecord('photo_groups', { name: 'Family', people: names })
    expect(viewRecord(record).data.people).toEqual(names)
    expect(viewRecord(editRecord(record, { people: ['~1'] }, at(5, 'ana'))).data.people).toEqual(['~1'])
  })

  it('[SET5] a set that this version does not know is carried along and does not disturb the view', () => {
    const asSet = newRecord('photo_groups', { name: 'Family', people: ['Ada', 'Ben'] })
    const unknown = { ...asSet, table: 'menus' }
    const edited = editRecord(unknown, { people: 'nobody' }, at(5, 'ana'))
    expect('people' in viewRecord(unknown).data).toBe(false)
    expect(viewRecord(edited).data.people).toBe('nobody')
    expect(viewRecord({ ...edited, table: 'photo_groups' }).data.people).toEqual(['Ada', 'Ben'])
  })
})

describe('read classes', () => {
  it('[INV6][UNIT2] a replica without a class holds nothing of it', () => {
    const record = newRecord('guests', { name: 'Ada', phone: '1', dietary: 'vegan', notes: 'Aunt' })
    const part = restrictRecord(record, (readClass) => readClass === 'open' || readClass === 'diet')
    if (!part) throw new Error('nothing left')
    expect(viewRecord(part).data).toEqual({ name: 'Ada', dietary: 'vegan' })
    expect(restrictRecord(record, () => false)).toBeUndefined()
    expect(restrictRecord(record, () => true)).toBe(record)
  })

  it('[UNIT1] an edit of two classes is one edit in each, under tags of its own', () => {
    const record = newRecord('guests', { name: 'Ada', dietary: 'vegan' })
    const dots = [...record.units].map(([readClass, unit]) => [readClass, [...unit.vector]])
    expect(dots).toEqual([
      ['diet', [[at(0, 'ana').actor, 1]]],
      ['open', [[at(0, 'ana').actor, 1]]],
    ])
  })
})
