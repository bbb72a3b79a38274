import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../../model/merge/codec.ts'
import { createRecord, deleteRecord, editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../model/merge/record.ts'
import type { RecordStore } from '../../model/sync/changeStore.ts'
import { type Choice, settle, strategyOf } from '../../renderer/src/conflicts/settle.ts'
import { fieldWords, recordName, valueWords, writerOf } from '../../renderer/src/conflicts/words.ts'
import { createEdits } from '../../renderer/src/data/edits.ts'
import type { OpenConflict } from '../../renderer/src/data/live.ts'
import { readRow } from '../../renderer/src/data/row.ts'

const LISBON = { zone: 'Europe/Lisbon', date: '2026-06-13' }
const SCOPE = '00000000-0000-4000-8000-000000000000'
const ID = '00000000-0000-4000-8000-000000000001'
let stamp = 0
const by = (actor: string) => ({ actor: actor.padEnd(11, '_'), stamp: String(++stamp).padStart(12, '0') })

const base = createRecord({ id: ID, scope: SCOPE, table: 'timeline_items', data: { title: 'Vows' } }, by('ana'))

function joined(a: CausalRecord, b: CausalRecord): CausalRecord {
  const join = joinRecords(a, b)
  if (!join.ok) throw new Error(join.error.kind)
  return join.value
}

function open(record: CausalRecord): readonly OpenConflict[] {
  const row = readRow(encodeRecord(record))
  return row ? row.conflicts.map((conflict) => ({ conflict, row })) : []
}

function only(record: CausalRecord): OpenConflict {
  const [first, ...others] = open(record)
  if (!first || others.length > 0) throw new Error('expected one conflict')
  return first
}

const apart = joined(
  editRecord(base, { startTime: '2026-06-13T14:20:00Z' }, by('ana')),
  editRecord(base, { startTime: '2026-06-13T14:30:00Z' }, by('rita')),
)

/** One record in memory, which somebody else may have changed since the person looked. */
function storeOf(initial: CausalRecord) {
  let current = initial
  const store: RecordStore = {
    records: async () => new Map([[ID, current]]),
    inScope: async () => [current],
    update: async (_ids, change) => {
      for (const { record } of change(new Map([[ID, current]]))) current = record
    },
    subscribe: () => () => undefined,
  }
  return { edits: createEdits({ store, author: () => by('ana') }), now: () => current }
}

async function decide(
  choose: (conflict: OpenConflict) => Choice,
  shown = apart,
  stored = shown,
): Promise<CausalRecord> {
  const { edits, now } = storeOf(stored)
  const conflict = only(shown)
  await settle(conflict, choose(conflict), edits)
  return now()
}

describe('a conflict in words', () => {
  it('shows times as a clock does, the later edit first', () => {
    expect(recordName(only(apart))).toBe('Vows')
    expect(valueWords(only(apart), LISBON)).toEqual(['15:30', '15:20'])
  })

  it('names the day where the values fall on different ones', () => {
    const nights = joined(
      editRecord(base, { startTime: '2026-06-13T22:30:00Z' }, by('ana')),
      editRecord(base, { startTime: '2026-06-13T23:15:00Z' }, by('rita')),
    )
    expect(valueWords(only(nights), LISBON)).toEqual(['Sun 14 June, 00:15', '23:30'])
  })

  it('names fields as the screens do', () => {
    expect(['startTime', 'location', 'contractStatus'].map(fieldWords)).toEqual(['Start', 'Place', 'Contract status'])
  })

  it('tells who wrote a value and where, and says "somebody" if nobody knows', () => {
    const rita = { personName: 'Rita', deviceName: 'her tablet', deviceId: 'd2' }
    const actors = new Map([[by('rita').actor, rita]])
    const [theirs, mine] = only(apart).conflict.values
    if (!theirs || !mine) throw new Error('expected two values')
    expect(writerOf(theirs, actors, 'd2', LISBON, 0)).toMatchObject({ mine: true })
    expect(writerOf(theirs, actors, 'd1', LISBON, 0).words).toMatch(/^Rita, on her tablet, /)
    expect(writerOf(mine, actors, 'd1', LISBON, 0)).toMatchObject({ mine: false })
    expect(writerOf(mine, actors, 'd1', LISBON, 0).words).toMatch(/^Somebody, /)
  })
})

describe('a decision', () => {
  const keep = (position: number) => (conflict: OpenConflict) => {
    const value = conflict.conflict.values[position]
    if (!value) throw new Error('no such value')
    return { kind: 'keep', value } as const
  }
  const startOf = (record: CausalRecord) => readRow(encodeRecord(record))?.view.data.startTime

  it('for either value settles the conflict', async () => {
    for (const [position, start] of ['2026-06-13T14:30:00Z', '2026-06-13T14:20:00Z'].entries()) {
      const record = await decide(keep(position))
      expect(open(record)).toEqual([])
      expect(startOf(record)).toBe(start)
    }
  })

  it('for a third value settles it too', async () => {
    const record = await decide(() => ({ kind: 'new', value: '2026-06-13T14:25:00Z' }))
    expect(open(record)).toEqual([])
    expect(startOf(record)).toBe('2026-06-13T14:25:00Z')
  })

  it('does not overrule what came after the person looked', async () => {
    const meanwhile = editRecord(apart, { startTime: '2026-06-13T15:00:00Z' }, by('tom'))
    const record = await decide(keep(1), apart, meanwhile)
    expect(valueWords(only(record), LISBON)).toEqual(['15:20', '16:00'])
  })

  it('is named after the visible value and the other', () => {
    const { conflict } = only(apart)
    const [visible, other] = conflict.values
    if (!visible || !other) throw new Error('expected two values')
    expect(strategyOf(conflict, { kind: 'keep', value: visible })).toBe('use_server')
    expect(strategyOf(conflict, { kind: 'keep', value: other })).toBe('use_client')
    expect(strategyOf(conflict, { kind: 'new', value: 'x' })).toBe('merge_manual')
  })

  it('keeps or deletes an item that one person changed and the other deleted', async () => {
    const torn = joined(editRecord(base, { title: 'Our vows' }, by('ana')), deleteRecord(base, by('rita')))
    const kept = await decide(() => ({ kind: 'keep-record' }), torn)
    expect(open(kept)).toEqual([])
    expect(readRow(encodeRecord(kept))?.view.data.title).toBe('Our vows')
    const deleted = await decide(() => ({ kind: 'delete-record' }), torn)
    expect(readRow(encodeRecord(deleted))).toBeUndefined()
  })
})
