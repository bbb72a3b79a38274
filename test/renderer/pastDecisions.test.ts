import { expect, it } from 'vitest'
import type { ConflictEntry } from '../../model/rest/conflicts.ts'
import { pastDecisions } from '../../renderer/src/conflicts/pastDecisions.ts'
import { uuidOf } from '../support/ids.ts'

const at = (minute: number) => `2026-06-13T12:${String(minute).padStart(2, '0')}:00.000Z`
const telling = {
  placeOf: () => ({ zone: 'Europe/Lisbon', date: '2026-06-13' }),
  devices: new Map([['d1', { personName: 'Rita', deviceName: 'her tablet', deviceId: 'd1' }]]),
  nowMs: Date.parse(at(59)),
}

function entry(n: number, more: Partial<ConflictEntry>): ConflictEntry {
  return {
    conflictId: uuidOf(n),
    table: 'timeline_items',
    recordId: uuidOf(n + 100),
    weddingId: uuidOf(900),
    fields: ['startTime'],
    values: [],
    type: 'concurrent_edit',
    severity: 'high',
    message: `Decision ${n}`,
    status: 'resolved',
    ...more,
  }
}

it('tells what was decided between, by whom, on which device and when', () => {
  const values = [
    { field: 'startTime', value: '2026-06-13T14:20:00Z', by: null, device: 'd1', at: at(30) },
    { field: 'startTime', value: '2026-06-13T14:30:00Z', by: null, device: 'd9', at: at(20) },
    { field: 'startTime', value: '2026-06-13T14:20:00Z', by: null, device: 'd1', at: at(10) },
  ]
  const [told] = pastDecisions([entry(1, { values, comment: 'As the priest asked' })], telling)
  expect(told).toMatchObject({
    sentence: 'Decision 1',
    decidedBy: 'Rita, on her tablet, today at 13:30',
    comment: 'As the priest asked',
  })
  expect(told?.choices).toMatchObject([
    {
      field: 'Start',
      decided: '15:20',
      between: [
        { value: '15:30', writer: 'Somebody, today at 13:20' },
        { value: '15:20', writer: 'Rita, on her tablet, today at 13:10' },
      ],
    },
  ])
})

it('lists the newest first, and nothing that still waits', () => {
  const decided = (n: number, minute: number) =>
    entry(n, { values: [{ field: 'title', value: 'x', by: null, device: null, at: at(minute) }] })
  const told = pastDecisions([decided(1, 5), decided(2, 50), entry(3, { status: 'pending' }), decided(4, 20)], telling)
  expect(told.map(({ sentence }) => sentence)).toEqual(['Decision 2', 'Decision 4', 'Decision 1'])
})

it('keeps the records of an action apart, and says of a deletion what became of it', () => {
  const values = [
    { field: '$deleted', value: true, by: null, device: 'd1', at: at(30), recordId: uuidOf(1) },
    { field: '$deleted', value: false, by: null, device: 'd1', at: at(10), recordId: uuidOf(1) },
    { field: '$deleted', value: true, by: null, device: 'd1', at: at(30), recordId: uuidOf(2) },
  ]
  const [told] = pastDecisions([entry(1, { values, fields: ['$deleted'] })], telling)
  const choices = told?.choices.map(({ decided, between }) => [decided, between.map(({ value }) => value)])
  expect(choices).toEqual([
    ['deleted', ['kept']],
    ['deleted', []],
  ])
})
