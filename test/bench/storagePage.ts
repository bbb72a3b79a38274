/** Runs in a real browser: RxDB on Dexie (IndexedDB), and our storage through the channel of the app's window. */
import { createRxDatabase, type RxCollection } from 'rxdb'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import { RECORDS, type RecordDocument, recordSchema } from '../../model/database/recordSchema.ts'
import { openSocketLine } from '../../renderer/src/replica/databaseLine.ts'
import { remoteStorage } from '../../renderer/src/replica/remoteStorage.ts'
import {
  BULK,
  contenderOf,
  DATABASE,
  type Document,
  documentsLike,
  IN_SCOPE,
  lookupMs,
  openInstance,
  readTimes,
  writeRates,
} from './storageTasks.ts'

type Ids = readonly Pick<Document, 'id' | 'scope'>[]

const storageOver = (secret: string) =>
  remoteStorage({ openLine: () => openSocketLine(window.location.href, secret), gone: 'the channel was lost' })

/** When the live query told of a record for the first time, by its id. */
const seen = new Map<string, number>()

export const storagePage = {
  async dexie(templateJson: string, rounds: number, batches: number, singles: number, total: number, reads: number) {
    const template: Document = JSON.parse(templateJson)
    const contender = contenderOf(await openInstance(getRxStorageDexie(), {}))
    const rates = []
    for (let round = 0; round < rounds; round += 1) {
      rates.push(await writeRates(contender, template, batches, singles))
    }
    const left = total - rounds * (batches * BULK + singles * 3)
    const documents = documentsLike(template, left - (left % IN_SCOPE))
    for (let from = 0; from < documents.length; from += BULK) await contender.write(documents.slice(from, from + BULK))
    const times = []
    for (let round = 0; round < rounds; round += 1) times.push(await readTimes(contender, documents, reads))
    return { rates, times }
  },

  async remote(secret: string, ids: Ids, rounds: number, reads: number) {
    const contender = contenderOf(await openInstance(storageOver(secret), {}))
    const times = []
    for (let round = 0; round <= rounds; round += 1) {
      const { queryMs } = await readTimes(contender, ids, reads)
      times.push({ queryMs, lookupMs: await lookupMs(contender, ids, reads * 5) })
    }
    return times.slice(1) // the first one warms up
  },

  /** Begins a live query, as the window's pages have them. */
  async watch(secret: string, scope: string) {
    const database = await createRxDatabase<{ [RECORDS]: RxCollection<RecordDocument> }>({
      name: DATABASE,
      storage: storageOver(secret),
      multiInstance: false,
    })
    await database.addCollections({ [RECORDS]: { schema: recordSchema } })
    const found = database[RECORDS].find({ selector: { scope } })
    found.$.subscribe((records) => {
      for (const { id } of records) if (!seen.has(id)) seen.set(id, Date.now())
    })
    await found.exec()
  },

  seenAt: (id: string) => seen.get(id),
}

Object.assign(window, { storagePage })
