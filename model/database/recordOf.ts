import { decodeStored, type StoredRecord } from '../merge/codec.ts'
import type { CausalRecord } from '../merge/record.ts'
import { SortedMap } from '../merge/sortedMap.ts'
import type { RecordDocument } from './recordSchema.ts'

/** The record in a document of our own storage. */
export function recordOf(document: RecordDocument): CausalRecord {
  const known = decodedOf.get(document)
  if (known) return known
  const record = recordFrom(storedOf(document))
  decodedOf.set(document, record)
  return record
}

/** A storage in memory hands out the same document again and again, which nobody changes. */
const decodedOf = new WeakMap<RecordDocument, CausalRecord>()

/** A record as our own storage holds it. One that cannot be read means damage, which is not for the merge to heal. */
export function recordFrom(stored: StoredRecord): CausalRecord {
  const { id, scope, table, base } = stored
  if (isTakenOut(stored)) return { id, scope, table, base, units: SortedMap.empty() }
  const decoded = decodeStored(stored)
  if (!decoded.ok) throw new Error(`record ${id} in the database is damaged: ${decoded.error.reason}`)
  return decoded.value
}

/** The record in a document, without what RxDB and this replica add to it. */
export function storedOf({ id, scope, table, base, actors, units }: RecordDocument): StoredRecord {
  return { id, scope, table, base, actors, units }
}

/** The place in the log of a record that this replica has taken out (`emptied`); for RxDB, and all that asks it, it is deleted. */
export function isTakenOut({ units }: Pick<StoredRecord, 'units'>): boolean {
  return Object.keys(units).length === 0
}
