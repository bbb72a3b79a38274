import { randomBytes } from 'node:crypto'
import { createRxDatabase, type RxCollection } from 'rxdb'
import { z } from 'zod'
import { RECORDS, type RecordDocument, recordSchema } from '../../model/database/recordSchema.ts'
import { recordOf, rxRecordStore } from '../../model/database/rxRecordStore.ts'
import { ok, type Result } from '../../model/result.ts'
import type { ChangeStore, History, StateStore, TableFilter } from '../../model/sync/changeStore.ts'
import { type Database, type OpenError, openDatabase } from '../storage/open.ts'
import { getRxStorageSqlite, type SqliteCommit } from '../storage/rxStorage.ts'
import { openSqliteHistory, type SqliteHistory } from './sqliteHistory.ts'
import { openSqliteState } from './sqliteState.ts'

type Collections = { [RECORDS]: RxCollection<RecordDocument> }

export interface SqliteStore {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly history: History
  /** For the window, which reads and writes the same tables through RxDB's remote storage. */
  readonly rxStorage: ReturnType<typeof getRxStorageSqlite>
  readonly database: Database
  close(): Promise<void>
}

/** An actor and an epoch are 8 random bytes, written as 11 characters. */
export function newActor(): string {
  return randomBytes(8).toString('base64url')
}

/**
 * The store of an install: one encrypted SQLite file that holds the RxDB collection, its change log, its history and
 * small facts.
 * @param key 32 bytes
 */
export async function openSqliteStore(file: string, key: Uint8Array): Promise<Result<SqliteStore, OpenError>> {
  const opened = openDatabase(file, key)
  if (!opened.ok) return opened
  const database = opened.value
  const history = openSqliteHistory(database)
  const state = openSqliteState(database)
  const rxStorage = getRxStorageSqlite({ database, onCommit: (commit) => noteHistory(history, commit) })
  const rxDatabase = await createRxDatabase<Collections>({
    name: 'wedsync',
    storage: rxStorage,
    multiInstance: false,
    eventReduce: true,
  })
  await rxDatabase.addCollections({ [RECORDS]: { schema: recordSchema } })
  const changes = sqliteChangeStore(database, rxDatabase[RECORDS], await epochOf(state))
  return ok({
    changes,
    state,
    history,
    rxStorage,
    database,
    async close() {
      await rxDatabase.close()
      database.close()
    },
  })
}

async function epochOf(state: StateStore): Promise<string> {
  const known = await state.get('epoch')
  if (known !== undefined) return z.string().parse(known)
  const epoch = newActor()
  await state.set('epoch', epoch)
  return epoch
}

function noteHistory(history: SqliteHistory, { collectionName, rows }: SqliteCommit): void {
  if (collectionName !== RECORDS) return
  const now = Date.now()
  for (const { previous, document } of rows) {
    // Rows of this collection have its shape: RxDB has checked the document against the schema.
    const before = previous === undefined ? undefined : recordOf(previous as RecordDocument)
    history.note(before, recordOf(document as RecordDocument), now)
  }
}

const changeRow = z.object({ seq: z.number(), data: z.string(), origin: z.string() })
const numberRow = z.object({ n: z.number().nullable() })
const scopeRow = z.object({ scope: z.string() })

function namesOf(tables: TableFilter): readonly string[] {
  return 'only' in tables ? tables.only : tables.not
}

function sqliteChangeStore(database: Database, collection: RxCollection<RecordDocument>, epoch: string): ChangeStore {
  const table = z.object({ tableName: z.string().regex(/^\w+$/) }).parse(collection.storageInstance.internals).tableName
  const scopeOf = `json_extract(data, '$.scope')`
  const originOf = `json_extract(data, '$.from')`
  database.exec(`CREATE INDEX IF NOT EXISTS ${table}_log ON ${table} (${scopeOf}, seq, ${originOf})`)

  const scopes = database.prepare(`SELECT DISTINCT ${scopeOf} AS scope FROM ${table}`)
  const head = database.prepare(`SELECT max(seq) AS n FROM ${table} WHERE ${scopeOf} = ?`)
  const since = database.prepare(
    `SELECT seq, data, ${originOf} AS origin FROM ${table} WHERE ${scopeOf} = ? AND seq > ? ORDER BY seq LIMIT ?`,
  )
  const sinceOfTables = database.prepare(
    `SELECT seq, data, ${originOf} AS origin FROM ${table} WHERE ${scopeOf} = ? AND seq > ?
     AND (json_extract(data, '$.table') IN (SELECT value FROM json_each(?))) = ? ORDER BY seq LIMIT ?`,
  )
  const count = database.prepare(
    `SELECT count(*) AS n FROM ${table} WHERE ${scopeOf} = ? AND seq > ? AND ${originOf} <> ?`,
  )

  return {
    ...rxRecordStore(collection),
    epoch,
    async scopes() {
      return scopes.all().map((row) => scopeRow.parse(row).scope)
    },
    async head(scope) {
      return numberRow.parse(head.get(scope)).n ?? 0
    },
    async changesSince(scope, seq, { limit, except, tables }) {
      const rows = tables
        ? sinceOfTables.all(scope, seq, JSON.stringify(namesOf(tables)), 'only' in tables ? 1 : 0, limit + 1)
        : since.all(scope, seq, limit + 1)
      const found = rows.map((row) => changeRow.parse(row))
      const read = found.slice(0, limit)
      return {
        changes: read
          .filter(({ origin }) => except === undefined || origin !== except)
          .map(({ seq: at, data, origin }) => ({
            seq: at,
            record: recordOf(JSON.parse(data)),
            ...(origin !== '' && { from: origin }),
          })),
        upTo: read.at(-1)?.seq ?? seq,
        more: found.length > limit,
      }
    },
    async countSince(scope, seq, except) {
      // No origin is longer than 11 characters, so this one leaves out nothing.
      return numberRow.parse(count.get(scope, seq, except ?? 'no peer at all')).n ?? 0
    },
  }
}
