/** What one call of RxDB would write, decided row by row against what lies there, in one transaction. */
import {
  type BulkWriteRow,
  type BulkWriteRowProcessed,
  categorizeBulkWriteRows,
  type EventBulk,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorageChangeEvent,
  type RxStorageInstance,
  type RxStorageWriteError,
  type StringKeys,
} from 'rxdb'
import type { AttachmentBytes, AttachmentTable } from './attachments.ts'
import type { KeyColumn } from './indexes.ts'
import type { SortKey } from './sortKeys.ts'
import { type DocumentTable, isStorableId, type StoredRow } from './table.ts'

/** Position in the change order of a collection: everything up to and including `seq` has been seen. */
export type SqliteCheckpoint = { seq: number }

/** What a call is about to commit, in the order of its rows and of their `seq`. */
export type SqliteCommit = {
  collectionName: string
  /** `previous` is the stored document, also a tombstone, and `previousSeq` its place; undefined when there was none. */
  rows: readonly CommittedRow[]
  context: string
}

type CommittedRow = {
  previous: object | undefined
  previousSeq: number | undefined
  document: object
  seq: number
}

export type WriteTarget<RxDocType, Internals, Options> = {
  /** Only for RxDB's helper, which reads the schema from it. */
  readonly instance: RxStorageInstance<RxDocType, Internals, Options, SqliteCheckpoint>
  readonly schema: RxJsonSchema<RxDocumentData<RxDocType>>
  readonly primaryPath: StringKeys<RxDocumentData<RxDocType>>
  readonly table: DocumentTable
  readonly attachments: AttachmentTable | undefined
  readonly keyColumns: readonly KeyColumn<RxDocType>[]
  readonly parse: (data: string) => RxDocumentData<RxDocType>
  readonly onCommit: ((commit: SqliteCommit) => void) | undefined
}

type Events<RxDocType> = EventBulk<RxStorageChangeEvent<RxDocType>, SqliteCheckpoint>

export type WriteResult<RxDocType> = {
  readonly errors: RxStorageWriteError<RxDocType>[]
  /** To be emitted once the transaction is over; undefined when there is nothing to tell. */
  readonly eventBulk: Events<RxDocType> | undefined
}

type PassResult<RxDocType> = {
  readonly errors: RxStorageWriteError<RxDocType>[]
  readonly committed: CommittedRow[]
  readonly events: RxStorageChangeEvent<RxDocType>[]
  readonly bulkId: string
}

type Accepted<RxDocType> = {
  readonly stored: Omit<StoredRow, 'seq'>
  readonly previous: RxDocumentData<RxDocType> | undefined
  readonly document: RxDocumentData<RxDocType>
}

/** Writes all rows that can be written, and says why the others could not. Call it in a transaction. */
export function writeRows<RxDocType, Internals, Options>(
  target: WriteTarget<RxDocType, Internals, Options>,
  rows: readonly BulkWriteRow<RxDocType>[],
  context: string,
  bytes: AttachmentBytes,
): WriteResult<RxDocType> {
  const results = withoutRepeatedIds(target, rows).map((pass) => writePass(target, pass, context, bytes))
  const errors = results.flatMap((result) => result.errors)
  const committed = results.flatMap((result) => result.committed)
  const events = results.flatMap((result) => result.events)
  if (committed.length > 0) {
    target.onCommit?.({ collectionName: target.instance.collectionName, rows: committed, context })
  }
  const id = results[0]?.bulkId
  const seq = committed.at(-1)?.seq
  if (events.length === 0 || id === undefined || seq === undefined) return { errors, eventBulk: undefined }
  return { errors, eventBulk: { id, events, checkpoint: { seq }, context } }
}

/**
 * RxDB's helper compares every row with the state before the call and would let two rows for one document pass.
 * Later rows for the same document go into a later pass, which sees what the earlier one wrote.
 */
function withoutRepeatedIds<RxDocType, Internals, Options>(
  { primaryPath }: WriteTarget<RxDocType, Internals, Options>,
  rows: readonly BulkWriteRow<RxDocType>[],
): BulkWriteRow<RxDocType>[][] {
  const passes: BulkWriteRow<RxDocType>[][] = []
  const timesSeen = new Map<unknown, number>()
  for (const row of rows) {
    const id = row.document[primaryPath]
    const times = timesSeen.get(id) ?? 0
    timesSeen.set(id, times + 1)
    const pass = passes[times]
    if (pass === undefined) passes.push([row])
    else pass.push(row)
  }
  return passes
}

function writePass<RxDocType, Internals, Options>(
  target: WriteTarget<RxDocType, Internals, Options>,
  rows: BulkWriteRow<RxDocType>[],
  context: string,
  bytes: AttachmentBytes,
): PassResult<RxDocType> {
  const { primaryPath, table } = target
  const idOf = (document: RxDocumentData<RxDocType>): string => String(document[primaryPath])
  const errors = new Map<string, RxStorageWriteError<RxDocType>>()

  const before = new Map<string, RxDocumentData<RxDocType>>()
  const places = new Map<string, number>()
  for (const { document } of rows) {
    const id = String(document[primaryPath])
    const found = table.findPlaced(id)
    if (!found) continue
    before.set(id, target.parse(found.data))
    places.set(id, found.seq)
  }
  const categorised = categorizeBulkWriteRows<RxDocType>(
    target.instance,
    // The same key: RxDB types it once for the document and once for the document with its meta fields.
    primaryPath as StringKeys<RxDocType>,
    before,
    rows,
    context,
  )
  // The helper may report one document several times, once for each missing attachment.
  for (const error of categorised.errors) if (!errors.has(error.documentId)) errors.set(error.documentId, error)

  const processed = new Map<string, BulkWriteRowProcessed<RxDocType>>()
  for (const row of categorised.bulkInsertDocs) processed.set(idOf(row.document), row)
  for (const row of categorised.bulkUpdateDocs) processed.set(idOf(row.document), row)

  const accepted: Accepted<RxDocType>[] = []
  for (const row of rows) {
    const id = String(row.document[primaryPath])
    const document = processed.get(id)?.document
    if (document === undefined || errors.has(id)) continue
    try {
      accepted.push({ stored: encode(target, id, document), previous: before.get(id), document })
    } catch (reason) {
      errors.set(id, unstorable(target, id, row, context, reason))
    }
  }

  const lastSeq = accepted.length === 0 ? 0 : table.lastSeq()
  const committed = accepted.map(({ stored, previous, document }, index) => {
    const seq = lastSeq + 1 + index
    if (previous === undefined) table.insert({ ...stored, seq })
    else table.update({ ...stored, seq }, { deleted: previous._deleted, keys: keysOf(target, previous) })
    return { previous, previousSeq: places.get(stored.id), document, seq }
  })
  target.attachments?.write(categorised, bytes, (id) => !errors.has(id))

  // The helper also makes events for documents whose attachments are missing.
  const events = categorised.eventBulk.events.filter(({ documentId }) => !errors.has(documentId))
  return { errors: [...errors.values()], committed, events, bulkId: categorised.eventBulk.id }
}

function encode<RxDocType, Internals, Options>(
  target: WriteTarget<RxDocType, Internals, Options>,
  id: string,
  document: RxDocumentData<RxDocType>,
): Omit<StoredRow, 'seq'> {
  if (typeof document[target.primaryPath] !== 'string') throw new TypeError('the primary key is not a string')
  if (!isStorableId(id)) throw new TypeError('the primary key is not well-formed Unicode')
  return { id, deleted: document._deleted, data: JSON.stringify(document), keys: keysOf(target, document) }
}

function keysOf<RxDocType, Internals, Options>(
  { keyColumns }: WriteTarget<RxDocType, Internals, Options>,
  document: RxDocumentData<RxDocType>,
): readonly SortKey[] {
  return keyColumns.map((column) => column.keyOf(document))
}

/** One document that cannot be stored must not take the others with it. */
function unstorable<RxDocType, Internals, Options>(
  target: WriteTarget<RxDocType, Internals, Options>,
  documentId: string,
  writeRow: BulkWriteRow<RxDocType>,
  context: string,
  reason: unknown,
): RxStorageWriteError<RxDocType> {
  const message = reason instanceof Error ? reason.message : String(reason)
  return {
    isError: true,
    status: 422,
    documentId,
    writeRow,
    context,
    validationErrors: [{ field: target.primaryPath, message }],
    schema: target.schema,
  }
}
