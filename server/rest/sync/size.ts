import { decodeRecord, encodeRecord, MAX_RECORD_BYTES } from '../../../model/merge/codec.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'

/** What we would not accept from a peer we do not write either: no replica could take it over. */
export function sizeFault(record: CausalRecord): string | undefined {
  const stored = encodeRecord(record)
  if (JSON.stringify(stored).length > MAX_RECORD_BYTES) return 'data: The record would become too large'
  return decodeRecord(stored).ok ? undefined : 'data: The record would have too many or too long fields'
}
