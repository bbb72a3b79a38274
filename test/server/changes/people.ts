/** Records as three people at a wedding write them. */
import { randomBytes, randomUUID } from 'node:crypto'
import { createClock } from '../../../model/merge/clock.ts'
import { type Author, createRecord, type Data, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../../model/merge/record.ts'

const clock = createClock(Date.now)

export function newActor(): string {
  return randomBytes(8).toString('base64url')
}

export function author(actor: string): Author {
  return { actor, stamp: clock.next() }
}

export const ana = newActor()
export const ben = newActor()
export const cleo = newActor()

export function timelineItem(
  scope: string,
  data: Data = { title: 'Ceremony' },
  by = ana,
  id: string = randomUUID(),
): CausalRecord {
  return createRecord({ id, scope, table: 'timeline_items', data }, author(by))
}

export function guest(scope: string, data: Data = { name: 'Dana' }, by = ana): CausalRecord {
  return createRecord({ id: randomUUID(), scope, table: 'guests', data }, author(by))
}

export function edit(record: CausalRecord, data: Data, by = ana): CausalRecord {
  return editRecord(record, data, author(by))
}

/** @throws if the two are not states of one record */
export function join(a: CausalRecord, b: CausalRecord): CausalRecord {
  const joined = joinRecords(a, b)
  if (!joined.ok) throw new Error(`cannot join: ${joined.error.kind}`)
  return joined.value
}
