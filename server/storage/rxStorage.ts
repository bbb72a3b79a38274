/** RxDB's door to SQLite. See README.md for what it promises. */
import {
  ensureRxStorageInstanceParamsAreCorrect,
  RXDB_VERSION,
  type RxDocumentData,
  type RxStorage,
  type RxStorageInstanceCreationParams,
} from 'rxdb'
import { ensureTable, type TableLayout, tableNameOf } from './catalogue.ts'
import { schemaIndexes } from './indexes.ts'
import { type SqliteInstanceOptions, type SqliteInternals, SqliteStorageInstance } from './instance.ts'
import type { Database } from './open.ts'
import { addSharedTable, findSharedTable, type SharedTable } from './sharedTables.ts'
import type { SqliteCommit } from './write.ts'

export type { SqliteInstanceOptions, SqliteInternals } from './instance.ts'
export type { SqliteCheckpoint, SqliteCommit } from './write.ts'

export type SqliteStorageOptions = {
  /** Open as long as the RxDB databases on it; closed by whoever opened it. */
  database: Database
  /**
   * Runs inside the write transaction, after the documents and just before COMMIT: what it writes to the same
   * `database` is kept or lost together with them, and a throw rolls everything back and rejects the write.
   * Called only when at least one document is written. It must not await.
   */
  onCommit?: (commit: SqliteCommit) => void
}

/**
 * An RxStorage that keeps each collection in a table of an open SQLite database.
 *
 * Any number of RxDB databases and collections may share it. Instances of the same database name, collection and schema
 * version work on the same table and hear of each other's writes.
 */
export function getRxStorageSqlite({
  database,
  onCommit,
}: SqliteStorageOptions): RxStorage<SqliteInternals, SqliteInstanceOptions> {
  return {
    name: 'sqlite-hub',
    rxdbVersion: RXDB_VERSION,
    async createStorageInstance<RxDocType>(params: RxStorageInstanceCreationParams<RxDocType, SqliteInstanceOptions>) {
      ensureRxStorageInstanceParamsAreCorrect(params)
      const indexes = schemaIndexes(params.schema)
      const parse = (data: string): RxDocumentData<RxDocType> => JSON.parse(data)
      const shared = openTable(database, params, {
        keyColumns: indexes.columns,
        indexes: indexes.indexes.filter(({ isStored }) => isStored),
        hasAttachments: params.schema.attachments !== undefined,
        keysOf: (data) => {
          const document = parse(data)
          return indexes.columns.map((column) => column.keyOf(document))
        },
      })
      return new SqliteStorageInstance(params, database, shared, indexes, onCommit)
    },
  }
}

function openTable<RxDocType>(
  database: Database,
  { databaseName, collectionName, schema }: RxStorageInstanceCreationParams<RxDocType, SqliteInstanceOptions>,
  layout: TableLayout,
): SharedTable {
  const indexNames = layout.indexes.map(({ name }) => name).sort()
  const signature = `${indexNames.join(',')};${layout.hasAttachments}`
  const prepare = database.transaction((): string => {
    const tableName = tableNameOf(database, { databaseName, collectionName, schemaVersion: schema.version })
    if (findSharedTable(database, tableName, signature) === undefined) ensureTable(database, tableName, layout)
    return tableName
  })
  const tableName = prepare.immediate()
  // Registered only now that the table is committed.
  return findSharedTable(database, tableName, signature) ?? addSharedTable(database, tableName, signature)
}
