import { normalizeMangoQuery, prepareQuery, type RxCollection } from 'rxdb'
import type { ChangeStore } from '../sync/changeStore.ts'
import { recordOf } from './recordOf.ts'
import type { RecordDocument } from './recordSchema.ts'
import { rxRecordStore } from './rxRecordStore.ts'

/**
 * A `ChangeStore` over a storage that keeps no commit order (Dexie in a tablet's browser, memory): every write carries
 * the next `seq`, and an index over it is the change log. Only one store may be open on the same data at a time, since
 * two would count apart; the caller sees to it (a tab by a Web Lock).
 */
export async function openSequencedStore(
  collection: RxCollection<RecordDocument>,
  epoch: string,
): Promise<ChangeStore> {
  const storage = collection.storageInstance

  async function find(selector: object, order: 'asc' | 'desc', limit?: number): Promise<RecordDocument[]> {
    const query = normalizeMangoQuery<RecordDocument>(storage.schema, {
      selector,
      sort: 'scope' in selector ? [{ scope: order }, { seq: order }] : [{ seq: order }],
      ...(limit !== undefined && { limit }),
    })
    return (await storage.query(prepareQuery(storage.schema, query))).documents
  }

  const [last] = await find({ seq: { $gte: 0 } }, 'desc', 1)
  let seq = last?.seq ?? 0
  const records = rxRecordStore(collection, () => ++seq)

  return {
    ...records,
    epoch,

    async scopes() {
      return [...new Set((await find({ seq: { $gte: 0 } }, 'asc')).map(({ scope }) => scope))]
    },

    async head(scope) {
      const [latest] = await find({ scope, seq: { $gte: 0 } }, 'desc', 1)
      return latest?.seq ?? 0
    },

    async changesSince(scope, since, { limit, except, tables }) {
      const ofTables = tables && { table: 'only' in tables ? { $in: [...tables.only] } : { $nin: [...tables.not] } }
      const found = await find({ scope, seq: { $gt: since }, ...ofTables }, 'asc', limit + 1)
      const read = found.slice(0, limit)
      return {
        changes: read
          .filter(({ from }) => except === undefined || from !== except)
          .map((document) => ({
            seq: document.seq ?? 0,
            record: recordOf(document),
            ...(document.from !== '' && { from: document.from }),
          })),
        upTo: read.at(-1)?.seq ?? since,
        more: found.length > limit,
      }
    },

    async countSince(scope, since, except) {
      const found = await find({ scope, seq: { $gt: since } }, 'asc')
      return found.filter(({ from }) => except === undefined || from !== except).length
    },
  }
}
