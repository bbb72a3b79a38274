import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Conflict, conflictsOf } from '../../../model/merge/conflicts.ts'
import { editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, restrictRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { fieldOf, tableNamed } from '../../../model/tables/index.ts'
import { histories, join, joinAll, play, reordered } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, write } from '../../support/mergeHelpers.ts'

const item = newRecord('timeline_items', { title: 'Ceremony', startTime: '2026-06-13T15:00:00Z' })
const [ana, ben] = apart(
  item,
  write({ startTime: '2026-06-13T15:20:00Z', title: 'The ceremony' }),
  write({ startTime: '2026-06-13T15:30:00Z', title: 'Ceremony by the lake' }),
)
const both = join(ana, ben)

/** A decision, as a person makes it in the queue. */
function decide(
  record: CausalRecord,
  [conflict]: readonly Conflict[],
  value: unknown,
  by: string,
  seconds = 40,
): CausalRecord {
  if (!conflict) throw new Error('no conflict to decide')
  const [field = ''] = conflict.fields
  const decided = { conflictId: conflict.conflictId, strategy: 'merge_manual' }
  return editRecord(record, { [field]: value }, at(seconds, by, { decided }))
}

describe('conflict queue', () => {
  it('[CON1] holds concurrent values of fields that only a person can decide, the visible one first', () => {
    expect(conflictsOf(both)).toMatchObject([
      {
        type: 'concurrent_edit',
        fields: ['startTime'],
        severity: 'critical',
        values: [
          { field: 'startTime', value: '2026-06-13T15:30:00Z', edit: { actor: at(0, 'ben').actor } },
          { field: 'startTime', value: '2026-06-13T15:20:00Z', edit: { actor: at(0, 'ana').actor } },
        ],
      },
    ])
    expect(viewRecord(both).data.startTime).toBe('2026-06-13T15:30:00Z')
    expect(viewRecord(both).siblings.title).toHaveLength(2)
  })

  it('[CON1] holds a field of any policy if an edit asked for a person', () => {
    const asking = (record: CausalRecord) => editRecord(record, { tableNumber: 4 }, at(10, 'ana', { ask: true }))
    const [a, b] = apart(newRecord('guests', { name: 'Ada' }), asking, write({ tableNumber: 5 }))
    expect(conflictsOf(join(a, b)).map(({ fields }) => fields)).toEqual([['tableNumber']])
    expect(conflictsOf(a)).toEqual([])
  })

  it('[CON1] holds nothing if both wrote the same', () => {
    const same = write({ startTime: '2026-06-13T16:00:00Z' })
    expect(conflictsOf(join(...apart(item, same, same)))).toEqual([])
  })

  it.each([
    { table: 'timeline_items', field: 'startTime', values: ['a', 'b'], severity: 'critical' },
    { table: 'timeline_items', field: 'location', values: ['a', 'b'], severity: 'critical' },
    { table: 'weddings', field: 'date', values: ['a', 'b'], severity: 'critical' },
    { table: 'weddings', field: 'venue', values: [{ name: 'a' }, { name: 'b' }], severity: 'critical' },
    { table: 'guests', field: 'rsvpStatus', values: ['a', 'b'], severity: 'critical' },
    { table: 'vendors', field: 'actual', values: [1, 2], severity: 'high' },
    { table: 'guests', field: 'dietary', values: ['a', 'b'], severity: 'low' },
  ])('[CON5] calls a conflict in $table.$field $severity', ({ table, field, values: [x, y], severity }) => {
    const [a, b] = apart(newRecord(table, { name: 'N' }), write({ [field]: x }), write({ [field]: y }))
    expect(conflictsOf(join(a, b))).toMatchObject([{ fields: [field], severity }])
  })

  it('[CON2] is the same on every replica, in its ids too', () => {
    const [first] = conflictsOf(both)
    expect(conflictsOf(join(ben, ana))).toEqual(conflictsOf(both))
    expect(first?.conflictId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-/)
    expect(conflictsOf(join(...apart(item, write({ startTime: 'x' }), write({ startTime: 'y' }))))[0]?.conflictId).toBe(
      first?.conflictId,
    )
  })

  it('[CON2][INV6] has the same ids on a replica that may read a part only', () => {
    const guest = newRecord('guests', { name: 'Ada', phone: '1' })
    const whole = join(...apart(guest, write({ dietary: 'vegan', notes: 'x' }), write({ dietary: 'none' })))
    const part = restrictRecord(whole, (readClass) => readClass === 'open' || readClass === 'diet')
    expect(part && conflictsOf(part)).toEqual(conflictsOf(whole))
  })

  it('[CON3] is cleared everywhere by one decision', () => {
    const decided = decide(both, conflictsOf(both), '2026-06-13T15:20:00Z', 'cleo')
    for (const replica of [ana, ben, both]) {
      expect(conflictsOf(join(replica, decided))).toEqual([])
      expect(viewRecord(join(replica, decided)).data.startTime).toBe('2026-06-13T15:20:00Z')
    }
  })

  it('[CON3] is cleared by deciding for the visible value', () => {
    const decided = decide(both, conflictsOf(both), '2026-06-13T15:30:00Z', 'cleo')
    expect(conflictsOf(join(both, decided))).toEqual([])
  })

  it('[CON4] two decisions for the same are one, two different ones are a conflict again', () => {
    const anas = decide(both, conflictsOf(both), '2026-06-13T15:20:00Z', 'ana', 50)
    const bens = decide(both, conflictsOf(both), '2026-06-13T15:30:00Z', 'ben', 51)
    const agreeing = decide(both, conflictsOf(both), '2026-06-13T15:20:00Z', 'ben', 51)
    expect(conflictsOf(join(anas, agreeing))).toEqual([])
    expect(conflictsOf(join(anas, bens))).toMatchObject([{ conflictId: conflictsOf(both)[0]?.conflictId }])
  })

  it('[CON4] an edit that had not seen the decision is a conflict with it', () => {
    const decided = decide(both, conflictsOf(both), '2026-06-13T15:20:00Z', 'cleo')
    const late = editRecord(ben, { startTime: '2026-06-13T17:00:00Z' }, at(60, 'ben'))
    expect(conflictsOf(join(decided, late))[0]?.values.map(({ value }) => value)).toEqual([
      '2026-06-13T17:00:00Z',
      '2026-06-13T15:20:00Z',
    ])
  })

  it('[CON1][INV4] holds every sibling that needs a person and none that does not, on any history', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const record = joinAll(play(history).replicas)
        const view = viewRecord(record)
        const conflicts = conflictsOf(record)
        const asked = Object.entries(view.siblings).filter(
          ([field, values]) =>
            fieldOf(tableNamed(record.table), field).policy === 'ask' || values.some(({ edit }) => edit.ask),
        )
        const inQueue = conflicts.filter(({ type }) => type === 'concurrent_edit')
        expect(inQueue.map(({ fields }) => fields[0])).toEqual(view.deleted ? [] : asked.map(([field]) => field))
        for (const { fields, values } of inQueue) expect(values[0]?.value).toEqual(view.data[fields[0] ?? ''])
        expect(conflictsOf(reordered(record))).toEqual(conflicts)
        const settled = conflicts.reduce(
          (current, { type, fields: [field = ''] }, i) =>
            type === 'concurrent_edit'
              ? editRecord(current, { [field]: view.data[field] }, at(900_000 + i, 'cleo'))
              : current,
          record,
        )
        expect(conflictsOf(join(settled, record)).filter(({ type }) => type === 'concurrent_edit')).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})
