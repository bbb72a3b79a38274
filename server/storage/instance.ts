import {
  type BulkWriteRow,
  type EventBulk,
  getPrimaryFieldOfPrimaryKey,
  now,
  type PreparedQuery,
  type RxAttachmentWriteData,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorageBulkWriteResponse,
  type RxStorageChangeEvent,
  type RxStorageCountResult,
  type RxStorageInstance,
  type RxStorageInstanceCreationParams,
  type RxStorageQueryResult,
} from 'rxdb'
import { type Observable, Subject } from 'rxjs'
import { AttachmentTable, hasAttachmentBytes, readAttachmentBytes } from './attachments.ts'
import { dropTable } from './catalogue.ts'
import { type CommitQueue, commitQueueOf } from './commitQueue.ts'
import type { SchemaIndexes } from './indexes.ts'
import type { Database } from './open.ts'
import { type QueryTarget, runCount, runQuery } from './query.ts'
import { releaseSharedTable, type SharedTable } from './sharedTables.ts'
import { DocumentTable } from './table.ts'
import { type SqliteCheckpoint, type SqliteCommit, type WriteResult, type WriteTarget, writeRows } from './write.ts'

/** Tombstones removed by one call of `cleanup`, so that it blocks for milliseconds only. */
export const CLEANUP_BATCH = 1_000

/**
 * What a storage instance stands on. Others may read the table and add their own indexes to it, but not write to it.
 */
export type SqliteInternals = {
  readonly database: Database
  /** Has the columns `id`, `seq`, `deleted` and `data`, and needs no quotes in SQL. */
  readonly tableName: string
}

/** There is nothing to set for a single collection. */
export type SqliteInstanceOptions = Readonly<Record<string, never>>

type Events<RxDocType> = EventBulk<RxStorageChangeEvent<RxDocType>, SqliteCheckpoint>

/** One collection of RxDB in one table of SQLite. Made by the storage, used by RxDB. */
export class SqliteStorageInstance<RxDocType>
  implements RxStorageInstance<RxDocType, SqliteInternals, SqliteInstanceOptions, SqliteCheckpoint>
{
  readonly databaseName: string
  readonly collectionName: string
  readonly schema: Readonly<RxJsonSchema<RxDocumentData<RxDocType>>>
  readonly options: SqliteInstanceOptions
  readonly internals: SqliteInternals
  readonly #shared: SharedTable
  readonly #queue: CommitQueue
  readonly #target: WriteTarget<RxDocType, SqliteInternals, SqliteInstanceOptions> & QueryTarget<RxDocType>
  readonly #events = new Subject<Events<RxDocType>>()
  #closed: Promise<void> | undefined

  /** @param shared the table, which exists and fits the schema */
  constructor(
    params: RxStorageInstanceCreationParams<RxDocType, SqliteInstanceOptions>,
    database: Database,
    shared: SharedTable,
    { indexes, columns }: SchemaIndexes<RxDocType>,
    onCommit: ((commit: SqliteCommit) => void) | undefined,
  ) {
    this.databaseName = params.databaseName
    this.collectionName = params.collectionName
    this.schema = params.schema
    this.options = params.options
    this.internals = { database, tableName: shared.tableName }
    this.#shared = shared
    this.#queue = commitQueueOf(database)
    this.#target = {
      instance: this,
      schema: params.schema,
      primaryPath: getPrimaryFieldOfPrimaryKey(params.schema.primaryKey),
      table: new DocumentTable(
        database,
        shared.tableName,
        columns.map(({ name }) => name),
      ),
      attachments: params.schema.attachments ? new AttachmentTable(database, shared.tableName) : undefined,
      indexes,
      keyColumns: columns,
      parse: (data) => JSON.parse(data),
      onCommit,
    }
    shared.join(this.#events)
  }

  /**
   * Writes the rows whose `previous` is the stored revision, all or none of them, and reports the others: 409 for a
   * conflict, 510 for a missing attachment, 422 for what cannot be stored. Events are out before the promise resolves.
   */
  async bulkWrite(rows: BulkWriteRow<RxDocType>[], context: string): Promise<RxStorageBulkWriteResponse<RxDocType>> {
    this.#refuseIfClosed()
    const hasBytes = this.#target.attachments !== undefined && hasAttachmentBytes(rows)
    const bytes = new Map<RxAttachmentWriteData, Buffer>()
    const { errors } = await this.#queue.write<WriteResult<RxDocType>>({
      ...(hasBytes && { ready: readAttachmentBytes(rows, bytes) }),
      run: () => this.#unlessRemoved(() => writeRows(this.#target, rows, context, bytes)),
      announce: ({ eventBulk }) => {
        if (eventBulk !== undefined) this.#shared.announce(eventBulk)
      },
    })
    return { error: errors }
  }

  /** In the order of `ids`; those not found are left out. */
  findDocumentsById(ids: string[], withDeleted: boolean): Promise<RxDocumentData<RxDocType>[]> {
    return this.#read(() => this.#find(ids, withDeleted).map(this.#target.parse))
  }

  query(prepared: PreparedQuery<RxDocType>): Promise<RxStorageQueryResult<RxDocType>> {
    const { parse } = this.#target
    return this.#read(() => ({
      documents: runQuery(this.#target, prepared).map(({ data, document }) => document ?? parse(data)),
    }))
  }

  /** As `findDocumentsById`, each document as JSON: for whoever passes them on without looking at them. */
  findTexts(ids: readonly string[], withDeleted: boolean): Promise<readonly string[]> {
    return this.#read(() => this.#find(ids, withDeleted))
  }

  /** As `query`, each document as JSON. */
  queryTexts(prepared: PreparedQuery<RxDocType>): Promise<readonly string[]> {
    return this.#read(() => runQuery(this.#target, prepared).map(({ data }) => data))
  }

  #find(ids: readonly string[], withDeleted: boolean): string[] {
    return ids.flatMap((id) => this.#target.table.find(id, withDeleted) ?? [])
  }

  count(prepared: PreparedQuery<RxDocType>): Promise<RxStorageCountResult> {
    return this.#read(() => runCount(this.#target, prepared))
  }

  /** Rejects when there is no such attachment with this digest. */
  getAttachmentData(documentId: string, attachmentId: string, digest: string): Promise<Blob> {
    return this.#read(() => {
      const blob = this.#target.attachments?.find(documentId, attachmentId, digest)
      if (blob === undefined) throw new Error(`attachment does not exist: ${attachmentId} of ${documentId}`)
      return blob
    })
  }

  /**
   * Current state of the documents changed after the checkpoint, deleted ones included, each once and in `seq` order.
   */
  getChangedDocumentsSince(
    limit: number,
    checkpoint?: SqliteCheckpoint,
  ): Promise<{ documents: RxDocumentData<RxDocType>[]; checkpoint: SqliteCheckpoint }> {
    return this.#read(() => {
      const since = checkpoint?.seq ?? 0
      const changes = this.#target.table.changesSince(since, limit)
      const documents = changes.map(({ data }) => this.#target.parse(data))
      return { documents, checkpoint: { seq: changes.at(-1)?.seq ?? since } }
    })
  }

  /** Everything written to this table in this process, also through other instances; completes on `close`. */
  changeStream(): Observable<Events<RxDocType>> {
    return this.#events.asObservable()
  }

  /** Removes tombstones at least this old, a batch per call; true when none is left. */
  async cleanup(minimumDeletedTimeMs: number): Promise<boolean> {
    this.#refuseIfClosed()
    // `lwt` has fractions of a millisecond. RxDB's clock never gives the same time twice, so one just written is older.
    const newestLwt = now() - minimumDeletedTimeMs
    return this.#queue.write({
      run: () => this.#unlessRemoved(() => this.#target.table.purge(newestLwt, CLEANUP_BATCH) < CLEANUP_BATCH),
    })
  }

  /** Waits for the operations already called and refuses later ones. The database stays open: it is the caller's. */
  close(): Promise<void> {
    this.#closed ??= this.#queue.idle().then(() => {
      this.#shared.leave(this.#events)
      this.#events.complete()
      releaseSharedTable(this.internals.database, this.#shared)
    })
    return this.#closed
  }

  /** Drops the documents and attachments of the collection, for all its instances, and closes this one. */
  async remove(): Promise<void> {
    this.#refuseIfClosed()
    const { database, tableName } = this.internals
    await this.#queue.write({
      run: () => this.#unlessRemoved(() => dropTable(database, tableName)),
      announce: () => this.#shared.markRemoved(),
    })
    await this.close()
  }

  async #read<T>(run: () => T): Promise<T> {
    this.#refuseIfClosed()
    return this.#queue.read(() => this.#unlessRemoved(run))
  }

  #unlessRemoved<T>(operation: () => T): T {
    if (this.#shared.isRemoved) throw this.#refusal('removed')
    return operation()
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined) throw this.#refusal('closed')
  }

  #refusal(state: 'closed' | 'removed'): Error {
    return new Error(`the storage of ${this.collectionName} in ${this.databaseName} has been ${state}`)
  }
}
