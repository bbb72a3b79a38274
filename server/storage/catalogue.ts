/**
 * Which table holds which collection, and how far each has counted.
 *
 * The row of a collection stays when its table is dropped. A collection of the same name thus goes on counting where the
 * old one stopped, and nobody who remembers a `seq` can mistake new changes for old ones.
 */
import { INDEX_COLUMN_PREFIX } from './indexes.ts'
import type { Database } from './open.ts'

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
  readonly indexColumns: readonly string[]
  readonly hasAttachments: boolean
  /** Index keys, in the order of `indexColumns`, of a document that is already stored. */
  readonly keysOf: (data: string) => Buffer[]
}

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
 * Creates the table, or brings the index columns of an existing one in line with the schema.
 * Call it in a transaction.
 */
export function ensureTable(database: Database, tableName: string, layout: TableLayout): void {
  const isNew = columnsOf(database, tableName).length === 0
  if (isNew) {
    const columns = layout.indexColumns.map((column) => `${column} BLOB, `).join('')
    // The document comes last: SQLite has to read through it to get at what is behind it.
    database.exec(`
      CREATE TABLE ${tableName} (
        id TEXT NOT NULL PRIMARY KEY,
        seq INTEGER NOT NULL,
        deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
        ${columns} data TEXT NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX ${tableName}_seq ON ${tableName} (seq);
      CREATE INDEX ${tableName}_tombstones ON ${tableName} (json_extract(data, '$._meta.lwt')) WHERE deleted = 1;`)
    for (const column of layout.indexColumns) createIndex(database, tableName, column)
  } else {
    reindex(database, tableName, layout)
  }
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

/** Drops the documents and attachments of a collection; its counter stays. */
export function dropTable(database: Database, tableName: string): void {
  database.exec(`DROP TABLE IF EXISTS ${attachmentTableOf(tableName)}; DROP TABLE IF EXISTS ${tableName}`)
}

export function attachmentTableOf(tableName: string): string {
  return `${tableName}_attachments`
}

export function indexNameOf(tableName: string, column: string): string {
  return `${tableName}_${column}`
}

function createIndex(database: Database, tableName: string, column: string): void {
  database.exec(`CREATE INDEX ${indexNameOf(tableName, column)} ON ${tableName} (${column})`)
}

function columnsOf(database: Database, tableName: string): string[] {
  return database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(tableName)
}

function reindex(database: Database, tableName: string, layout: TableLayout): void {
  const present = columnsOf(database, tableName).filter((column) => column.startsWith(INDEX_COLUMN_PREFIX))
  for (const column of present) {
    if (layout.indexColumns.includes(column)) continue
    database.exec(`DROP INDEX ${indexNameOf(tableName, column)}; ALTER TABLE ${tableName} DROP COLUMN ${column}`)
  }
  const missing = layout.indexColumns.filter((column) => !present.includes(column))
  if (missing.length === 0) return
  for (const column of missing) database.exec(`ALTER TABLE ${tableName} ADD COLUMN ${column} BLOB`)
  fillIndexColumns(database, tableName, layout)
  for (const column of missing) createIndex(database, tableName, column)
}

function fillIndexColumns(database: Database, tableName: string, layout: TableLayout): void {
  const read = database.prepare<[number], { position: number; data: string }>(
    `SELECT rowid AS position, data FROM ${tableName} WHERE rowid > ? ORDER BY rowid LIMIT ${REINDEX_BATCH}`,
  )
  const assignments = layout.indexColumns.map((column) => `${column} = ?`).join(', ')
  const write = database.prepare<(Buffer | number)[]>(`UPDATE ${tableName} SET ${assignments} WHERE rowid = ?`)
  // In batches, because a connection cannot write while it is reading a statement row by row.
  let rows = read.all(0)
  while (rows.length > 0) {
    let last = 0
    for (const { position, data } of rows) {
      write.run(...layout.keysOf(data), position)
      last = position
    }
    rows = read.all(last)
  }
}
