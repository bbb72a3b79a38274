import { decodeStored } from '../merge/codec.ts'
import type { CausalRecord } from '../merge/record.ts'
import { SortedMap } from '../merge/sortedMap.ts'
import type { RecordDocument } from './recordSchema.ts'

/** A document as our own storage holds it. One that cannot be read means damage, which is not for the merge to heal. */
export function recordOf(document: RecordDocument): CausalRecord {
  const known = decodedOf.get(document)
  if (known) return known
  const record = decode(document)
  decodedOf.set(document, record)
  return record
}

/** A storage in memory hands out the same document again and again, which nobody changes. */
const decodedOf = new WeakMap<RecordDocument, CausalRecord>()

function decode(document: RecordDocument): CausalRecord {
  const { id, scope, table, base, actors, units } = document
  if (isTakenOut(document)) return { id, scope, table, base, units: SortedMap.empty() }
  const decoded = decodeStored({ id, scope, table, base, actors, units })
  if (!decoded.ok) throw new Error(`record ${id} in the database is damaged: ${decoded.error.reason}`)
  return decoded.value
}

/** The place in the log of a record that this replica has taken out (`emptied`); for RxDB, and all that asks it, it is deleted. */
export function isTakenOut({ units }: Pick<RecordDocument, 'units'>): boolean {
  return Object.keys(units).length === 0
}
