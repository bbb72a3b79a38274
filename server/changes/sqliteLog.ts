/**
 * Reading the file of an install: the change log of each scope, and a wedding as it was. Needs no more than a connection
 * that may read, so a backup is read by the same code as the database itself.
 */
import { z } from 'zod'
import { recordFrom, storedOf } from '../../model/database/recordOf.ts'
import { RECORDS, type RecordDocument } from '../../model/database/recordSchema.ts'
import type { StoredRecord } from '../../model/merge/codec.ts'
import { type CausalRecord, isEmptied } from '../../model/merge/record.ts'
import { err, ok, type Result } from '../../model/result.ts'
import {
  type BeforeHistory,
  type ChangeStore,
  lazyChange,
  type Retention,
  type TableFilter,
} from '../../model/sync/changeStore.ts'
import { decodeSuperseded } from '../../model/sync/superseded.ts'
import type { Database } from '../storage/open.ts'
import { decodeVectors, recordAt } from './recordAt.ts'
import { versionForgetter, versionReader } from './sqliteVersions.ts'

export interface SqliteLog extends Pick<ChangeStore, 'scopes' | 'changesSince' | 'countSince'> {
  /** The `seq` of its latest change; 0 if it has none. */
  headOf(scope: string): number
  /** Records of a scope in order of id, one at a time. Nothing may be written meanwhile. */
  inScope(scope: string): IterableIterator<CausalRecord>
  weddingAt(scope: string, ms: number): Result<readonly CausalRecord[], BeforeHistory>
}

const SCOPE = `json_extract(data, '$.scope')`
const ORIGIN = `json_extract(data, '$.from')`
/** No origin is longer than 11 characters, so this one leaves out nothing. */
const NOBODY = 'no peer at all'

/** The table of the records; `undefined` in a file that never held any. */
export function recordTableOf(database: Database): string | undefined {
  const hasCatalogue = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'rx_collections'`).get()
  if (!hasCatalogue) return undefined
  const find = database.prepare('SELECT table_name FROM rx_collections WHERE collection_name = ?').pluck()
  const name = find.get(RECORDS)
  return name === undefined ? undefined : z.string().regex(/^\w+$/).parse(name)
}

/** The index by which the log is read; made once, by whoever may write. */
export function indexLog(database: Database, table: string): void {
  database.exec(`CREATE INDEX IF NOT EXISTS ${table}_log ON ${table} (${SCOPE}, seq, ${ORIGIN})`)
}

function namesOf(tables: TableFilter): readonly string[] {
  return 'only' in tables ? tables.only : tables.not
}

const changeRow = z.object({ seq: z.number(), data: z.string(), origin: z.string() })

/** @param table of the records, as `recordTableOf` names it */
export function openSqliteLog(database: Database, table: string): SqliteLog {
  // The first scope, then the first one after it: as many steps as there are scopes, not as many as there are records.
  const nextScope = database
    .prepare<[string], string | null>(`SELECT min(${SCOPE}) FROM ${table} WHERE ${SCOPE} > ?`)
    .pluck()
  const head = database
    .prepare<[string], number>(`SELECT seq FROM ${table} WHERE ${SCOPE} = ? ORDER BY seq DESC LIMIT 1`)
    .pluck()
  const headOf = (scope: string): number => head.get(scope) ?? 0
  const since = database.prepare<[string, number, string, number]>(
    `SELECT seq, data, ${ORIGIN} AS origin FROM ${table} WHERE ${SCOPE} = ? AND seq > ? AND ${ORIGIN} <> ? ORDER BY seq LIMIT ?`,
  )
  const sinceOfTables = database.prepare<[string, number, string, string, number, number]>(
    `SELECT seq, data, ${ORIGIN} AS origin FROM ${table} WHERE ${SCOPE} = ? AND seq > ? AND ${ORIGIN} <> ?
     AND (json_extract(data, '$.table') IN (SELECT value FROM json_each(?))) = ? ORDER BY seq LIMIT ?`,
  )
  const count = database
    .prepare<[string, number, string], number>(
      `SELECT count(*) FROM ${table} WHERE ${SCOPE} = ? AND seq > ? AND ${ORIGIN} <> ?`,
    )
    .pluck()
  const all = database.prepare<[string], string>(`SELECT data FROM ${table} WHERE ${SCOPE} = ? ORDER BY id`).pluck()
  const weddingAt = pastReader(database, table)

  return {
    async scopes() {
      const found: string[] = []
      for (let next = nextScope.get(''); typeof next === 'string'; next = nextScope.get(next)) found.push(next)
      return found
    },
    headOf,
    async changesSince(scope, seq, { limit, except = NOBODY, tables }) {
      const rows = tables
        ? sinceOfTables.all(scope, seq, except, JSON.stringify(namesOf(tables)), 'only' in tables ? 1 : 0, limit + 1)
        : since.all(scope, seq, except, limit + 1)
      const found = rows.map((row) => changeRow.parse(row))
      const read = found.slice(0, limit)
      return {
        changes: read.map(({ seq: at, data, origin }) => lazyChange(at, origin, () => storedIn(data), recordFrom)),
        upTo: found.length > limit ? (read.at(-1)?.seq ?? seq) : Math.max(seq, headOf(scope)),
        more: found.length > limit,
      }
    },
    async countSince(scope, seq, except = NOBODY) {
      return count.get(scope, seq, except) ?? 0
    },
    *inScope(scope) {
      for (const data of all.iterate(scope)) {
        const record = readRecord(data)
        if (!isEmptied(record)) yield record
      }
    },
    // In one transaction: one moment of the file, whoever writes to it meanwhile.
    weddingAt: database.transaction((scope: string, ms: number) => weddingAt(scope, ms)),
  }
}

/** The fact that says up to when history was forgotten, in ms since 1970 UTC. */
const FORGOTTEN_TO = 'history/forgotten-to'

function pastReader(database: Database, table: string): SqliteLog['weddingAt'] {
  const all = database.prepare<[string], string>(`SELECT data FROM ${table} WHERE ${SCOPE} = ? ORDER BY id`).pluck()
  const forgottenTo = database.prepare<[string], string>('SELECT value FROM state WHERE key = ?').pluck()
  const versionsOf = versionReader(database, table)
  const lostSince = database
    .prepare<[string, number], string>('SELECT entry FROM history WHERE record_id = ? AND commit_id > ? ORDER BY id')
    .pluck()

  return (scope, ms) => {
    const records: CausalRecord[] = []
    let firstMs = Number.POSITIVE_INFINITY
    for (const data of all.all(scope)) {
      const current = readRecord(data)
      const versions = [...versionsOf(current.id)]
      for (const { at } of versions) firstMs = Math.min(firstMs, at)
      const then = versions.find(({ at }) => at <= ms)
      if (!then) continue
      const lost = lostSince.all(current.id, then.seq).map(decodeSuperseded)
      const past = recordAt(current, decodeVectors(then.vectors), lost)
      if (!isEmptied(past)) records.push(past)
    }
    const beginsMs = firstMs === Number.POSITIVE_INFINITY ? 0 : firstMs
    const sinceMs = Math.max(beginsMs, Number(forgottenTo.get(FORGOTTEN_TO) ?? 0))
    if (ms < sinceMs) return err({ kind: 'before-history', sinceMs })
    return ok(records)
  }
}

/** `encodeRecord` gave the document its shape, and `recordFrom` looks at its inner consistency. */
export function readRecord(data: string): CausalRecord {
  return recordFrom(storedIn(data))
}

function storedIn(data: string): StoredRecord {
  const document: RecordDocument = JSON.parse(data)
  return storedOf(document)
}

const DAY_MS = 86_400_000
const FORGET_BATCH = 500

/** Forgets in batches of some milliseconds, and lets others go on in between. */
export async function forgetOld(
  database: Database,
  { historyDays, stateDays }: Retention,
  nowMs: number,
): Promise<void> {
  const horizon = Math.floor(nowMs - historyDays * DAY_MS)
  const note = database.prepare<[string, string, number]>(
    `INSERT INTO state (key, value, at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER)), at = excluded.at`,
  )
  // First, so that nobody asks for a moment of which a part is gone already.
  note.run(FORGOTTEN_TO, String(horizon), nowMs)
  await forgetValues(database, horizon)
  await inTurns(versionForgetter(database, horizon))
  for (const [prefix, days] of Object.entries(stateDays)) {
    const facts = database.prepare<[number, string, number]>(
      `DELETE FROM state WHERE key IN (
         SELECT key FROM state WHERE substr(key, 1, ?) = ? AND at < ? LIMIT ${FORGET_BATCH})`,
    )
    await inTurns(() => facts.run(prefix.length, prefix, nowMs - days * DAY_MS).changes === FORGET_BATCH)
  }
}

/** Walks along all values: an index by their time would cost every write a page, for something that is done once a day. */
async function forgetValues(database: Database, horizon: number): Promise<void> {
  const end = database
    .prepare<[number], number | null>(
      `SELECT max(id) FROM (SELECT id FROM history WHERE id > ? ORDER BY id LIMIT ${FORGET_BATCH})`,
    )
    .pluck()
  const remove = database.prepare<[number, number, number]>('DELETE FROM history WHERE id > ? AND id <= ? AND at < ?')
  let last = 0
  await inTurns(() => {
    const next = end.get(last) ?? undefined
    if (next === undefined) return false
    remove.run(last, next, horizon)
    last = next
    return true
  })
}

/** @param step whether there may be more to do */
async function inTurns(step: () => boolean): Promise<void> {
  while (step()) await new Promise((resolve) => setImmediate(resolve))
}
