/** Hana, Piet and Rita, a run sheet, and a replica with a memory, for the tests of the conflict queue. */
import { applyEdits, type DecisionEdit } from '../../../model/conflicts/apply.ts'
import { type Decision, decide } from '../../../model/conflicts/decide.ts'
import type { People, QueueEntry } from '../../../model/conflicts/entry.ts'
import { conflictQueue } from '../../../model/conflicts/queue.ts'
import { type Author, createRecord, type Data, editRecord } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Superseded } from '../../../model/sync/changeStore.ts'
import { supersededValues } from '../../../model/sync/superseded.ts'
import { uuidOf } from '../../support/ids.ts'
import { join } from '../../support/mergeFuzz.ts'
import { at, WEDDING_ID } from '../../support/mergeHelpers.ts'

export const LISBON = 'Europe/Lisbon'

export const PEOPLE: People = new Map(
  [
    { name: 'Hana', deviceName: 'laptop' },
    { name: 'Piet', deviceName: 'tablet' },
    { name: 'Rita', deviceName: 'phone' },
  ].map((person) => [at(0, person.name.toLowerCase()).actor, { ...person, deviceId: `${person.name}-1` }]),
)

/** An instant on the day, from the clock at the wedding. */
export function clock(time: string): string {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return `2026-06-13T${String(hours - 1).padStart(2, '0')}:${String(minutes).padStart(2, '0')}:00Z`
}

export function record(n: number, table: string, data: Data, by: Author = at(0, 'hana')): CausalRecord {
  return createRecord({ id: uuidOf(n), scope: WEDDING_ID, table, data }, by)
}

export function item(n: number, title: string, start: string): CausalRecord {
  return record(n, 'timeline_items', { title, startTime: clock(start) })
}

/** One replica: what it holds, and what was replaced in it. */
export class Replica {
  readonly records = new Map<string, CausalRecord>()
  readonly history = new Map<string, readonly Superseded[]>()

  constructor(records: readonly CausalRecord[] = []) {
    for (const each of records) this.receive(each)
  }

  receive(incoming: CausalRecord): this {
    const before = this.records.get(incoming.id)
    return this.#store(before ? join(before, incoming) : incoming)
  }

  apply(edits: readonly DecisionEdit[]): this {
    for (const id of new Set(edits.map(({ recordId }) => recordId))) this.#store(applyEdits(this.get(id), edits))
    return this
  }

  /** One person's change of one record, seen by nobody else yet. */
  edit(id: string, data: Data, by: Author): this {
    return this.#store(editRecord(this.get(id), data, by))
  }

  get(id: string): CausalRecord {
    const found = this.records.get(id)
    if (!found) throw new Error(`no record ${id}`)
    return found
  }

  copy(): Replica {
    const copy = new Replica()
    for (const [id, each] of this.records) copy.records.set(id, each)
    for (const [id, each] of this.history) copy.history.set(id, each)
    return copy
  }

  /** Hears everything that the other has. */
  hear(other: Replica): this {
    for (const each of other.records.values()) this.receive(each)
    return this
  }

  queue(): readonly QueueEntry[] {
    return conflictQueue(this.records.values(), { people: PEOPLE, history: this.history, timeZone: LISBON })
  }

  only(): QueueEntry {
    const [first, ...others] = this.queue()
    if (!first || others.length > 0) throw new Error(`${others.length + (first ? 1 : 0)} entries instead of one`)
    return first
  }

  decide(decision: Decision, by: Author, entry = this.only()): this {
    const edits = decide(entry, decision, by)
    if (!edits.ok) throw new Error(edits.error.kind)
    return this.apply(edits.value)
  }

  #store(next: CausalRecord): this {
    const lost = supersededValues(this.records.get(next.id), next)
    this.history.set(next.id, [...(this.history.get(next.id) ?? []), ...lost])
    this.records.set(next.id, next)
    return this
  }
}

/** What two replicas hold that started equal, were changed apart, and then heard of each other. */
export function meeting(start: Replica, one: (replica: Replica) => void, other: (replica: Replica) => void): Replica {
  const [a, b] = [start.copy(), start.copy()]
  one(a)
  other(b)
  return a.hear(b)
}

export const ID = uuidOf(1)
export const start = (time: string) => ({ startTime: clock(time) })
export const torn = () =>
  meeting(
    new Replica([item(1, 'Ceremony', '15:00')]),
    (hana) => hana.edit(ID, start('15:20'), at(60, 'hana')),
    (piet) => piet.edit(ID, start('15:30'), at(70, 'piet')),
  )
export const startIn = (replica: Replica, id = ID) => viewRecord(replica.get(id)).data.startTime

export const asked = (table: string, field: string, base: unknown, hanas: unknown, piets: unknown) =>
  meeting(
    new Replica([record(1, table, { name: 'N', title: 'T', [field]: base })]),
    (hana) => hana.edit(ID, { [field]: hanas }, at(60, 'hana')),
    (piet) => piet.edit(ID, { [field]: piets }, at(50, 'piet', { ask: true })),
  )

/** Hana pushed three items, Piet moved two of them: one shows Hana's time, the other Piet's. */
export const evening = () =>
  meeting(
    new Replica([item(1, 'Dinner', '19:00'), item(2, 'Speeches', '20:00'), item(3, 'Cake', '21:00')]),
    (hana) => {
      const by = at(100, 'hana', { operation: 'push' })
      hana.edit(uuidOf(1), start('19:15'), by).edit(uuidOf(2), start('20:15'), by).edit(uuidOf(3), start('21:15'), by)
    },
    (piet) => piet.edit(uuidOf(1), start('19:30'), at(90, 'piet')).edit(uuidOf(2), start('20:30'), at(200, 'piet')),
  )
export const starts = (replica: Replica) => [1, 2, 3].map((n) => startIn(replica, uuidOf(n)))
