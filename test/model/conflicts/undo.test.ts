import { describe, expect, it } from 'vitest'
import { undoDecision } from '../../../model/conflicts/undo.ts'
import { at } from '../../support/mergeHelpers.ts'
import { asked, clock, ID, meeting, type Replica, start, startIn, torn } from './day.ts'

describe('undo', () => {
  const undo = (replica: Replica, conflictId = torn().only().conflictId) =>
    undoDecision(replica.get(ID), conflictId, at(120, 'rita'), replica.history.get(ID) ?? [])

  it.each([
    ['use_client', '15:20', '15:30'],
    ['use_server', '15:30', '15:20'],
    ['skip', '15:30', '15:20'],
    ['merge_manual', '15:30', '15:20'],
  ] as const)('[CON7] brings both values back after %s, showing what was decided for', (strategy, shown, other) => {
    const decided = torn().decide({ strategy, mergedData: start('15:25') }, at(90, 'rita'))
    const edits = undo(decided)
    if (!edits.ok) throw new Error(edits.error.kind)
    const reopened = decided.copy().apply(edits.value)
    for (const replica of [reopened, torn().hear(reopened), decided.copy().hear(reopened)]) {
      expect(replica.only().conflictId).toBe(torn().only().conflictId)
      expect(replica.only().parts[0].values.map(({ value }) => value)).toEqual([shown, other].map(clock))
    }
    const [first, second] = shown === '15:30' ? ['Piet', 'Hana'] : ['Hana', 'Piet']
    expect(reopened.only().sentence).toBe(
      `“Ceremony” is open again: ${first} had set the start to ${shown}, ${second} to ${other}. It was 15:00.`,
    )
    expect(reopened.decide({ strategy: 'use_client' }, at(150, 'hana')).queue()).toEqual([])
    expect(startIn(reopened)).toBe(clock(other))
  })

  it('shows a field that otherwise settles by itself', () => {
    const replica = asked('guests', 'tableNumber', 1, 4, 7)
    const { conflictId } = replica.only()
    replica.decide({ strategy: 'merge_automatic' }, at(90, 'rita'))
    const edits = undo(replica, conflictId)
    if (!edits.ok) throw new Error(edits.error.kind)
    expect(replica.apply(edits.value).only().conflictId).toBe(conflictId)
  })

  it('is refused without a decision, after a later change, between two decisions, and without the values', () => {
    const { conflictId } = torn().only()
    const decided = () => torn().decide({ strategy: 'use_client' }, at(90, 'rita'))
    const contested = meeting(
      torn(),
      (a) => a.hear(decided()),
      (b) => b.decide({ strategy: 'use_server' }, at(91, 'piet')),
    )
    expect([
      undo(torn()),
      undo(decided().edit(ID, start('16:00'), at(95, 'hana'))),
      undo(contested),
      undoDecision(decided().get(ID), conflictId, at(120, 'rita'), []),
    ]).toMatchObject([
      { error: { kind: 'no-decision' } },
      { error: { kind: 'no-decision' } },
      { error: { kind: 'contested' } },
      { error: { kind: 'values-unknown' } },
    ])
  })
})
