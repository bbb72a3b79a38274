import type { RxCollection, RxJsonSchema } from 'rxdb'
import type { StateStore } from '../../../model/sync/changeStore.ts'

export interface StateDocument {
  key: string
  json: string
}

export const stateSchema: RxJsonSchema<StateDocument> = {
  title: 'state',
  version: 0,
  primaryKey: 'key',
  type: 'object',
  properties: { key: { type: 'string', maxLength: 200 }, json: { type: 'string' } },
  required: ['key', 'json'],
}

/** Small durable facts of a tablet: who it is, and its cursors. */
export function stateStore(collection: RxCollection<StateDocument>): StateStore {
  return {
    async get(key) {
      const found = await collection.findOne(key).exec()
      return found ? JSON.parse(found.json) : undefined
    },
    async set(key, value) {
      await collection.upsert({ key, json: JSON.stringify(value) })
    },
    async list(prefix) {
      const found = await collection.find({ selector: { key: { $gte: prefix, $lt: `${prefix}\uffff` } } }).exec()
      return new Map(found.map(({ key, json }) => [key, JSON.parse(json)]))
    },
  }
}
