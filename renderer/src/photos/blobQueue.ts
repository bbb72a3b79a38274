/**
 * Photos and documents that were added on this tablet and that its hub does not have yet, in IndexedDB. They survive a
 * reload and the browser's end, and leave when the hub has them whole.
 */
import { z } from 'zod'
import { blobName } from '../../../model/blobs/blob.ts'

const DATABASE = 'wedsync-blobs'
const STORE = 'waiting'

const entry = z.object({
  name: blobName,
  bytes: z.instanceof(Blob),
  /** Ms since 1970 UTC. */
  addedMs: z.number(),
})

export interface BlobQueue {
  /** Size and time of everything that waits. */
  waiting(): ReadonlyMap<string, { readonly size: number; readonly addedMs: number }>
  /** Resolves when the bytes are in the database. */
  add(name: string, bytes: Blob): Promise<void>
  bytes(name: string): Promise<Blob | undefined>
  remove(name: string): Promise<void>
}

export async function openBlobQueue(): Promise<BlobQueue> {
  const database = await openDatabase()
  const entries = z.array(entry).parse(await run(database, 'readonly', (store) => store.getAll()))
  const waiting = new Map(entries.map(({ name, bytes, addedMs }) => [name, { size: bytes.size, addedMs }]))
  return {
    waiting: () => waiting,
    async add(name, bytes) {
      const addedMs = Date.now()
      await run(database, 'readwrite', (store) => store.put({ name, bytes, addedMs } satisfies z.infer<typeof entry>))
      waiting.set(name, { size: bytes.size, addedMs })
    },
    async bytes(name) {
      return entry.optional().parse(await run(database, 'readonly', (store) => store.get(name)))?.bytes
    },
    async remove(name) {
      await run(database, 'readwrite', (store) => store.delete(name))
      waiting.delete(name)
    },
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'name' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the browser gives no database'))
  })
}

/** One transaction with one request; resolves when it is committed. */
function run(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode, { durability: 'strict' })
    const request = ask(transaction.objectStore(STORE))
    transaction.oncomplete = () => resolve(request.result)
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser could not keep the bytes'))
  })
}
