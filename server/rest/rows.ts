/**
 * Records as clients are shown them. Everybody in a team polls for the same latest changes, so a row that was made for one
 * is kept for the next who sees the same.
 */
import { stampMs, stampTime } from '../../model/merge/clock.ts'
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { ServerChange } from '../../model/rest/sync.ts'
import type { View } from '../../model/sync/rules.ts'
import { readablePart, rowData } from './reading.ts'
import type { Reader } from './sight.ts'

export interface Row extends Omit<ServerChange, 'action'> {
  readonly deleted: boolean
  /** Ms since 1970 UTC. */
  readonly createdMs: number
  readonly updatedMs: number
}

function rowOf(record: CausalRecord, reader: View): Row | undefined {
  const part = readablePart(record, reader)
  if (!part) return undefined
  const view = viewRecord(part)
  return {
    table: view.table,
    table_name: view.table,
    id: view.id,
    data: rowData(view),
    timestamp: stampTime(view.updated.stamp),
    // Of the whole record, since that is what `clientVersion` is looked up by.
    version: recordVersion(record),
    deleted: view.deleted,
    createdMs: view.created.ms,
    updatedMs: stampMs(view.updated.stamp),
  }
}

/** Where a record stands in the log. One that changes gets another place, so nothing that is kept is out of date. */
export interface Place {
  readonly scope: string
  readonly seq: number
}

export interface Rows {
  get(place: Place, reader: Reader): Row | undefined
  /** @returns `undefined` if the reader sees nothing of the record */
  make(place: Place, reader: Reader, record: CausalRecord): Row | undefined
}

const MAX_CHARS = 4_000_000

/** The latest rows, as many as fit into some megabytes. */
export function createRows(maxChars = MAX_CHARS): Rows {
  const known = new Map<string, { readonly row: Row; readonly chars: number }>()
  let chars = 0
  const keyOf = ({ scope, seq }: Place, reader: Reader) => `${reader.key} ${seq} ${scope}`

  function drop(key: string): void {
    chars -= known.get(key)?.chars ?? 0
    known.delete(key)
  }

  return {
    get: (place, reader) => known.get(keyOf(place, reader))?.row,
    make(place, reader, record) {
      const row = rowOf(record, reader.view)
      if (!row) return undefined
      const key = keyOf(place, reader)
      drop(key)
      const added = { row, chars: JSON.stringify(row).length }
      known.set(key, added)
      chars += added.chars
      for (const oldest of known.keys()) {
        if (chars <= maxChars) break
        drop(oldest)
      }
      return row
    },
  }
}
