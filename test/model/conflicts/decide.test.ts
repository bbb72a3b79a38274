import { describe, expect, it } from 'vitest'
import { decide, keeping, similar } from '../../../model/conflicts/decide.ts'
import { standingDecisions } from '../../../model/conflicts/decisions.ts'
import { undoDecision } from '../../../model/conflicts/undo.ts'
import { deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { isDeleted, viewRecord } from '../../../model/merge/view.ts'
import { uuidOf } from '../../support/ids.ts'
import { at } from '../../support/mergeHelpers.ts'
import {
  asked,
  clock,
  evening,
  ID,
  item,
  LISBON,
  meeting,
  PEOPLE,
  Replica,
  record,
  start,
  startIn,
  torn,
} from './day.ts'

describe('a decision on a field', () => {
  it.each([
    ['use_server', '15:30'],
    ['use_client', '15:20'],
    ['skip', '15:30'],
  ] as const)('%s leaves %s, for everybody', (strategy, time) => {
    const decided = torn().decide({ strategy }, at(90, 'rita'))
    expect(startIn(decided)).toBe(clock(time))
    expect(torn().hear(decided).queue()).toEqual([])
  })

  it('may be a value of its own, with others by the way that settle nothing else', () => {
    const two = torn()
    two.hear(
      meeting(
        torn(),
        (a) => a.edit(ID, { location: 'Hall' }, at(80, 'hana')),
        (b) => b.edit(ID, { location: 'Garden' }, at(81, 'piet')),
      ),
    )
    const entry = two.queue().find(({ parts }) => parts[0].field === 'startTime')
    const mergedData = { ...viewRecord(two.get(ID)).data, ...start('15:25'), title: 'Vows' }
    two.decide({ strategy: 'merge_manual', mergedData }, at(90, 'rita'), entry)
    expect(viewRecord(two.get(ID)).data).toMatchObject({ ...start('15:25'), title: 'Vows' })
    expect(two.only().parts[0].field).toBe('location')
  })

  it('carries what it decided', () => {
    const entry = torn().only()
    const decided = decide(entry, { strategy: 'use_client' }, at(90, 'rita'))
    expect(decided).toMatchObject({
      ok: true,
      value: [{ recordId: ID, author: { decided: { conflictId: entry.conflictId, strategy: 'use_client' } } }],
    })
  })

  it('is refused where a machine may not decide, where sides are not clear, and where a value is missing', () => {
    const three = torn().receive(editRecord(item(1, 'Ceremony', '15:00'), start('16:00'), at(80, 'rita')))
    const by = at(90, 'rita')
    const errors = [
      decide(torn().only(), { strategy: 'merge_automatic' }, by),
      decide(three.only(), { strategy: 'use_client' }, by),
      decide(torn().only(), { strategy: 'merge_manual', mergedData: { title: 'x' } }, by),
    ]
    expect(errors).toEqual([
      { ok: false, error: { kind: 'never-automatic', field: 'startTime', reason: 'ask' } },
      { ok: false, error: { kind: 'too-many-sides' } },
      { ok: false, error: { kind: 'field-missing', field: 'startTime' } },
    ])
    expect(decide(three.only(), { strategy: 'skip' }, by).ok).toBe(true)
  })

  it.each([
    ['guests', 'tableNumber', 1, 4, 7, 7, 'larger'],
    ['guests', 'tableNumber', 'a', 'x', '', 'x', 'not-empty'],
    ['guests', 'seat', 'a', 'x', null, 'x', 'not-empty'],
    ['guests', 'tableNumber', 'a', 'x', 'y', 'y', 'client'],
    ['timeline_items', 'title', 'C', 'Cake and coffee', 'The cake', 'Cake and coffee', 'longer'],
    ['tasks', 'priority', 5, 2, 4, 2, 'smaller'],
    ['vendors', 'eta', null, '2026-06-13T10:00:00Z', '2026-06-13T09:00:00Z', '2026-06-13T10:00:00Z', 'later'],
    ['timeline_items', 'done', false, true, null, true, 'policy'],
    ['issues', 'depositPaid', null, true, false, true, 'true-wins'],
    [
      'issues',
      'teamNotes',
      [],
      [{ id: 'b', n: 1 }],
      [{ id: 'a' }, { id: 'b', n: 2 }],
      [{ id: 'a' }, { id: 'b', n: 2 }],
      'union',
    ],
  ])('merge_automatic in %s.%s: from %j, %j and %j make %j', (table, field, base, hanas, piets, expected, rule) => {
    const replica = asked(table, field, base, hanas, piets)
    expect(replica.only().automatic).toEqual({ possible: true, rule, value: expected })
    replica.decide({ strategy: 'merge_automatic' }, at(90, 'rita'))
    expect(viewRecord(replica.get(ID)).data[field]).toEqual(expected)
  })

  it('leaves money to people, and sealed values to people who have the key', () => {
    const sealed = (data: string) => ({ $sealed: { keyId: 'k', data } })
    const reasons = [
      asked('vendors', 'actual', 1, 2, 3),
      asked('budget_items', 'category', 'a', 'b', 'c'),
      asked('guests', 'seat', 'a', 'b', 'c'),
    ].map((replica) => replica.only().automatic)
    expect(reasons.map((automatic) => automatic.possible || automatic.reason)).toEqual(['ask', 'ask', true])
    const replica = asked('guests', 'seat', null, sealed('a'), sealed('b'))
    expect(replica.only().automatic).toEqual({ possible: false, reason: 'sealed' })
    expect(decide(replica.only(), { strategy: 'use_client' }, at(90, 'rita'))).toMatchObject({
      error: { kind: 'sealed' },
    })
  })

  it('is named after the side that a person points at', () => {
    const [part] = torn().only().parts
    const [visible, other] = part.values
    if (!visible || !other) throw new Error('expected two values')
    expect(keeping(part, visible)).toEqual({ strategy: 'use_server' })
    expect(keeping(part, other)).toEqual({ strategy: 'use_client' })
    const { client: _, ...unclear } = part
    expect(keeping(unclear, other)).toEqual({ strategy: 'merge_manual', mergedData: start('15:20') })
  })

  it('of two people at once is a visible conflict again, under the same id, and can be decided', () => {
    const both = meeting(
      torn(),
      (rita) => rita.decide({ strategy: 'use_client' }, at(90, 'rita')),
      (piet) => piet.decide({ strategy: 'use_server' }, at(91, 'piet')),
    )
    expect(both.only().conflictId).toBe(torn().only().conflictId)
    expect(both.only().sentence).toBe('The start of “Ceremony”: Piet decided on 15:30, Rita on 15:20. It was 15:30.')
    expect(both.decide({ strategy: 'use_client' }, at(99, 'hana')).queue()).toEqual([])
    const agreeing = meeting(
      torn(),
      (rita) => rita.decide({ strategy: 'skip' }, at(90, 'rita')),
      (piet) => piet.decide({ strategy: 'use_server' }, at(91, 'piet')),
    )
    expect(agreeing.queue()).toEqual([])
  })
})

describe('a decision on a deletion', () => {
  const tornTask = () =>
    meeting(
      new Replica([record(1, 'tasks', { title: 'Chairs' })]),
      (hana) => hana.receive(deleteRecord(hana.get(ID), at(60, 'hana'))),
      (piet) => piet.edit(ID, { status: 'open' }, at(50, 'piet')),
    )

  it.each([
    ['use_server', false],
    ['skip', false],
    ['use_client', true],
    ['merge_manual', false],
  ] as const)('%s: gone is %s', (strategy, gone) => {
    const decided = tornTask().decide({ strategy, mergedData: { status: 'late' } }, at(90, 'rita'))
    expect(isDeleted(decided.get(ID))).toBe(gone)
    expect(decided.queue()).toEqual([])
    if (strategy === 'merge_manual') expect(viewRecord(decided.get(ID)).data.status).toBe('late')
  })

  it('is never a machine’s', () => {
    expect(decide(tornTask().only(), { strategy: 'merge_automatic' }, at(90, 'rita'))).toMatchObject({
      error: { kind: 'never-automatic', reason: 'deletion' },
    })
  })

  it.each(['use_client', 'use_server'] as const)('can be undone after %s, without any history', (strategy) => {
    const decided = tornTask().decide({ strategy }, at(90, 'rita'))
    const id = tornTask().only().conflictId
    const undone = undoDecision(decided.get(ID), id, at(99, 'hana'), [])
    if (!undone.ok) throw new Error(undone.error.kind)
    decided.apply(undone.value)
    expect(decided.only()).toMatchObject({ conflictId: id, type: 'delete_conflict' })
    expect(decided.only().sentence).toBe('Whether “Chairs” is deleted or stays is open again.')
    expect(isDeleted(decided.decide({ strategy: 'use_client' }, at(120, 'piet')).get(ID))).toBe(true)
  })
})

describe('what is decided alike', () => {
  it('[CON8] is of the same wedding, table and kind, not itself, and no more than ten', () => {
    const many = new Replica()
    for (let n = 1; n <= 12; n++) {
      const clash = meeting(
        new Replica([item(n, `Item ${n}`, '15:00')]),
        (hana) => hana.edit(uuidOf(n), start('15:20'), at(60, 'hana')),
        (piet) => piet.edit(uuidOf(n), start('15:30'), at(70, 'piet')),
      )
      many.hear(clash)
    }
    many.hear(
      meeting(
        new Replica([record(50, 'guests', { name: 'Ada' })]),
        (hana) => hana.edit(uuidOf(50), { rsvpStatus: 'maybe' }, at(60, 'hana')),
        (piet) => piet.edit(uuidOf(50), { rsvpStatus: 'declined' }, at(70, 'piet')),
      ),
    )
    const queue = many.queue()
    const [first] = queue.filter(({ table }) => table === 'timeline_items')
    if (!first) throw new Error('expected an entry')
    const found = similar(first, queue)
    expect(found).toHaveLength(10)
    expect(found).not.toContain(first)
    expect(new Set(found.map(({ table }) => table))).toEqual(new Set(['timeline_items']))
    expect(similar(evening().only(), [...queue, evening().only()])).toEqual([])
    const elsewhere = queue.map((entry) => ({ ...entry, scope: uuidOf(98) }))
    expect(similar(first, [first, ...elsewhere])).toEqual([])
  })
})

describe('standing decisions', () => {
  it('tell who decided, for what, and against what', () => {
    const decided = torn().decide({ strategy: 'use_client' }, at(90, 'rita'))
    const context = { people: PEOPLE, history: decided.history, timeZone: LISBON }
    expect(standingDecisions(decided.records.values(), context)).toMatchObject([
      {
        conflictId: torn().only().conflictId,
        strategy: 'use_client',
        severity: 'critical',
        sentence: '“Ceremony”: Rita settled the start as 15:20 on 13 June.',
        values: [
          {
            value: clock('15:20'),
            writer: { name: 'Rita' },
            replaced: [
              { value: clock('15:30'), writer: { name: 'Piet' } },
              { value: clock('15:20'), writer: { name: 'Hana' } },
            ],
          },
        ],
      },
    ])
  })
})
