import { describe, expect, it } from 'vitest'
import { scopeDigest } from '../../../model/merge/digest.ts'
import { type Author, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, joinRecords, sameRecord } from '../../../model/merge/record.ts'
import type { Sibling } from '../../../model/merge/unit.ts'
import { at, newRecord } from '../../support/mergeHelpers.ts'

const record = newRecord('guests', { name: 'Ada' })

/** A restored folder that went on counting from where the backup stood. */
const copyOf = (data: Record<string, unknown>): CausalRecord => editRecord(record, data, at(10, 'ana'))

const clashIn = (register: string) => ({
  ok: false,
  error: { kind: 'dot-clash', register, dot: { actor: at(0, 'ana').actor, counter: 2 } },
})

describe('one edit with two contents', () => {
  it('[REG5] in one field is noticed and named', () => {
    expect(joinRecords(copyOf({ name: 'Eda' }), copyOf({ name: 'Ida' }))).toEqual(clashIn('name'))
  })

  it('[REG5] in two different fields is noticed too, instead of losing both values', () => {
    const one = copyOf({ name: 'Eda' })
    const other = copyOf({ tableNumber: 4 })
    expect(joinRecords(one, other)).toEqual(clashIn('name'))
    expect(joinRecords(other, one)).toEqual(clashIn('name'))
  })

  it.each<{ what: string; more: Partial<Author> }>([
    { what: 'stamp', more: { stamp: at(11, 'ana').stamp } },
    { what: 'wish for a person', more: { ask: true } },
    { what: 'operation', more: { operation: 'push' } },
    { what: 'decision', more: { decided: { conflictId: 'c', strategy: 'skip' } } },
  ])('[REG5][DIG1] that differs in its $what only is noticed too, and the digests differ', ({ more }) => {
    const one = editRecord(record, { name: 'Eda' }, at(10, 'ana'))
    const other = editRecord(record, { name: 'Eda' }, { ...at(10, 'ana'), ...more })
    expect(joinRecords(one, other)).toEqual(clashIn('name'))
    expect(joinRecords(other, one)).toEqual(clashIn('name'))
    expect(sameRecord(one, other)).toBe(false)
    expect([...scopeDigest([one])]).not.toEqual([...scopeDigest([other])])
  })

  it('[REG5] that agrees in its tag but not in its fields leaves no record without a value', () => {
    const dot = { actor: at(0, 'ana').actor, counter: 1, stamp: at(0, 'ana').stamp, tag: 'AAAAAAAAAAA' }
    const of = (register: string): CausalRecord => ({
      ...record,
      units: new Map([
        [
          'open',
          {
            vector: new Map([[dot.actor, 1]]),
            registers: new Map<string, Sibling[]>([[register, [{ edit: dot, value: 1 }]]]),
          },
        ],
      ]),
    })
    expect(joinRecords(of('name'), of('tableNumber'))).toMatchObject({ ok: false, error: { kind: 'dot-clash' } })
  })

  it('[UNIT1] does not show in other units: the same counter in two read classes is two edits', () => {
    const one = editRecord(record, { dietary: 'vegan' }, at(10, 'ana'))
    expect(joinRecords(record, one)).toMatchObject({ ok: true })
  })

  it('[REG6] is not seen in an edit of which one side replaced a part', () => {
    const both = copyOf({ name: 'Eda', tableNumber: 4 })
    const partly = editRecord(both, { name: 'Ida' }, at(20, 'ben'))
    expect(joinRecords(both, partly)).toMatchObject({ ok: true, value: partly })
    expect(joinRecords(partly, both)).toEqual({ ok: true, value: partly })
  })
})
