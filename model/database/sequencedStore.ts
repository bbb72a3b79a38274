import { normalizeMangoQuery, prepareQuery, type RxCollection, type RxDocumentData } from 'rxdb'
import { type Change, type ChangeStore, lazyChange, type TableFilter } from '../sync/changeStore.ts'
import { createCommitLog, type LogEntry } from './commitLog.ts'
import { isTakenOut, recordOf, storedOf } from './recordOf.ts'
import type { RecordDocument } from './recordSchema.ts'
import { type BulkWrite, rxRecordStore } from './rxRecordStore.ts'

export interface SequencedStore extends ChangeStore {
  /** Commits what another tab would write into the collection's storage: it gets its place in the change log here. */
  writeRows: BulkWrite
}

/**
 * A `ChangeStore` over a storage that keeps no commit order (Dexie in a tablet's browser, memory): every write carries
 * the next `seq`, by which the change log is put in order once, at the start. Only one store may be open on the same data at a time,
 * since two would count apart; the caller sees to it (a tab by a Web Lock).
 */
export async function openSequencedStore(
  collection: RxCollection<RecordDocument>,
  epoch: string,
): Promise<SequencedStore> {
  const storage = collection.storageInstance
  const log = createCommitLog()
  // With what was taken out: its place in the log is not to be given to another change.
  const all = normalizeMangoQuery<RxDocumentData<RecordDocument>>(storage.schema, {
    selector: {},
    sort: [{ id: 'asc' }],
  })
  const { documents } = await storage.query(prepareQuery(storage.schema, all))
  for (const document of [...documents].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))) log.note(document)
  let seq = Math.max(0, ...log.scopes().map(log.head))
  const records = rxRecordStore(collection, () => ++seq)
  // Before whoever else subscribes: they read the log when they hear of a change.
  storage.changeStream().subscribe(({ events }) => {
    for (const { operation, documentId, documentData } of events) {
      if (operation === 'DELETE' && !isTakenOut(documentData)) log.drop(documentId)
      else log.note(documentData)
    }
  })

  /** Every index begins with `_deleted`: without it, all of one would be gone through. */
  async function countRows(scope: string, isOut: boolean): Promise<number> {
    const query = normalizeMangoQuery<RxDocumentData<RecordDocument>>(storage.schema, {
      selector: { _deleted: { $eq: isOut }, scope },
    })
    return (await storage.count(prepareQuery(storage.schema, query))).count
  }

  return {
    ...records,
    epoch,

    async scopes() {
      return log.scopes()
    },

    async head(scope) {
      return log.head(scope)
    },

    async heads(scopes) {
      return new Map(scopes.map((scope) => [scope, log.head(scope)] as const).filter(([, head]) => head > 0))
    },

    async changesSince(scope, since, { limit, except, tables }) {
      const read: LogEntry[] = []
      let more = false
      let upTo = since
      for (const entry of log.since(scope, since)) {
        if (tables && !isOf(tables, entry.table)) continue
        more = read.length === limit
        if (more) break
        upTo = entry.seq
        if (except === undefined || entry.from !== except) read.push(entry)
      }
      const ids = read.map(({ id }) => id)
      // Also what was taken out, which the log tells of. To be asked for nothing has a storage put its indexes in order all the same.
      const found = ids.length > 0 ? await storage.findDocumentsById(ids, true) : []
      const byId = new Map(found.map((document) => [document.id, document]))
      return {
        changes: read.flatMap((entry) => changeOf(entry, byId.get(entry.id))),
        upTo,
        more,
      }
    },

    async countSince(scope, since, except) {
      if (except === undefined && since === 0) {
        // Of the storage and not of the log: whoever counts all wants to know whether some are missing.
        return (await countRows(scope, false)) + (await countRows(scope, true))
      }
      let count = 0
      for (const { from } of log.since(scope, since)) if (except === undefined || from !== except) count++
      return count
    },
  }
}

function isOf(tables: TableFilter, table: string): boolean {
  return 'only' in tables ? tables.only.includes(table) : !tables.not.includes(table)
}

/** Nothing if the record was changed again meanwhile: it stands further on in the log. */
function changeOf({ seq, from }: LogEntry, document: RecordDocument | undefined): readonly Change[] {
  if (document?.seq !== seq) return []
  return [
    lazyChange(
      seq,
      from,
      () => storedOf(document),
      () => recordOf(document),
    ),
  ]
}
