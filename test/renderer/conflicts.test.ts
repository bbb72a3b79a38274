import { describe, expect, it } from 'vitest'
import { applyEdits } from '../../model/conflicts/apply.ts'
import { type Decision, keeping } from '../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import { undoDecision } from '../../model/conflicts/undo.ts'
import { encodeRecord } from '../../model/merge/codec.ts'
import { createRecord, deleteRecord, editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords, liveValues } from '../../model/merge/record.ts'
import type { RecordStore } from '../../model/sync/changeStore.ts'
import { supersededValues } from '../../model/sync/superseded.ts'
import { openEntries } from '../../renderer/src/conflicts/entries.ts'
import { decidableAlike, outcomesOf } from '../../renderer/src/conflicts/similar.ts'
import { fieldWords, recordName, sideWords, valueWords, writerWords } from '../../renderer/src/conflicts/words.ts'
import { createEdits } from '../../renderer/src/data/edits.ts'
import type { ActorName } from '../../renderer/src/data/live.ts'
import { mayHaveConflicts, mentionsOperation, readRow } from '../../renderer/src/data/row.ts'

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

const NOBODY: ReadonlyMap<string, ActorName> = new Map()

function open(records: readonly CausalRecord[], actors = NOBODY): readonly QueueEntry[] {
  const held = records.map(encodeRecord).map((stored) => ({
    scope: stored.scope,
    table: stored.table,
    mayHaveConflicts: mayHaveConflicts(stored),
    mentions: (operations: ReadonlySet<string>) => mentionsOperation(stored, operations),
    row: () => readRow(stored),
  }))
  return openEntries(held, actors)
}

function only(record: CausalRecord, actors = NOBODY): QueueEntry {
  const [first, ...others] = open([record], actors)
  if (!first || others.length > 0) throw new Error('expected one conflict')
  return first
}

const wordsOf = (record: CausalRecord) => valueWords(only(record).parts[0], LISBON)

const apart = joined(
  editRecord(base, { startTime: '2026-06-13T14:20:00Z' }, by('ana')),
  editRecord(base, { startTime: '2026-06-13T14:30:00Z' }, by('rita')),
)

/** Records in memory, which somebody else may have changed since the person looked. */
function storeOf(initial: readonly CausalRecord[], person = 'ana', asking: 'once' | 'asks twice' = 'once') {
  let commits = 0
  const held = new Map(initial.map((record) => [record.id, record]))
  const store: RecordStore = {
    records: async () => held,
    inScope: async () => [...held.values()],
    update: async (ids, change) => {
      const asked = [...held].filter(([id]) => ids.includes(id))
      commits++
      const [first, ...others] = change(new Map(asked))
      if (first) held.set(first.record.id, first.record)
      const rest = asking === 'once' ? others : change(new Map([...held].filter(([id]) => ids.includes(id))))
      for (const { record } of rest) if (record.id !== first?.record.id) held.set(record.id, record)
    },
    subscribe: () => () => undefined,
  }
  return {
    edits: createEdits({ store, author: () => by(person) }),
    now: () => [...held.values()],
    held,
    commits: () => commits,
  }
}

/** Two who have moved an item of their own each way. */
function clashOver(n: string): CausalRecord {
  const item = createRecord(
    { id: ID.replace(/1$/, n), scope: SCOPE, table: 'timeline_items', data: { title: n } },
    by('ana'),
  )
  return joined(
    editRecord(item, { startTime: '2026-06-13T19:15:00Z' }, by('hana')),
    editRecord(item, { startTime: '2026-06-13T19:40:00Z' }, by('piet')),
  )
}

async function decide(choose: (entry: QueueEntry) => Decision, shown = apart, stored = shown): Promise<CausalRecord> {
  const { edits, now } = storeOf([stored])
  const entry = only(shown)
  await edits.decide(entry, choose(entry))
  return now()[0] ?? stored
}

describe('a conflict in words', () => {
  it('shows times as a clock does, the later edit first', () => {
    expect(recordName(only(apart).parts[0])).toBe('Vows')
    expect(wordsOf(apart)).toEqual(['15:30', '15:20'])
  })

  it('tells what happened', () => {
    const rita = { personName: 'Rita', deviceName: 'her tablet', deviceId: 'd2' }
    const actors = new Map([[by('rita').actor, rita]])
    const wedding = createRecord(
      { id: SCOPE, scope: SCOPE, table: 'weddings', data: { name: 'A & L', date: LISBON.date, timezone: LISBON.zone } },
      by('ana'),
    )
    expect(open([wedding, apart], actors)[0]?.sentence).toBe(
      '“Vows”: Rita set the start to 15:30, somebody else to 15:20.',
    )
  })

  it('names the day where the values fall on different ones', () => {
    const nights = joined(
      editRecord(base, { startTime: '2026-06-13T22:30:00Z' }, by('ana')),
      editRecord(base, { startTime: '2026-06-13T23:15:00Z' }, by('rita')),
    )
    expect(wordsOf(nights)).toEqual(['Sun 14 June, 00:15', '23:30'])
  })

  it('names fields as the screens do', () => {
    expect(['startTime', 'location', 'contractStatus'].map(fieldWords)).toEqual(['Start', 'Place', 'Contract status'])
  })

  it('tells who wrote a value and where, and says "somebody" if nobody knows', () => {
    const rita = { personName: 'Rita', deviceName: 'her tablet', deviceId: 'd2' }
    const [theirs, mine] = only(apart, new Map([[by('rita').actor, rita]])).parts[0].values
    if (!theirs || !mine) throw new Error('expected two values')
    expect(writerWords(theirs.writer, LISBON, 0)).toMatch(/^Rita, on her tablet, /)
    expect(writerWords(mine.writer, LISBON, 0)).toMatch(/^Somebody, /)
    expect(sideWords([theirs], 'd2')).toBe('Mine')
    expect(sideWords([theirs, mine], 'd1')).toBe("Rita's and somebody's")
  })
})

describe('a decision', () => {
  const keep =
    (position: number) =>
    ({ parts: [part] }: QueueEntry): Decision => {
      const value = part.values[position]
      if (!value) throw new Error('no such value')
      return keeping(part, value)
    }
  const startOf = (record: CausalRecord) => readRow(encodeRecord(record))?.view.data.startTime

  it('for either value settles the conflict', async () => {
    for (const [position, start] of ['2026-06-13T14:30:00Z', '2026-06-13T14:20:00Z'].entries()) {
      const record = await decide(keep(position))
      expect(open([record])).toEqual([])
      expect(startOf(record)).toBe(start)
    }
  })

  it('for a third value settles it too', async () => {
    const mergedData = { startTime: '2026-06-13T14:25:00Z' }
    const record = await decide(() => ({ strategy: 'merge_manual', mergedData }))
    expect(open([record])).toEqual([])
    expect(startOf(record)).toBe('2026-06-13T14:25:00Z')
  })

  it('does not overrule what came after the person looked', async () => {
    const meanwhile = editRecord(apart, { startTime: '2026-06-13T15:00:00Z' }, by('tom'))
    const record = await decide(keep(1), apart, meanwhile)
    expect(wordsOf(record)).toEqual(['15:20', '16:00'])
  })

  it('keeps or deletes an item that one person changed and the other deleted', async () => {
    const torn = joined(editRecord(base, { title: 'Our vows' }, by('ana')), deleteRecord(base, by('rita')))
    const kept = await decide(keep(0), torn)
    expect(open([kept])).toEqual([])
    expect(readRow(encodeRecord(kept))?.view.data.title).toBe('Our vows')
    const deleted = await decide(keep(1), torn)
    expect(readRow(encodeRecord(deleted))).toBeUndefined()
  })

  it('on one action is one card, and settles all of it', async () => {
    const items = ['Dinner', 'Speeches'].map((title, n) =>
      createRecord(
        { id: ID.replace(/1$/, `${n + 2}`), scope: SCOPE, table: 'timeline_items', data: { title } },
        by('ana'),
      ),
    )
    const push = (record: CausalRecord) =>
      editRecord(record, { startTime: '2026-06-13T19:15:00Z' }, { ...by('hana'), operation: 'push' })
    const both = items.map((item) =>
      joined(push(item), editRecord(item, { startTime: '2026-06-13T19:40:00Z' }, by('piet'))),
    )
    const [entry, ...others] = open(both)
    if (!entry) throw new Error('expected an entry')
    expect([others, entry.parts.length, entry.operation?.id]).toEqual([[], 2, 'push'])
    const { edits, now } = storeOf(both)
    await edits.decide(entry, { strategy: entry.operation?.side === 'client' ? 'use_client' : 'use_server' })
    expect(open(now())).toEqual([])
    expect(now().map(startOf)).toEqual(['2026-06-13T19:15:00Z', '2026-06-13T19:15:00Z'])
  })

  it('[CON7] is taken back without any history: both values stand again, the one that was decided for shows', async () => {
    const { edits, now } = storeOf([apart])
    const entry = only(apart)
    const undo = await edits.decide(entry, keep(1)(entry))
    expect(open(now())).toEqual([])
    await undo()
    const [record] = now()
    if (!record) throw new Error('expected a record')
    expect(only(record).conflictId).toBe(entry.conflictId)
    expect(wordsOf(record)).toEqual(['15:20', '15:30'])
  })

  it('is taken back where it was about a deletion, and for all records of an action', async () => {
    const torn = joined(editRecord(base, { title: 'Our vows' }, by('ana')), deleteRecord(base, by('rita')))
    const one = storeOf([torn])
    const undo = await one.edits.decide(only(torn), keep(1)(only(torn)))
    await undo()
    expect(one.now().map((record) => only(record).type)).toEqual(['delete_conflict'])
    const pushed = ['2', '3'].map((n) => {
      const item = createRecord(
        { id: ID.replace(/1$/, n), scope: SCOPE, table: 'timeline_items', data: { title: n } },
        by('ana'),
      )
      const push = editRecord(item, { startTime: '2026-06-13T19:15:00Z' }, { ...by('hana'), operation: 'push' })
      return joined(push, editRecord(item, { startTime: '2026-06-13T19:40:00Z' }, by('piet')))
    })
    const [action] = open(pushed)
    if (!action) throw new Error('expected an entry')
    const both = storeOf(pushed)
    const undoAction = await both.edits.decide(action, { strategy: 'use_server' })
    expect(open(both.now())).toEqual([])
    await undoAction()
    expect(open(both.now()).map(({ conflictId, parts }) => [conflictId, parts.length])).toEqual([
      [action.conflictId, 2],
    ])
  })

  it('for several alike is one commit under one operation, and is taken back at once', async () => {
    const both = ['2', '3'].map(clashOver)
    const entries = open(both)
    const [entry] = entries
    if (!entry) throw new Error('expected an entry')
    const alike = decidableAlike(entry, entries, () => true)
    expect(alike.map(({ conflictId }) => conflictId)).toEqual([entries[1]?.conflictId])
    expect(outcomesOf([entry, ...alike], 'use_client', LISBON).map(({ kept, dropped }) => [kept, dropped])).toEqual([
      ['20:15', '20:40'],
      ['20:15', '20:40'],
    ])
    const { edits, now, commits } = storeOf(both)
    const undo = await edits.decide(entry, { strategy: 'use_client' }, alike)
    expect([open(now()), now().map(startOf), commits()]).toEqual([
      [],
      ['2026-06-13T19:15:00Z', '2026-06-13T19:15:00Z'],
      1,
    ])
    const operations = now().flatMap((record) => [...liveValues(record)].flatMap(({ edit }) => edit.operation ?? []))
    expect([operations.length, new Set(operations).size]).toEqual([2, 1])
    await undo()
    expect(
      open(now())
        .map(({ conflictId }) => conflictId)
        .toSorted(),
    ).toEqual(entries.map(({ conflictId }) => conflictId).toSorted())
    expect(commits()).toBe(2)
  })

  it('[CON7] is taken back as a whole where somebody has taken back a part of it', async () => {
    const both = ['1', '2'].map(clashOver)
    const entries = open(both)
    const [entry, other] = entries
    if (!entry || !other) throw new Error('expected two entries')
    const { edits, now, held } = storeOf(both)
    const undo = await edits.decide(entry, { strategy: 'use_client' }, [other])
    const [first] = now()
    const decided = now().find(({ id }) => id === other.parts[0].record.id)
    const shown = both.find(({ id }) => id === decided?.id)
    if (!first || !decided || !shown) throw new Error('expected both records')
    const part = undoDecision(decided, other.conflictId, by('rita'), supersededValues(shown, decided))
    if (!part.ok) throw new Error(part.error.kind)
    const reopened = applyEdits(decided, part.value)
    held.set(decided.id, reopened)
    await undo()
    expect(
      open(now())
        .map(({ conflictId }) => conflictId)
        .toSorted(),
    ).toEqual(entries.map(({ conflictId }) => conflictId).toSorted())
    expect(held.get(decided.id)).toBe(reopened)
    await undo()
    expect(open(now())).toHaveLength(2)
  })

  it('is one edit and can be taken back where the store asks again about what it has committed', async () => {
    const both = ['1', '2'].map(clashOver)
    const [entry, other] = open(both)
    if (!entry || !other) throw new Error('expected two entries')
    const { edits, now } = storeOf(both, 'ana', 'asks twice')
    const undo = await edits.decide(entry, { strategy: 'use_client' }, [other])
    expect(open(now())).toEqual([])
    await undo()
    expect(
      open(now())
        .map(({ conflictId }) => conflictId)
        .toSorted(),
    ).toEqual([entry.conflictId, other.conflictId].toSorted())
  })

  it('is not offered for others that this person may not decide, or that have more than two sides', () => {
    const other = createRecord(
      { id: ID.replace(/1$/, '2'), scope: SCOPE, table: 'timeline_items', data: { title: 'Cake' } },
      by('ana'),
    )
    const two = joined(
      editRecord(other, { startTime: '2026-06-13T19:15:00Z' }, by('hana')),
      editRecord(other, { startTime: '2026-06-13T19:40:00Z' }, by('piet')),
    )
    const three = joined(two, editRecord(other, { startTime: '2026-06-13T20:00:00Z' }, by('tom')))
    const entry = only(apart)
    expect(decidableAlike(entry, open([apart, two]), () => true)).toHaveLength(1)
    expect(decidableAlike(entry, open([apart, two]), () => false)).toEqual([])
    expect(decidableAlike(entry, open([apart, three]), () => true)).toEqual([])
    expect(decidableAlike(only(three), open([apart, three]), () => true)).toEqual([])
  })

  it('[CON7] of two people who decide differently at once is a conflict again, the same in both stores', async () => {
    const [mine, theirs] = [storeOf([apart]), storeOf([apart], 'rita')]
    const entry = only(apart)
    await mine.edits.decide(entry, keep(0)(entry))
    await theirs.edits.decide(entry, keep(1)(entry))
    const [[ana = apart], [rita = apart]] = [mine.now(), theirs.now()]
    expect([open([ana]), open([rita])]).toEqual([[], []])
    for (const record of [joined(ana, rita), joined(rita, ana)]) {
      expect(only(record).conflictId).toBe(entry.conflictId)
      expect(wordsOf(record).toSorted()).toEqual(['15:20', '15:30'])
      expect(only(record).sentence).toContain('decided on')
      const again = only(record)
      expect(open([await decide(keep(1), record)])).toEqual([])
      expect(again.parts[0].values.every(({ edit }) => edit.decided !== undefined)).toBe(true)
    }
  })

  it('cannot be taken back over what somebody wrote since', async () => {
    const { edits, now } = storeOf([apart])
    const entry = only(apart)
    const undo = await edits.decide(entry, keep(1)(entry))
    const [decided = apart] = now()
    await edits.edit(decided, { startTime: '2026-06-13T18:00:00Z' })
    await expect(undo()).rejects.toThrow('no-decision')
  })

  it('is not stored in silence where its record is gone', async () => {
    const { edits } = storeOf([])
    await expect(edits.decide(only(apart), { strategy: 'use_server' })).rejects.toThrow('not on this device')
    await expect(edits.decide(only(apart), { strategy: 'merge_automatic' })).rejects.toThrow('never-automatic')
  })
})
