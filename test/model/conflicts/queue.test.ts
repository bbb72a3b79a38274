import { describe, expect, it } from 'vitest'
import { operationConflictId } from '../../../model/conflicts/operations.ts'
import { conflictQueue, currentEntry, partAsEntry } from '../../../model/conflicts/queue.ts'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { deleteRecord } from '../../../model/merge/edit.ts'
import { uuidOf } from '../../support/ids.ts'
import { joinAll } from '../../support/mergeFuzz.ts'
import { at, WEDDING_ID } from '../../support/mergeHelpers.ts'
import { clock, item, LISBON, meeting, PEOPLE, Replica, record } from './day.ts'

const ceremony = new Replica([item(1, 'Ceremony', '15:00')])
const start = (time: string) => ({ startTime: clock(time) })
const torn = meeting(
  ceremony,
  (hana) => hana.edit(uuidOf(1), start('15:20'), at(60, 'hana')),
  (piet) => piet.edit(uuidOf(1), start('15:30'), at(70, 'piet')),
)

const evening = new Replica([
  item(1, 'Dinner', '19:00'),
  item(2, 'Speeches', '20:00'),
  item(3, 'Cake', '21:00'),
  item(4, 'First dance', '21:30'),
])
const push = (replica: Replica, minutes: number, by: string, ids = [1, 2, 3, 4], operation = `push of ${by}`) => {
  for (const n of ids) {
    const before = String(replica.get(uuidOf(n)).units.get('open')?.registers.get('startTime')?.[0]?.value)
    const startTime = new Date(Date.parse(before) + minutes * 60_000).toISOString().replace('.000', '')
    replica.edit(uuidOf(n), { startTime }, at(100 + n, by, { operation }))
  }
}
const pushed = meeting(
  evening,
  (hana) => push(hana, 15, 'hana'),
  (piet) => piet.edit(uuidOf(1), start('19:30'), at(90, 'piet')).edit(uuidOf(2), start('20:30'), at(200, 'piet')),
)

describe('a field in the queue', () => {
  it('tells both values, who wrote them where and when, and what was there before', () => {
    const { parts, ...entry } = torn.only()
    expect(entry).toMatchObject({
      conflictId: conflictsOf(torn.get(uuidOf(1)))[0]?.conflictId,
      type: 'concurrent_edit',
      scope: WEDDING_ID,
      table: 'timeline_items',
      severity: 'critical',
      automatic: { possible: false, reason: 'ask' },
      sentence: '“Ceremony”: Piet set the start to 15:30, Hana to 15:20. It was 15:00.',
    })
    expect(entry).not.toHaveProperty('operation')
    const [visible, other] = parts[0].values
    expect(visible).toMatchObject({ value: clock('15:30'), writer: { name: 'Piet', deviceName: 'tablet' } })
    expect(other?.writer.at).toBe(new Date(Date.parse(visible?.writer.at ?? '') - 10_000).toISOString())
    expect(parts[0]).toMatchObject({ title: 'Ceremony', field: 'startTime', base: { value: clock('15:00') } })
    expect([parts[0].server, parts[0].client]).toEqual([visible, other])
  })

  it('says what it can where nothing else is known', () => {
    const [entry] = conflictQueue(torn.records.values())
    expect(entry?.sentence).toBe('“Ceremony”: Somebody set the start to 14:30, somebody else to 14:20.')
    expect(entry?.parts[0]).not.toHaveProperty('base')
  })

  it('takes the clock of the wedding from its record', () => {
    const wedding = record(8, 'weddings', { name: 'A & L', date: '2026-06-13', timezone: LISBON })
    const [entry] = conflictQueue([wedding, ...torn.records.values()], { people: PEOPLE })
    expect(entry?.sentence).toContain('15:30')
  })

  it('gives no earlier value that one of the writers had not seen', () => {
    const hanaTwice = meeting(
      ceremony,
      (hana) => hana.edit(uuidOf(1), start('15:10'), at(80, 'hana')).edit(uuidOf(1), start('15:20'), at(90, 'hana')),
      (piet) => piet.edit(uuidOf(1), start('15:30'), at(70, 'piet')),
    )
    expect(hanaTwice.only().parts[0].base).toEqual({ value: clock('15:00') })
    const fromNothing = meeting(
      new Replica([record(1, 'timeline_items', { title: 'Cake' })]),
      (hana) => hana.edit(uuidOf(1), start('15:10'), at(80, 'hana')),
      (piet) => piet.edit(uuidOf(1), start('15:30'), at(70, 'piet')),
    )
    expect(fromNothing.only().parts[0]).not.toHaveProperty('base')
  })

  it('calls the value that was sent in for a person the client, even where it shows', () => {
    const guests = new Replica([record(1, 'photo_groups', { name: 'Family', priority: 5 })])
    const asked = meeting(
      guests,
      (hana) => hana.edit(uuidOf(1), { priority: 9 }, at(10, 'hana', { ask: true })),
      (piet) => piet.edit(uuidOf(1), { priority: 7 }, at(20, 'piet')),
    ).only()
    expect(asked.parts[0].values.map(({ value }) => value)).toEqual([9, 7])
    expect([asked.parts[0].server.value, asked.parts[0].client?.value]).toEqual([7, 9])
    expect(asked.automatic).toEqual({ possible: true, rule: 'policy', value: 9 })
  })

  it('[3] is the same on every replica, in any order of records', () => {
    const forwards = conflictQueue(pushed.records.values(), { people: PEOPLE })
    const backwards = conflictQueue([...pushed.records.values()].reverse(), { people: PEOPLE })
    expect(backwards).toEqual(forwards)
  })

  it('comes after what is more urgent', () => {
    const mixed = meeting(
      new Replica([
        item(1, 'Ceremony', '15:00'),
        record(2, 'guests', { name: 'Ada' }),
        record(3, 'tasks', { title: 'x' }),
      ]),
      (hana) => {
        hana.edit(uuidOf(1), start('15:20'), at(60, 'hana')).edit(uuidOf(2), { rsvpStatus: 'maybe' }, at(20, 'hana'))
        hana.receive(deleteRecord(hana.get(uuidOf(3)), at(5, 'hana')))
      },
      (piet) => {
        piet.edit(uuidOf(1), start('15:30'), at(61, 'piet')).edit(uuidOf(2), { rsvpStatus: 'declined' }, at(21, 'piet'))
        piet.edit(uuidOf(3), { title: 'y' }, at(6, 'piet'))
      },
    )
    expect(mixed.queue().map(({ table }) => table)).toEqual(['guests', 'timeline_items', 'tasks'])
  })
})

describe('an action in the queue', () => {
  it('is one entry, and told with all that it changed', () => {
    const entry = pushed.only()
    expect(entry).toMatchObject({
      conflictId: operationConflictId(WEDDING_ID, 'push of hana'),
      severity: 'critical',
      automatic: { possible: false, reason: 'operation' },
      operation: { id: 'push of hana', records: 4, shift: { minutes: 15, isSame: true }, writer: { name: 'Hana' } },
      sentence: 'Hana pushed 4 items by 15 minutes, Piet moved 2 of them: “Dinner” and “Speeches”.',
    })
    expect(entry.conflictId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/)
    expect(entry.parts.map(({ title }) => title)).toEqual(['Dinner', 'Speeches'])
  })

  it('has its own values on one side in every part, whichever shows', () => {
    const { parts, operation } = pushed.only()
    const side = operation?.side ?? 'server'
    expect(parts.map((part) => part[side]?.writer.name)).toEqual(['Hana', 'Hana'])
    expect(parts.map((part) => part[side === 'server' ? 'client' : 'server']?.writer.name)).toEqual(['Piet', 'Piet'])
    expect(parts.map(({ values }) => values[0]?.writer.name)).toEqual(['Hana', 'Piet'])
  })

  it('counts what it knows of where only the contested records are at hand, and moves without history', () => {
    const [entry] = conflictQueue(
      [uuidOf(1), uuidOf(2)].map((id) => pushed.get(id)),
      { people: PEOPLE },
    )
    expect(entry?.sentence).toBe('Hana moved 2 items, Piet moved them: “Dinner” and “Speeches”.')
    expect(entry?.conflictId).toBe(pushed.only().conflictId)
  })

  it('with a single field in conflict is a field like any other', () => {
    const once = meeting(
      evening,
      (hana) => push(hana, 15, 'hana'),
      (piet) => piet.edit(uuidOf(1), start('19:30'), at(90, 'piet')),
    )
    expect(once.only()).not.toHaveProperty('operation')
  })

  it('takes start and end of one item together', () => {
    const both = meeting(
      ceremony,
      (hana) => hana.edit(uuidOf(1), { ...start('15:15'), endTime: clock('16:00') }, at(9, 'hana', { operation: 'x' })),
      (piet) => piet.edit(uuidOf(1), { ...start('15:30'), endTime: clock('16:30') }, at(8, 'piet')),
    )
    expect(both.only().parts.map(({ field }) => field)).toEqual(['startTime', 'endTime'])
  })

  it('meets another action: the one with more at stake takes its conflicts, and each has one entry', () => {
    const two = meeting(
      evening,
      (hana) => push(hana, 15, 'hana'),
      (piet) => {
        push(piet, 10, 'piet', [1, 2], 'push of piet')
        piet.edit(uuidOf(3), start('21:40'), at(300, 'piet'))
      },
    )
    expect(two.only().parts).toHaveLength(3)
    expect(two.only().sentence).toBe(
      'Hana pushed 4 items by 15 minutes, Piet moved 3 of them: “Dinner”, “Speeches” and “Cake”.',
    )
  })

  it('stands against what several others wrote, and between three', () => {
    const three = joinedThree()
    expect(three.only().sentence).toBe(
      'Hana pushed 4 items by 15 minutes, Piet and Rita moved 2 of them: “Dinner” and “Speeches”.',
    )
  })

  it('may be a deletion', () => {
    const tasks = new Replica([record(1, 'tasks', { title: 'Chairs' }), record(2, 'tasks', { title: 'Ice' })])
    const gone = meeting(
      tasks,
      (hana) => {
        for (const n of [1, 2]) hana.receive(deleteRecord(hana.get(uuidOf(n)), at(n, 'hana', { operation: 'clear' })))
      },
      (piet) => piet.edit(uuidOf(1), { status: 'open' }, at(4, 'piet')).edit(uuidOf(2), { done: true }, at(5, 'piet')),
    )
    expect(gone.only()).toMatchObject({
      type: 'delete_conflict',
      sentence: 'Hana deleted 2 tasks, Piet kept them: “Chairs” and “Ice”.',
    })
  })

  it('can be looked at part by part, and is found again as far as it still waits', () => {
    const entry = pushed.only()
    const [dinner, speeches] = entry.parts
    expect(speeches && partAsEntry(speeches)?.conflictId).toBe(speeches?.conflict.conflictId)
    const decided = pushed.copy().edit(uuidOf(1), start('19:15'), at(400, 'rita'))
    expect(currentEntry(entry, decided.records.values())?.parts.map(({ title }) => title)).toEqual(['Speeches'])
    expect(currentEntry(entry, [decided.get(uuidOf(1))])).toBeUndefined()
    expect(dinner.title).toBe('Dinner')
  })
})

function joinedThree(): Replica {
  const [hana, piet, rita] = [evening.copy(), evening.copy(), evening.copy()]
  push(hana, 15, 'hana')
  piet.edit(uuidOf(1), start('19:30'), at(90, 'piet'))
  rita.edit(uuidOf(2), start('20:30'), at(91, 'rita'))
  const meet = hana.copy().hear(piet).hear(rita)
  for (const id of meet.records.keys()) {
    expect(joinAll([rita.get(id), piet.get(id), hana.get(id)])).toEqual(meet.get(id))
  }
  return meet
}
