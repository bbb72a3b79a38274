import { describe, expect, it } from 'vitest'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { classOf, createRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, restrictRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, RECORD_ID, WEDDING_ID, write } from '../../support/mergeHelpers.ts'

/** A unit as the drawings of `SPEC.md` show it: counters by the first letter of the actor, and values behind their dots. */
function drawn(record: CausalRecord, readClass: string): unknown {
  const unit = record.units.get(readClass) ?? expect.fail(`no unit ${readClass}`)
  const letter = (actor: string): string => actor.slice(0, 1).toUpperCase()
  return {
    vector: Object.fromEntries([...unit.vector].map(([actor, counter]) => [letter(actor), counter])),
    registers: Object.fromEntries(
      [...unit.registers]
        .filter(([name]) => !name.startsWith('$'))
        .map(([name, all]) => [name, all.map(({ edit, value }) => `${letter(edit.actor)}${edit.counter} ${value}`)]),
    ),
  }
}

describe('the example of SPEC.md', () => {
  const start = newRecord('timeline_items', { title: 'Ceremony', startTime: '15:00' })
  const anas = editRecord(start, { startTime: '15:20', internalNotes: 'x' }, at(10, 'ana'))
  const bens = editRecord(start, { startTime: '15:30', location: 'Lake' }, at(20, 'ben'))
  const both = join(anas, bens)
  const decided = editRecord(both, { startTime: '15:20' }, at(30, 'cleo'))

  it('[REG3][UNIT1] is what the code does: one edit is one dot in each unit, edits apart leave two siblings', () => {
    expect(drawn(anas, 'open')).toEqual({
      vector: { A: 2 },
      registers: { title: ['A1 Ceremony'], startTime: ['A2 15:20'] },
    })
    expect([...(anas.units.get('inner')?.vector ?? [])]).toEqual([[at(0, 'ana').actor, 1]])
    expect(drawn(bens, 'open')).toEqual({
      vector: { A: 1, B: 1 },
      registers: { title: ['A1 Ceremony'], startTime: ['B1 15:30'], location: ['B1 Lake'] },
    })
    expect(drawn(both, 'open')).toEqual({
      vector: { A: 2, B: 1 },
      registers: { title: ['A1 Ceremony'], startTime: ['A2 15:20', 'B1 15:30'], location: ['B1 Lake'] },
    })
    expect(viewRecord(both).data.startTime).toBe('15:30')
    expect(conflictsOf(both).map(({ fields }) => fields)).toEqual([['startTime']])
  })

  it('[REG2][CON3] is settled by an edit that has seen both, and a late message brings nothing back', () => {
    expect(drawn(decided, 'open')).toMatchObject({
      vector: { A: 2, B: 1, C: 1 },
      registers: { startTime: ['C1 15:20'], location: ['B1 Lake'] },
    })
    expect(join(decided, anas)).toBe(decided)
    expect(join(decided, bens)).toBe(decided)
    expect(conflictsOf(decided)).toEqual([])
  })
})

describe('where a field stands', () => {
  it('[UNIT4] is in the class of its table, and with open or unknown fields in the base class of the record', () => {
    const note = { id: RECORD_ID, scope: WEDDING_ID, table: 'client_notes' }
    const secret = createRecord({ ...note, data: { content: 'x', visibility: 'internal', odd: 1 } }, at(0, 'ana'))
    expect([secret.base, ...secret.units.keys()]).toEqual(['inner', 'inner'])
    expect(restrictRecord(secret, (readClass) => readClass !== 'inner')).toBeUndefined()
    const guest = newRecord('guests', { name: 'Ada', odd: 1, dietary: 'vegan', phone: '1' })
    expect([...guest.units.keys()].sort()).toEqual(['diet', 'open', 'private'])
    expect([classOf(guest, 'odd'), classOf(guest, 'dietary'), classOf(secret, 'odd')]).toEqual([
      'open',
      'diet',
      'inner',
    ])
  })

  it('[UNIT4] is what the record was created with, whatever its fields say later', () => {
    const note = newRecord('client_notes', { content: 'x', visibility: 'internal' })
    expect(editRecord(note, { visibility: 'public' }, at(1, 'ana')).base).toBe('inner')
  })
})

describe('what shows of several values', () => {
  it('[POL4] a value that was sent in for a person to decide does not show before they have', () => {
    const asks = (record: CausalRecord) => editRecord(record, { name: 'Ida' }, at(60, 'ana', { ask: true }))
    const [ana, ben] = apart(newRecord('guests', { name: 'Ada' }), asks, write({ name: 'Eda' }))
    const { data, siblings } = viewRecord(join(ana, ben))
    expect([data.name, siblings.name?.map(({ value }) => value)]).toEqual(['Eda', ['Eda', 'Ida']])
  })

  it('[POL3] a field that this version does not know goes by the clock', () => {
    const [ana, ben] = apart(newRecord('guests', { name: 'Ada' }), write({ shirt: 'L' }), write({ shirt: 'M' }))
    expect(viewRecord(join(ana, ben)).data.shirt).toBe('M')
  })

  it('[SET1] members show in the order in which they were written, and in that of their names where two wrote', () => {
    const group = newRecord('photo_groups', { name: 'Family', people: ['Zoe', 'Ada'] })
    const [ana, ben] = apart(group, write({ people: ['Zoe', 'Ada', 'Cleo'] }), write({ people: ['Zoe', 'Ada', 'Ben'] }))
    expect(viewRecord(join(ana, ben)).data.people).toEqual(['Zoe', 'Ada', 'Ben', 'Cleo'])
  })
})
