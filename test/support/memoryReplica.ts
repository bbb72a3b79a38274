import { createRxDatabase, type RxCollection, type RxDocumentData } from 'rxdb'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import {
  RECORDS,
  type RecordDocument,
  sequencedRecordMigrations,
  sequencedRecordSchema,
} from '../../model/database/recordSchema.ts'
import { openSequencedStore, type SequencedStore } from '../../model/database/sequencedStore.ts'
import { createClock } from '../../model/merge/clock.ts'
import { type Author, createRecord, type Data, editRecord, type NewRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { type RecordView, viewRecord } from '../../model/merge/view.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'

/** A `StateStore` that forgets everything when it is dropped. */
export function createMemoryState(entries: Map<string, unknown> = new Map()): StateStore {
  return {
    get: async (key) => entries.get(key),
    async set(key, value) {
      entries.set(key, structuredClone(value))
    },
    list: async (prefix) => new Map([...entries].filter(([key]) => key.startsWith(prefix))),
  }
}

export interface MemoryReplica {
  readonly name: string
  readonly changes: SequencedStore
  readonly state: StateStore
  readonly collection: RxCollection<RecordDocument>
  /** An author on this device, now. */
  author(more?: Partial<Author>): Author
  create(record: NewRecord): Promise<CausalRecord>
  edit(id: string, data: Data, more?: Partial<Author>): Promise<CausalRecord>
  /** Changes a record by a function of the merge core. */
  change(id: string, change: (record: CausalRecord) => CausalRecord): Promise<CausalRecord>
  read(id: string): Promise<CausalRecord>
  /** Takes rows out of the storage behind the back of everything above it. */
  removeByHand(ids: readonly string[]): Promise<void>
  close(): Promise<void>
}

export interface MemoryReplicaOptions {
  /** Wall clock, ms since 1970 UTC. */
  readonly now: () => number
  readonly state?: StateStore
  /** What it holds from the start, with its places in the log. */
  readonly documents?: readonly RxDocumentData<RecordDocument>[]
}

/** Eleven characters, as epochs and actors have. */
export function elevenChars(name: string): string {
  return name.padEnd(11, '_').slice(0, 11)
}

let opened = 0

/**
 * A replica on RxDB's memory storage. Close it: free RxDB allows about 13 open collections a process.
 */
export async function openMemoryReplica(
  name: string,
  { now, state = createMemoryState(), documents = [] }: MemoryReplicaOptions,
): Promise<MemoryReplica> {
  const database = await createRxDatabase<{ records: RxCollection<RecordDocument> }>({
    name: `${name}-${++opened}`,
    storage: getRxStorageMemory(),
    multiInstance: false,
  })
  const { records: collection } = await database.addCollections({
    [RECORDS]: { schema: sequencedRecordSchema, migrationStrategies: sequencedRecordMigrations, autoMigrate: false },
  })
  if (!collection) throw new Error('RxDB made no collection')
  const rows = documents.map((document) => ({ document }))
  if (rows.length > 0) await collection.storageInstance.bulkWrite(rows, 'from the start')
  const changes = await openSequencedStore(collection, elevenChars(`${name}-epoch`))
  const clock = createClock(now)
  const author = (more: Partial<Author> = {}): Author => ({
    actor: elevenChars(name),
    stamp: clock.next(),
    ...more,
  })

  async function read(id: string): Promise<CausalRecord> {
    const record = (await changes.records([id])).get(id)
    if (!record) throw new Error(`${name} holds no record ${id}`)
    return record
  }

  async function change(id: string, apply: (record: CausalRecord) => CausalRecord): Promise<CausalRecord> {
    await changes.update([id], (current) => {
      const before = current.get(id)
      if (!before) throw new Error(`${name} holds no record ${id}`)
      const after = apply(before)
      return after === before ? [] : [{ record: after }]
    })
    return read(id)
  }

  return {
    name,
    changes,
    state,
    collection,
    author,
    async create(record) {
      const created = createRecord(record, author())
      await changes.update([], () => [{ record: created }])
      return created
    },
    edit(id, data, more) {
      const by = author(more)
      return change(id, (record) => editRecord(record, data, by))
    },
    change,
    read,
    async removeByHand(ids) {
      const storage = collection.storageInstance
      const rows = (await storage.findDocumentsById([...ids], true)).map((previous) => ({
        previous,
        document: { ...previous, _deleted: true },
      }))
      await storage.bulkWrite(rows, 'by hand')
      while (!(await storage.cleanup(0))) {
        // purges a part of the deleted rows at each call
      }
    },
    async close() {
      await database.close()
    },
  }
}

/** A record of a replica as people see it. */
export async function viewOf(replica: MemoryReplica, id: string): Promise<RecordView> {
  return viewRecord(await replica.read(id))
}
