import type { EventBulk, RxStorageChangeEvent } from 'rxdb'
import type { Database } from './open.ts'
import type { SqliteCheckpoint } from './write.ts'

/** Declared as a method, whose parameter TypeScript compares both ways: instances differ in their document type. */
type Listener = { next(bulk: EventBulk<RxStorageChangeEvent<unknown>, SqliteCheckpoint>): void }

/**
 * What the storage instances of one table have in common: the news of each other.
 *
 * RxDB offers `addRxStorageMultiInstanceSupport` for the news. In Node it sends them through files in the temporary
 * folder, in plain text: out of the question beside an encrypted database, and not needed, as one process has the file.
 */
export class SharedTable {
  readonly tableName: string
  readonly #layout: string
  readonly #listeners = new Set<Listener>()
  #isRemoved = false

  constructor(tableName: string, layout: string) {
    this.tableName = tableName
    this.#layout = layout
  }

  get isRemoved(): boolean {
    return this.#isRemoved
  }

  get isUnused(): boolean {
    return this.#listeners.size === 0
  }

  hasLayout(layout: string): boolean {
    return this.#layout === layout
  }

  join(listener: Listener): void {
    this.#listeners.add(listener)
  }

  leave(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  announce(bulk: EventBulk<RxStorageChangeEvent<unknown>, SqliteCheckpoint>): void {
    for (const listener of [...this.#listeners]) listener.next(bulk)
  }

  markRemoved(): void {
    this.#isRemoved = true
  }
}

/** By the path of the file: several connections of this process may have it open. */
const tablesByFile = new Map<string, Map<string, SharedTable>>()

/**
 * The shared state of a table that some instance has open.
 * @throws when that instance has another schema, because re-indexing would pull the table from under it
 */
export function findSharedTable(database: Database, tableName: string, layout: string): SharedTable | undefined {
  const open = tablesByFile.get(database.name)?.get(tableName)
  if (open === undefined || open.isRemoved) return undefined
  if (!open.hasLayout(layout)) throw new Error(`table ${tableName} is open with a different schema`)
  return open
}

/** Registers a table that now exists. */
export function addSharedTable(database: Database, tableName: string, layout: string): SharedTable {
  const tables = tablesByFile.get(database.name) ?? new Map<string, SharedTable>()
  tablesByFile.set(database.name, tables)
  const table = new SharedTable(tableName, layout)
  tables.set(tableName, table)
  return table
}

/** Forgets a table that nobody uses any more. */
export function releaseSharedTable(database: Database, table: SharedTable): void {
  const tables = tablesByFile.get(database.name)
  if (tables === undefined || !table.isUnused) return
  if (tables.get(table.tableName) === table) tables.delete(table.tableName)
  if (tables.size === 0) tablesByFile.delete(database.name)
}
