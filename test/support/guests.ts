/** Guests of two weddings, for replicas to have something to sync. */
import { createRecord } from '../../model/merge/edit.ts'
import { uuidOf } from './ids.ts'
import type { MemoryReplica } from './memoryReplica.ts'

/** Scopes of two weddings. */
export const LAKE = uuidOf(100)
export const BARN = uuidOf(101)
/** The guest that is added by default. */
export const ADA = uuidOf(200)

export async function addGuest(replica: MemoryReplica, id = ADA, scope = LAKE, data: object = {}): Promise<void> {
  await replica.create({ id, scope, table: 'guests', data: { name: 'Ada', dietary: 'vegan', phone: '1', ...data } })
}

/** Many guests in one commit, as an import makes them. */
export async function addGuests(replica: MemoryReplica, count: number, scope = LAKE, from = 1_000): Promise<void> {
  const guests = Array.from({ length: count }, (_, i) =>
    createRecord({ id: uuidOf(from + i), scope, table: 'guests', data: { name: `Guest ${i}` } }, replica.author()),
  )
  await replica.changes.update([], () => guests.map((record) => ({ record })))
}
