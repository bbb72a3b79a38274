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
import { encodeVectors } from './recordAt.ts'
import { recordTableOf } from './sqliteLog.ts'
import { type Version, type VersionsOf, vectorsOf, versionReader, versionWriter } from './sqliteVersions.ts'

/** Where versions of a record stand in the change log. */
export interface Places {
  readonly seq: number
  /** Of the version that it replaces, if it replaces one. */
  readonly before: number | undefined
}

export interface SqliteHistory extends Pick<History, 'vectorsAt' | 'superseded' | 'keep'> {
  /** To be called inside the transaction that writes `after`. */
  note(before: CausalRecord | undefined, after: CausalRecord, places: Places, atMs: number): void
}

/** @param now wall clock, ms since 1970 UTC */
export function openSqliteHistory(database: Database, now: () => number): SqliteHistory {
  const queue = commitQueueOf(database)
  const addEntry = database.prepare<[string, string, number, number | null]>(
    'INSERT INTO history (record_id, entry, at, commit_id) VALUES (?, ?, ?, ?)',
  )
  const addVersion = versionWriter(database)
  const entries = database
    .prepare<[string], string>('SELECT entry FROM history WHERE record_id = ? ORDER BY id')
    .pluck()
  // The table of the records is made later than this history.
  let reader: VersionsOf | undefined
  function versionsOf(recordId: string) {
    const table = reader ? undefined : recordTableOf(database)
    if (table !== undefined) reader = versionReader(database, table)
    return reader?.(recordId) ?? []
  }

  return {
    note(before, after, places, atMs) {
      const { seq } = places
      const [version, vectors] = [recordVersion(after), encodeVectors(after)]
      addVersion(after.id, { seq, before: places.before ?? null, version, at: atMs, vectors })
      for (const value of supersededValues(before, after)) addEntry.run(after.id, encodeSuperseded(value), atMs, seq)
    },

    async vectorsAt(recordId, moment) {
      const isIt =
        'version' in moment
          ? ({ version }: Version) => version === moment.version
          : ({ at }: Version) => at <= moment.ms
      return vectorsOf(versionsOf(recordId), isIt)
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
