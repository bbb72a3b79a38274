import { decodeStored, encodeRecord, type StoredRecord } from '../merge/codec.ts'
import type { CausalRecord } from '../merge/record.ts'
import { SortedMap } from '../merge/sortedMap.ts'
import type { RecordDocument } from './recordSchema.ts'

/** The record in a document of our own storage. */
export function recordOf(document: RecordDocument): CausalRecord {
  const known = decodedOf.get(document.units)
  if (known) return known
  const record = recordFrom(storedOf(document))
  decodedOf.set(document.units, record)
  return record
}

/** The record as it is stored. Whoever asks for the record of its units again, as the storage does for the history, is given this one. */
export function storedForm(record: CausalRecord): StoredRecord {
  const stored = encodeRecord(record)
  decodedOf.set(stored.units, record)
  return stored
}

/**
 * By the units of a document, which nobody changes: RxDB copies documents and leaves those as they are, and a storage in memory
 * hands out the same ones again and again.
 */
const decodedOf = new WeakMap<StoredRecord['units'], CausalRecord>()

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
