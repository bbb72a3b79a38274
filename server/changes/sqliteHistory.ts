/**
 * What records were before, beside them in the same SQLite file and written in the same transaction: values that were
 * replaced, and the vectors of every version. A late REST edit finds in it what its author had seen, and a wedding can be
 * seen as it was.
 */
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import type { History } from '../../model/sync/changeStore.ts'
import { decodeSuperseded, encodeSuperseded, supersededValues } from '../../model/sync/superseded.ts'
import { commitQueueOf } from '../storage/commitQueue.ts'
import type { Database } from '../storage/open.ts'
import { decodeVectors, encodeVectors } from './recordAt.ts'

export interface SqliteHistory extends Pick<History, 'vectorsAt' | 'superseded' | 'keep'> {
  /** To be called inside the transaction that writes `after`, with its place in the change log. */
  note(before: CausalRecord | undefined, after: CausalRecord, seq: number, atMs: number): void
}

/** @param now wall clock, ms since 1970 UTC */
export function openSqliteHistory(database: Database, now: () => number): SqliteHistory {
  const queue = commitQueueOf(database)
  const addEntry = database.prepare<[string, string, number, number | null]>(
    'INSERT INTO history (record_id, entry, at, commit_id) VALUES (?, ?, ?, ?)',
  )
  const addVersion = database.prepare<[string, number, number, number, string]>(
    'INSERT INTO versions (record_id, seq, version, at, vectors) VALUES (?, ?, ?, ?, ?)',
  )
  const entries = database
    .prepare<[string], string>('SELECT entry FROM history WHERE record_id = ? ORDER BY id')
    .pluck()
  const atVersion = database
    .prepare<[string, number], string>(
      'SELECT vectors FROM versions WHERE record_id = ? AND version = ? ORDER BY seq DESC LIMIT 1',
    )
    .pluck()
  const atTime = database
    .prepare<[string, number], string>(
      'SELECT vectors FROM versions WHERE record_id = ? AND at <= ? ORDER BY seq DESC LIMIT 1',
    )
    .pluck()

  return {
    note(before, after, seq, atMs) {
      addVersion.run(after.id, seq, recordVersion(after), atMs, encodeVectors(after))
      for (const value of supersededValues(before, after)) addEntry.run(after.id, encodeSuperseded(value), atMs, seq)
    },

    async vectorsAt(recordId, moment) {
      const text = 'version' in moment ? atVersion.get(recordId, moment.version) : atTime.get(recordId, moment.ms)
      return text === undefined ? undefined : decodeVectors(text)
    },

    async superseded(recordId) {
      return entries.all(recordId).map(decodeSuperseded)
    },

    async keep(recordId, values) {
      await queue.write({
        run() {
          for (const value of values) addEntry.run(recordId, encodeSuperseded(value), now(), null)
        },
      })
    },
  }
}
