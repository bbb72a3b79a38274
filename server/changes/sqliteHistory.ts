/**
 * What records were before, beside them in the same SQLite file and written in the same transaction: values that were
 * replaced, and the vectors of every version. A late REST edit finds in it what its author had seen.
 */
import { z } from 'zod'
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import type { History, Superseded } from '../../model/sync/changeStore.ts'
import { supersededValues } from '../../model/sync/superseded.ts'
import type { Database } from '../storage/open.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY, record_id TEXT NOT NULL, entry TEXT NOT NULL, at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS history_by_record ON history (record_id, id);
  CREATE TABLE IF NOT EXISTS versions (
    record_id TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, vectors TEXT NOT NULL,
    PRIMARY KEY (record_id, version)
  ) WITHOUT ROWID;
`

const dot = { actor: z.string(), counter: z.number(), stamp: z.string() }
const supersededEntry = z.object({
  readClass: z.string(),
  register: z.string(),
  ...dot,
  value: z.unknown(),
  decided: z.object({ conflictId: z.string(), strategy: z.string() }).optional(),
  replacedBy: z.object(dot).optional(),
})
const storedVectors = z.record(z.string(), z.record(z.string(), z.number()))
const entryRow = z.object({ entry: z.string() })
const vectorsRow = z.object({ vectors: z.string() })

export interface SqliteHistory extends History {
  /** To be called inside the transaction that writes `after`. */
  note(before: CausalRecord | undefined, after: CausalRecord, atMs: number): void
}

export function openSqliteHistory(database: Database): SqliteHistory {
  database.exec(SCHEMA)
  const addEntry = database.prepare('INSERT INTO history (record_id, entry, at) VALUES (?, ?, ?)')
  const addVersion = database.prepare(
    `INSERT INTO versions (record_id, version, at, vectors) VALUES (?, ?, ?, ?)
     ON CONFLICT (record_id, version) DO UPDATE SET vectors = excluded.vectors, at = excluded.at`,
  )
  const entries = database.prepare('SELECT entry FROM history WHERE record_id = ? ORDER BY id')
  const atVersion = database.prepare('SELECT vectors FROM versions WHERE record_id = ? AND version = ?')
  const atTime = database.prepare(
    'SELECT vectors FROM versions WHERE record_id = ? AND at <= ? ORDER BY at DESC, version DESC LIMIT 1',
  )

  return {
    note(before, after, atMs) {
      for (const value of supersededValues(before, after)) addEntry.run(after.id, JSON.stringify(value), atMs)
      addVersion.run(after.id, recordVersion(after), atMs, JSON.stringify(vectorsOf(after)))
    },

    async vectorsAt(recordId, moment) {
      const row = 'version' in moment ? atVersion.get(recordId, moment.version) : atTime.get(recordId, moment.ms)
      if (row === undefined) return undefined
      const vectors = storedVectors.parse(JSON.parse(vectorsRow.parse(row).vectors))
      return new Map(Object.entries(vectors).map(([readClass, vector]) => [readClass, new Map(Object.entries(vector))]))
    },

    async superseded(recordId) {
      return entries.all(recordId).map((row) => parseEntry(entryRow.parse(row).entry))
    },

    async keep(recordId, values) {
      for (const value of values) addEntry.run(recordId, JSON.stringify(value), Date.now())
    },
  }
}

function vectorsOf(record: CausalRecord): Record<string, Record<string, number>> {
  return Object.fromEntries([...record.units].map(([readClass, unit]) => [readClass, Object.fromEntries(unit.vector)]))
}

function parseEntry(text: string): Superseded {
  const { decided, replacedBy, ...entry } = supersededEntry.parse(JSON.parse(text))
  return { ...entry, ...(decided && { decided }), ...(replacedBy && { replacedBy }) }
}
