/** Runs in a real browser: RxDB on Dexie (IndexedDB), and our storage through the channel of the app's window. */
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import { openSocketLine } from '../../renderer/src/replica/databaseLine.ts'
import { remoteStorage } from '../../renderer/src/replica/remoteStorage.ts'
import {
  BULK,
  contenderOf,
  type Document,
  documentsLike,
  IN_SCOPE,
  lookupMs,
  openInstance,
  readTimes,
  writeRates,
} from './storageTasks.ts'

type Ids = readonly Pick<Document, 'id' | 'scope'>[]

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
    const lost = (): never => {
      throw new Error('the channel was lost')
    }
    const open = () => openSocketLine(window.location.href, secret)
    const contender = contenderOf(await openInstance(remoteStorage(open, lost), {}))
    const times = []
    for (let round = 0; round <= rounds; round += 1) {
      const { queryMs } = await readTimes(contender, ids, reads)
      times.push({ queryMs, lookupMs: await lookupMs(contender, ids, reads * 5) })
    }
    return times.slice(1) // the first one warms up
  },
}

Object.assign(window, { storagePage })
