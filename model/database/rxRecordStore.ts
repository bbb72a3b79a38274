import {
  type BulkWriteRow,
  normalizeMangoQuery,
  prepareQuery,
  type RxCollection,
  type RxDocumentData,
  type RxStorageBulkWriteResponse,
} from 'rxdb'
import { isEmptied } from '../merge/record.ts'
import type { ChangeFunction, RecordStore, ScopePage, Write } from '../sync/changeStore.ts'
import { recordOf, storedForm } from './recordOf.ts'
import type { RecordDocument } from './recordSchema.ts'

type Stored = RxDocumentData<RecordDocument>

const WRITE_CONTEXT = 'wedsync'
const CONFLICT = 409

export interface RxRecordStore extends RecordStore {
  /**
   * As `update`. The storage is told of the first commit under this name; of those that follow, because somebody else was faster
   * with some of the records, as of any others.
   * @returns whether anything was committed
   */
  updateAs(context: string, ids: readonly string[], change: ChangeFunction): Promise<boolean>
  /** Commits what another tab would write into the collection's storage, in turn with all that is written here. */
  writeRows: BulkWrite
}

/** As of a storage. */
export type BulkWrite = (
  rows: readonly BulkWriteRow<RecordDocument>[],
  context: string,
) => Promise<RxStorageBulkWriteResponse<RecordDocument>>

/**
 * Records in an RxDB collection, whatever storage is below it: SQLite on an install, the remote storage in its window,
 * Dexie on a tablet. Writes go to the collection's storage, so that live queries everywhere follow.
 * @param nextSeq for a storage without a commit order of its own: the place of the next write in the change log
 */
export function rxRecordStore(collection: RxCollection<RecordDocument>, nextSeq?: () => number): RxRecordStore {
  const storage = collection.storageInstance
  // One writer at a time where this store counts, so that the order of `nextSeq` is the order of commits. Elsewhere
  // only updates of the same records wait for each other, and the storage may commit the others together.
  const turns = nextSeq ? inTurn() : inTurnPerId()
  const listeners = new Set<(scope: string) => void>()
  let subscription: { unsubscribe(): void } | undefined

  async function commit(ids: readonly string[], change: ChangeFunction, firstContext: string): Promise<boolean> {
    let asked = new Set(ids)
    let open: ReadonlySet<string> | undefined
    let hasCommitted = false
    for (;;) {
      const found = await storage.findDocumentsById([...asked], true)
      const previous = new Map(found.map((document) => [document.id, document]))
      const held = found.filter(({ _deleted }) => !_deleted)
      const all = change(new Map(held.map((document) => [document.id, recordOf(document)])))
      const retry = open
      const writes = retry ? all.filter(({ record }) => retry.has(record.id)) : all
      if (writes.length === 0) return hasCommitted
      const rows = writes.map((write) => {
        const before = previous.get(write.record.id)
        const document = documentOf(write, before, nextSeq)
        return before ? { previous: before, document } : { document }
      })
      const { error } = await storage.bulkWrite(rows, hasCommitted ? WRITE_CONTEXT : firstContext)
      if (error.length < rows.length) hasCommitted = true
      if (error.length === 0) return hasCommitted
      const fatal = error.find(({ status }) => status !== CONFLICT)
      if (fatal) throw new Error(`the storage refused record ${fatal.documentId} with status ${fatal.status}`)
      // Somebody else was faster with these: read them again and ask again.
      open = new Set(error.map(({ documentId }) => documentId))
      asked = new Set([...asked, ...open])
    }
  }

  return {
    async records(ids) {
      const found = await storage.findDocumentsById([...ids], false)
      return new Map(found.map((document) => [document.id, recordOf(document)]))
    },

    async inScope(scope, { table, after, limit }: ScopePage = {}) {
      const query = normalizeMangoQuery<Stored>(storage.schema, {
        selector: {
          // Every index begins with it: without it, all records of all scopes would be read.
          _deleted: { $eq: false },
          scope,
          ...(table !== undefined && { table }),
          ...(after !== undefined && { id: { $gt: after } }),
        },
        sort: [{ id: 'asc' }],
        ...(limit !== undefined && { limit }),
      })
      const { documents } = await storage.query(prepareQuery(storage.schema, query))
      return documents.map(recordOf)
    },

    async update(ids, change) {
      await turns(ids, () => commit(ids, change, WRITE_CONTEXT))
    },

    updateAs: (context, ids, change) => turns(ids, () => commit(ids, change, context)),

    writeRows(rows, context) {
      const ids = rows.map(({ document }) => document.id)
      return turns(ids, () => {
        const placed = rows.map(({ previous, document }) => ({
          ...(previous && { previous }),
          document: { ...document, ...(nextSeq && { seq: nextSeq() }) },
        }))
        // The other tab has given the documents their revisions.
        return collection.internalStorageInstance.bulkWrite(placed, context)
      })
    },

    subscribe(listener) {
      const own = (scope: string): void => listener(scope) // one of its own, also if somebody listens twice
      listeners.add(own)
      // Of the storage's events once, however many listen: a hub has a session for each of its devices.
      subscription ??= storage.changeStream().subscribe(({ events }) => {
        const scopes = new Set(events.map(({ documentData }) => documentData.scope))
        for (const tell of [...listeners]) for (const scope of scopes) if (listeners.has(tell)) tell(scope)
      })
      return () => {
        listeners.delete(own)
        if (listeners.size > 0) return
        subscription?.unsubscribe()
        subscription = undefined
      }
    },
  }
}

/** Runs an update of the records with these ids when its turn has come. */
type Turns = <T>(ids: readonly string[], update: () => Promise<T>) => Promise<T>

function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return (_ids, update) => {
    const done = last.then(update)
    last = done.catch(() => undefined) // reported to its own caller; the next writer is not concerned
    return done
  }
}

function inTurnPerId(): Turns {
  const lastOf = new Map<string, Promise<unknown>>()
  return (ids, update) => {
    const done = Promise.all(ids.map((id) => lastOf.get(id))).then(update)
    const last = done.catch(() => undefined)
    for (const id of ids) lastOf.set(id, last)
    void last.then(() => {
      for (const id of ids) if (lastOf.get(id) === last) lastOf.delete(id)
    })
    return done
  }
}

function documentOf({ record, stored, from = '' }: Write, before: Stored | undefined, nextSeq?: () => number): Stored {
  return {
    ...(stored ?? storedForm(record)),
    from,
    ...(nextSeq && { seq: nextSeq() }),
    _deleted: isEmptied(record),
    _attachments: before?._attachments ?? {},
    _meta: before?._meta ?? { lwt: 1 },
    _rev: before?._rev ?? '',
  }
}
