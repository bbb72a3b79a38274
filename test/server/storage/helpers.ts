import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type BulkWriteRow,
  type FilledMangoQuery,
  fillWithDefaultSettings,
  type MangoQuery,
  normalizeMangoQuery,
  now,
  type PreparedQuery,
  prepareQuery,
  type RxDocumentData,
  type RxDocumentWriteData,
  type RxJsonSchema,
  type RxStorageInstance,
} from 'rxdb'
import { afterEach } from 'vitest'
import { type Database, openDatabase } from '../../../server/storage/open.ts'
import {
  getRxStorageSqlite,
  type SqliteCheckpoint,
  type SqliteInstanceOptions,
  type SqliteInternals,
  type SqliteStorageOptions,
} from '../../../server/storage/rxStorage.ts'

export type Guest = { id: string; name: string; table: number }
export type GuestData = RxDocumentData<Guest>
export type GuestStorage = RxStorageInstance<Guest, SqliteInternals, SqliteInstanceOptions, SqliteCheckpoint>

export const guestSchema: RxJsonSchema<GuestData> = fillWithDefaultSettings<Guest>({
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 60 },
    name: { type: 'string', maxLength: 20 },
    table: { type: 'integer', minimum: 0, maximum: 99, multipleOf: 1 },
  },
  required: ['id', 'name', 'table'],
  indexes: ['name', ['table', 'name'], 'id'],
  attachments: {},
})

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp()
})

/** A path in a folder that is removed after the test. */
export function temporaryFile(name = 'hub.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-storage-'))
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}

export const randomKey = (): Uint8Array => randomBytes(32)

/** Opens a database that the test may close itself and that is closed after it at the latest. */
export function open(file: string, key: Uint8Array): Database {
  const opened = openDatabase(file, key)
  if (!opened.ok) throw new Error(`${opened.error.kind}: ${opened.error.detail}`)
  cleanUps.push(() => opened.value.close())
  return opened.value
}

export const newDatabase = (): Database => open(temporaryFile(), randomKey())

export type StorageSetup = Partial<SqliteStorageOptions> & {
  collectionName?: string
  databaseName?: string
  schema?: RxJsonSchema<GuestData>
}

export async function guestStorage(setup: StorageSetup = {}): Promise<GuestStorage> {
  const { database = newDatabase(), onCommit, ...names } = setup
  const storage = getRxStorageSqlite(onCommit === undefined ? { database } : { database, onCommit })
  return storage.createStorageInstance<Guest>({
    databaseInstanceToken: 'test',
    databaseName: names.databaseName ?? 'wedding',
    collectionName: names.collectionName ?? 'guests',
    schema: names.schema ?? guestSchema,
    options: {},
    multiInstance: false,
    devMode: false,
  })
}

let revisions = 0

/** A document as RxDB hands it to a storage. */
export function guest(id: string, fields: Partial<RxDocumentWriteData<Guest>> = {}): RxDocumentWriteData<Guest> {
  revisions += 1
  return {
    id,
    name: `Guest ${id}`,
    table: 1,
    _deleted: false,
    _attachments: {},
    _meta: { lwt: now() },
    _rev: `1-${revisions}`,
    ...fields,
  }
}

/** The next state of a stored document. */
export function changed(previous: GuestData, fields: Partial<RxDocumentWriteData<Guest>>): BulkWriteRow<Guest> {
  return {
    previous,
    document: guest(previous.id, { ...previous, _rev: `2-${++revisions}`, _meta: { lwt: now() }, ...fields }),
  }
}

/** Inserts documents, which must succeed, and returns them as they are stored. */
export async function insert(storage: GuestStorage, ...documents: RxDocumentWriteData<Guest>[]): Promise<GuestData[]> {
  const { error } = await storage.bulkWrite(
    documents.map((document) => ({ document })),
    'test',
  )
  if (error.length > 0) throw new Error(`insert failed with ${error[0]?.status}`)
  return storage.findDocumentsById(
    documents.map(({ id }) => id),
    true,
  )
}

/** Like `array[0]`, but a test that expects an element fails where there is none. */
export function first<T>(array: readonly T[]): T {
  const [element] = array
  if (element === undefined) throw new Error('expected at least one element')
  return element
}

export function prepared(query: MangoQuery<GuestData>): PreparedQuery<Guest> {
  // RxDB types the same query once for the document and once for the document with its meta fields.
  const normalised = normalizeMangoQuery<GuestData>(guestSchema as RxJsonSchema<RxDocumentData<GuestData>>, query)
  return prepareQuery<Guest>(guestSchema, normalised as FilledMangoQuery<Guest>)
}

const LOG_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/**
 * How many transactions the write-ahead log of a database holds. Its frame headers are not encrypted, and the last
 * frame of each commit names the size of the database (https://sqlite.org/fileformat2.html#walformat).
 */
export function commitsInLog(file: string): number {
  const log = readFileSync(`${file}-wal`)
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8)
  const salt = log.subarray(16, 24)
  let commits = 0
  for (let at = LOG_HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break
    if (log.readUInt32BE(at + 4) !== 0) commits += 1
  }
  return commits
}

/** The database and its log as a kill at this moment would leave them. */
export function crashedCopy(file: string): string {
  const copy = temporaryFile('crashed.db')
  copyFileSync(file, copy)
  copyFileSync(`${file}-wal`, `${copy}-wal`)
  return copy
}
