/**
 * The same random collection in our storage and in RxDB's memory storage has to answer alike.
 * `STORAGE_ROUNDS=20000` runs longer; `STORAGE_SEED=123` repeats the run that a failure message names.
 */
import {
  createRxDatabase,
  type MangoQuery,
  normalizeMangoQuery,
  type PreparedQuery,
  prepareQuery,
  type RxCollection,
  type RxDocumentData,
} from 'rxdb'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { describe, expect, it } from 'vitest'
import { getRxStorageSqlite } from '../../../server/storage/rxStorage.ts'
import { newDatabase } from './helpers.ts'
import { type Random, randomFrom, randomId, randomQuery, randomThing, type Thing, thingSchema } from './random.ts'

const ROUNDS = Number(process.env.STORAGE_ROUNDS ?? 300)
const SEED = Number(process.env.STORAGE_SEED ?? Date.now() % 1_000_000)
const TIMEOUT_MS = 30_000 + ROUNDS * 50

type Things = RxCollection<Thing>

async function openThings(storage: Parameters<typeof createRxDatabase>[0]['storage'], name: string) {
  const database = await createRxDatabase({ name, storage, multiInstance: false })
  const { things } = await database.addCollections({ things: { schema: thingSchema } })
  return { things: things as Things, close: () => database.close() }
}

/** Changes both collections in the same way. */
async function change(random: Random, collections: readonly Things[]): Promise<void> {
  const kind = random.below(4)
  const things = Array.from({ length: 1 + random.below(3) }, () => randomThing(random, randomId(random) || 'x'))
  // RxDB refuses the same document twice in a call.
  const distinct = [...new Map(things.map((thing) => [thing.id, thing])).values()]
  const position = random.below(40)
  for (const collection of collections) {
    const documents = await collection.find({ selector: {}, sort: [{ id: 'asc' }], skip: position, limit: 2 }).exec()
    if (kind === 0) await collection.bulkRemove(documents)
    else if (kind === 1)
      for (const document of documents) await document.incrementalPatch({ age: position % 20, name: 'b😀' })
    else await collection.bulkUpsert(distinct)
  }
}

const withoutMeta = ({ _rev, _meta, ...rest }: RxDocumentData<Thing>): object => rest

/** The query as a storage gets it, but without the condition that hides deleted documents, which RxDB adds to the rest. */
function prepare({ schema }: Things, query: MangoQuery<Thing>): PreparedQuery<Thing> {
  const index = query.index === undefined ? {} : { index: ['_deleted', ...query.index] }
  return prepareQuery<Thing>(schema.jsonSchema, normalizeMangoQuery<Thing>(schema.jsonSchema, { ...query, ...index }))
}

async function answersOf(collection: Things, query: MangoQuery<Thing>) {
  const { skip: _skip, limit: _limit, ...unlimited } = query
  const [found, stored, counted] = await Promise.all([
    collection.find(query).exec(),
    collection.storageInstance.query(prepare(collection, query)),
    // The memory storage counts beyond skip and limit.
    collection.storageInstance.count(prepare(collection, unlimited)),
  ])
  return {
    found: found.map((document) => document.toJSON()),
    stored: stored.documents.map(withoutMeta),
    count: counted.count,
  }
}

describe('compared with the memory storage', () => {
  it(
    `gives the same answers to random queries`,
    async () => {
      const random = randomFrom(SEED)
      const ours = await openThings(getRxStorageSqlite({ database: newDatabase() }), 'comparison')
      const theirs = await openThings(getRxStorageMemory(), `comparison-${SEED}-${Date.now()}`)
      try {
        const initial = Array.from({ length: 60 }, (_, index) => randomThing(random, `${index}${randomId(random)}`))
        for (const { things } of [ours, theirs]) await things.bulkInsert(initial)
        let hits = 0
        for (let round = 0; round < ROUNDS; round += 1) {
          if (random.chance(0.5)) await change(random, [ours.things, theirs.things])
          const query = randomQuery(random)
          const expected = await answersOf(theirs.things, query)
          const actual = await answersOf(ours.things, query)
          expect(actual, `STORAGE_SEED=${SEED}, round ${round}: ${JSON.stringify(query)}`).toEqual(expected)
          if (expected.found.length > 0) hits += 1
        }
        // Queries that never find anything would prove nothing.
        expect(hits).toBeGreaterThan(ROUNDS / 4)
      } finally {
        await Promise.all([ours.close(), theirs.close()])
      }
    },
    TIMEOUT_MS,
  )
})
