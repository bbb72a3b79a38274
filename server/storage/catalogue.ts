/**
 * Which table holds which collection, and how far each has counted.
 *
 * A table counts by the highest `seq` in it. When rows are taken out of it, by whomever, a trigger notes that here, and the row of
 * a collection stays when its table is dropped: so nothing is counted twice, a collection of the same name goes on where the old
 * one stopped, and nobody who remembers a `seq` can mistake new changes for old ones.
 */
import { DELETED_COLUMN, SCHEMA_INDEX_PREFIX } from './indexes.ts'
import type { Database } from './open.ts'
import type { SortKey } from './sortKeys.ts'

const CATALOGUE = `
  CREATE TABLE IF NOT EXISTS rx_collections (
    table_name TEXT NOT NULL PRIMARY KEY,
    database_name TEXT NOT NULL,
    collection_name TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0,
    UNIQUE (database_name, collection_name, schema_version)
  ) STRICT`

const READABLE_NAME_LENGTH = 40
const REINDEX_BATCH = 500

/** What makes two storage instances share a table. */
export type CollectionKey = { databaseName: string; collectionName: string; schemaVersion: number }

export type TableLayout = {
  readonly keyColumns: readonly { readonly name: string; readonly sqlType: string }[]
  readonly indexes: readonly { readonly name: string; readonly columns: readonly { readonly name: string }[] }[]
  readonly hasAttachments: boolean
  /** Keys, in the order of `keyColumns`, of a document that is already stored. */
  readonly keysOf: (data: string) => SortKey[]
}

/** Columns of every table; all others hold keys. */
const OWN_COLUMNS: readonly string[] = ['id', 'seq', DELETED_COLUMN, 'data']

/** Name of the table of a collection, the same for ever; only `[A-Za-z0-9_]`, so it needs no quotes in SQL. */
export function tableNameOf(database: Database, key: CollectionKey): string {
  database.exec(CATALOGUE)
  const find = database
    .prepare<[string, string, number], string>(
      'SELECT table_name FROM rx_collections WHERE database_name = ? AND collection_name = ? AND schema_version = ?',
    )
    .pluck()
  const known = find.get(key.databaseName, key.collectionName, key.schemaVersion)
  if (known !== undefined) return known
  const taken = database.prepare<[], number>('SELECT count(*) FROM rx_collections').pluck().get() ?? 0
  const readable = key.collectionName.replace(/[^A-Za-z0-9]+/g, '_').slice(0, READABLE_NAME_LENGTH)
  // Rows are never deleted, so the count makes the name unique whatever the collection is called.
  const tableName = `rx${taken + 1}_${readable}_v${key.schemaVersion}`
  database
    .prepare<[string, string, string, number]>(
      'INSERT INTO rx_collections (table_name, database_name, collection_name, schema_version) VALUES (?, ?, ?, ?)',
    )
    .run(tableName, key.databaseName, key.collectionName, key.schemaVersion)
  return tableName
}

/**
 * Creates the table, or brings the key columns and indexes of an existing one in line with the schema.
 * Call it in a transaction.
 */
export function ensureTable(database: Database, tableName: string, layout: TableLayout): void {
  const columns = columnsOf(database, tableName)
  if (columns.length === 0) createTable(database, tableName, layout)
  else changeColumns(database, tableName, columns, layout)
  for (const { name, columns } of layout.indexes) {
    const names = columns.map((column) => column.name).join(', ')
    database.exec(`CREATE INDEX IF NOT EXISTS ${indexNameOf(tableName, name)} ON ${tableName} (${names})`)
  }
  database.exec(`
    CREATE TRIGGER IF NOT EXISTS ${indexNameOf(tableName, 'count')} AFTER DELETE ON ${tableName} BEGIN
      UPDATE rx_collections SET last_seq = OLD.seq WHERE table_name = '${tableName}' AND last_seq < OLD.seq;
    END`)
  if (layout.hasAttachments) {
    database.exec(`
      CREATE TABLE IF NOT EXISTS ${attachmentTableOf(tableName)} (
        document_id TEXT NOT NULL REFERENCES ${tableName} (id) ON DELETE CASCADE,
        attachment_id TEXT NOT NULL,
        digest TEXT NOT NULL,
        type TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (document_id, attachment_id)
      ) STRICT`)
  }
}

/** Notes how far a table has counted. Dropping a table runs no trigger. */
function keepCount(database: Database, tableName: string): void {
  database
    .prepare<[string]>(
      `UPDATE rx_collections SET last_seq = max(last_seq, coalesce((SELECT max(seq) FROM ${tableName}), 0))
        WHERE table_name = ?`,
    )
    .run(tableName)
}

/** Drops the documents and attachments of a collection; its counter stays. Call it in a transaction. */
export function dropTable(database: Database, tableName: string): void {
  keepCount(database, tableName)
  database.exec(`DROP TABLE IF EXISTS ${attachmentTableOf(tableName)}; DROP TABLE IF EXISTS ${tableName}`)
}

export function attachmentTableOf(tableName: string): string {
  return `${tableName}_attachments`
}

/** @param name of a schema index, or of anything else that is unique in its table */
export function indexNameOf(tableName: string, name: string): string {
  return `${tableName}_${name}`
}

function createTable(database: Database, tableName: string, { keyColumns }: TableLayout): void {
  const keys = keyColumns.map(({ name, sqlType }) => `${name} ${sqlType}, `).join('')
  // The document comes last: SQLite has to read through it to get at what is behind it.
  database.exec(`
    CREATE TABLE ${tableName} (
      id TEXT NOT NULL PRIMARY KEY,
      seq INTEGER NOT NULL,
      ${DELETED_COLUMN} INTEGER NOT NULL CHECK (${DELETED_COLUMN} IN (0, 1)),
      ${keys} data TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX ${indexNameOf(tableName, 'seq')} ON ${tableName} (seq);
    CREATE INDEX ${indexNameOf(tableName, 'tombstones')} ON ${tableName} (json_extract(data, '$._meta.lwt'))
      WHERE ${DELETED_COLUMN} = 1;`)
}

function columnsOf(database: Database, tableName: string): string[] {
  return database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(tableName)
}

function changeColumns(
  database: Database,
  tableName: string,
  present: readonly string[],
  { keyColumns, indexes, keysOf }: TableLayout,
): void {
  const wanted = new Set([...OWN_COLUMNS, ...keyColumns.map(({ name }) => name)])
  const old = present.filter((column) => !wanted.has(column))
  const kept = new Set(indexes.map(({ name }) => indexNameOf(tableName, name)))
  const ours = indexNameOf(tableName, SCHEMA_INDEX_PREFIX)
  for (const [name, columns] of indexesOf(database, tableName)) {
    const isObsolete = name.startsWith(ours) && !kept.has(name)
    if (isObsolete || columns.some((column) => old.includes(column))) database.exec(`DROP INDEX ${name}`)
  }
  for (const column of old) database.exec(`ALTER TABLE ${tableName} DROP COLUMN ${column}`)
  const missing = keyColumns.filter(({ name }) => !present.includes(name))
  if (missing.length === 0) return
  for (const { name, sqlType } of missing) database.exec(`ALTER TABLE ${tableName} ADD COLUMN ${name} ${sqlType}`)
  fillKeyColumns(
    database,
    tableName,
    keyColumns.map(({ name }) => name),
    keysOf,
  )
}

/** The indexes of a table with their columns; expressions have no column and are left out. */
function indexesOf(database: Database, tableName: string): Map<string, string[]> {
  const columns = database
    .prepare<[string], { name: string; column: string | null }>(
      `SELECT list.name AS name, info.name AS "column" FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS info
        WHERE list.origin = 'c'`,
    )
    .all(tableName)
  const byName = new Map<string, string[]>()
  for (const { name, column } of columns) {
    const known = byName.get(name) ?? []
    byName.set(name, column === null ? known : [...known, column])
  }
  return byName
}

function fillKeyColumns(
  database: Database,
  tableName: string,
  columns: readonly string[],
  keysOf: TableLayout['keysOf'],
): void {
  const read = database.prepare<[number], { position: number; data: string }>(
    `SELECT rowid AS position, data FROM ${tableName} WHERE rowid > ? ORDER BY rowid LIMIT ${REINDEX_BATCH}`,
  )
  const assignments = columns.map((column) => `${column} = ?`).join(', ')
  const write = database.prepare<(SortKey | number)[]>(`UPDATE ${tableName} SET ${assignments} WHERE rowid = ?`)
  // In batches, because a connection cannot write while it is reading a statement row by row.
  let rows = read.all(0)
  while (rows.length > 0) {
    let last = 0
    for (const { position, data } of rows) {
      write.run(...keysOf(data), position)
      last = position
    }
    rows = read.all(last)
  }
}
