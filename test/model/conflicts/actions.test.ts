import { describe, expect, it } from 'vitest'
import { decide } from '../../../model/conflicts/decide.ts'
import { standingDecisions } from '../../../model/conflicts/decisions.ts'
import { undoDecision } from '../../../model/conflicts/undo.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { uuidOf } from '../../support/ids.ts'
import { at } from '../../support/mergeHelpers.ts'
import { clock, evening, ID, item, meeting, PEOPLE, Replica, start, starts } from './day.ts'

describe('a decision on an action', () => {
  it.each([
    ['use_server', ['19:15', '20:15', '21:15']],
    ['use_client', ['19:30', '20:30', '21:15']],
    ['skip', ['19:15', '20:30', '21:15']],
  ] as const)('%s is one for all of it', (strategy, times) => {
    const decided = evening().decide({ strategy }, at(300, 'rita'))
    expect(starts(decided)).toEqual(times.map(clock))
    expect(evening().hear(decided).queue()).toEqual([])
  })

  it('is refused where it would tear the action apart', () => {
    const errors = (['merge_automatic', 'merge_manual'] as const).map((strategy) =>
      decide(evening().only(), { strategy, mergedData: start('19:20') }, at(300, 'rita')),
    )
    expect(errors).toMatchObject([{ error: { kind: 'never-automatic' } }, { error: { kind: 'several-records' } }])
  })

  it('may set start and end by hand if it is about one item', () => {
    const operation = 'x'
    const replica = meeting(
      new Replica([item(1, 'Ceremony', '15:00')]),
      (hana) => hana.edit(ID, { ...start('15:15'), endTime: clock('16:00') }, at(9, 'hana', { operation })),
      (piet) => piet.edit(ID, { ...start('15:30'), endTime: clock('16:30') }, at(8, 'piet')),
    )
    const mergedData = { ...start('15:20'), endTime: clock('16:10') }
    expect(replica.decide({ strategy: 'merge_manual', mergedData }, at(90, 'rita')).queue()).toEqual([])
    expect(viewRecord(replica.get(ID)).data).toMatchObject(mergedData)
  })

  it('of two people at once is that action’s entry again', () => {
    const both = meeting(
      evening(),
      (rita) => rita.decide({ strategy: 'use_server' }, at(300, 'rita')),
      (piet) => piet.decide({ strategy: 'use_client' }, at(301, 'piet')),
    )
    expect(both.only()).toMatchObject({ conflictId: evening().only().conflictId, operation: { id: 'push' } })
    expect(both.only().sentence).toBe(
      'Hana pushed 3 items by 15 minutes. Rita and Piet decided differently about 2 of them: “Dinner” and “Speeches”.',
    )
    expect(both.decide({ strategy: 'use_client' }, at(400, 'hana')).queue()).toEqual([])
  })

  it.each(['use_server', 'use_client'] as const)('can be undone after %s, and is one entry again', (strategy) => {
    const decided = evening().decide({ strategy }, at(300, 'rita'))
    const { conflictId } = evening().only()
    expect(standingDecisions(decided.records.values(), { people: PEOPLE }).map(({ sentence }) => sentence)).toEqual([
      'Rita decided about “Dinner” and “Speeches” at once.',
    ])
    for (const id of [uuidOf(1), uuidOf(2)]) {
      const undone = undoDecision(decided.get(id), conflictId, at(400, 'piet'), decided.history.get(id) ?? [])
      if (!undone.ok) throw new Error(undone.error.kind)
      decided.apply(undone.value)
    }
    const entry = decided.only()
    expect(entry.conflictId).toBe(conflictId)
    expect(entry.sentence).toContain('is open again')
    expect(standingDecisions(decided.records.values())).toEqual([])
    const side = entry.operation?.side === 'server' ? 'use_server' : 'use_client'
    expect(starts(decided.copy().decide({ strategy: side }, at(500, 'hana')))).toEqual(
      ['19:15', '20:15', '21:15'].map(clock),
    )
  })
})
