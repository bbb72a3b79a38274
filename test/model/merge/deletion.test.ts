import { describe, expect, it } from 'vitest'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { deleteRecord, editRecord, keepRecord } from '../../../model/merge/edit.ts'
import { restrictRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, write } from '../../support/mergeHelpers.ts'

const guest = newRecord('guests', { name: 'Ada', dietary: 'vegan', phone: '1' })

describe('deletion', () => {
  it('[DEL1] hides a record and keeps its values', () => {
    const deleted = deleteRecord(guest, at(10, 'ana'))
    expect(viewRecord(deleted)).toMatchObject({ deleted: true, data: { name: 'Ada' } })
    expect(conflictsOf(deleted)).toEqual([])
    expect(viewRecord(join(guest, deleted)).deleted).toBe(true)
  })

  it.each([
    { what: 'an open field', data: { name: 'Eda' } },
    { what: 'a field of another class', data: { dietary: 'none' } },
    { what: 'a class that had no value', data: { internal: 1, notes: 'Aunt' } },
    { what: 'a member of a set', data: { tags: ['family'] } },
  ])('[DEL2][CON6] does not win over a concurrent edit of $what: the record stays, as a conflict', ({ data }) => {
    const [ana, ben] = apart(guest, deleteRecord, write(data))
    for (const both of [join(ana, ben), join(ben, ana)]) {
      expect(viewRecord(both)).toMatchObject({ deleted: false, data })
      expect(conflictsOf(both)).toMatchObject([
        {
          type: 'delete_conflict',
          severity: 'high',
          fields: ['$deleted'],
          values: [
            { value: false, edit: { actor: at(0, 'ben').actor } },
            { value: true, edit: { actor: at(0, 'ana').actor } },
          ],
        },
      ])
    }
  })

  it('[DEL3] that was contradicted can be upheld or dropped, and then is no conflict any more', () => {
    const [ana, ben] = apart(guest, deleteRecord, write({ name: 'Eda' }))
    const both = join(ana, ben)
    const kept = keepRecord(both, at(30, 'cleo'))
    const upheld = deleteRecord(both, at(30, 'cleo'))
    expect([viewRecord(join(kept, both)).deleted, conflictsOf(join(kept, both))]).toEqual([false, []])
    expect([viewRecord(join(upheld, both)).deleted, conflictsOf(join(upheld, both))]).toEqual([true, []])
  })

  it('[DEL3] upheld by one and dropped by another is a conflict again, and the record stays', () => {
    const [ana, ben] = apart(guest, deleteRecord, write({ name: 'Eda' }))
    const both = join(ana, ben)
    const again = join(keepRecord(both, at(30, 'ana')), deleteRecord(both, at(31, 'ben')))
    expect(viewRecord(again).deleted).toBe(false)
    expect(conflictsOf(again).map(({ type }) => type)).toEqual(['delete_conflict'])
  })

  it('[DEL4] is undone by an edit that has seen it', () => {
    const deleted = deleteRecord(guest, at(10, 'ana'))
    const revived = editRecord(deleted, { tableNumber: 3 }, at(20, 'ben'))
    expect(viewRecord(join(deleted, revived))).toMatchObject({ deleted: false, data: { name: 'Ada', tableNumber: 3 } })
    expect(conflictsOf(revived)).toEqual([])
  })

  it('[DEL4] is undone by keeping', () => {
    const deleted = deleteRecord(guest, at(10, 'ana'))
    expect(viewRecord(join(deleted, keepRecord(deleted, at(20, 'ben'))))).toMatchObject({
      deleted: false,
      siblings: {},
    })
  })

  it('[DEL5] by two people apart is one deletion', () => {
    const [ana, ben] = apart(guest, deleteRecord, deleteRecord)
    const both = join(ana, ben)
    expect(viewRecord(both).deleted).toBe(true)
    expect(viewRecord(editRecord(both, { name: 'Eda' }, at(30, 'cleo')))).toMatchObject({ deleted: false })
  })

  it('[DEL5] by two people who together have seen everything holds', () => {
    const bens = editRecord(guest, { name: 'Eda' }, at(5, 'ben'))
    const cleos = editRecord(guest, { tableNumber: 3 }, at(6, 'cleo'))
    const deleted = join(deleteRecord(bens, at(10, 'ben')), deleteRecord(cleos, at(11, 'cleo')))
    expect(viewRecord(deleted).deleted).toBe(true)
  })

  it('[DEL6] by somebody who sees a part only does not reach what they could not see', () => {
    const part = restrictRecord(guest, (readClass) => readClass === 'open')
    if (!part) throw new Error('nothing left')
    const back = join(guest, deleteRecord(part, at(10, 'ben')))
    expect(viewRecord(back)).toMatchObject({ deleted: false, data: { dietary: 'vegan', phone: '1' } })
    expect(conflictsOf(back).map(({ type }) => type)).toEqual(['delete_conflict'])
  })
})
