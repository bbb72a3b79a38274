/**
 * Random collections in our storage and in RxDB's memory storage: the same calls have to give the same answers and the
 * same events. Several writes are called at once, so that they share a commit.
 *
 * `STORAGE_ROUNDS=100000` runs longer; `STORAGE_SEED=123` repeats the run that a failure message names.
 */
import {
  type BulkWriteRow,
  type FilledMangoQuery,
  normalizeMangoQuery,
  now,
  type PreparedQuery,
  prepareQuery,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageChangeEvent,
  type RxStorageInstance,
} from 'rxdb'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { describe, expect, it } from 'vitest'
import type { Database } from '../../../server/storage/open.ts'
import { getRxStorageSqlite } from '../../../server/storage/rxStorage.ts'
import { newDatabase } from './helpers.ts'
import {
  IDS,
  type Random,
  randomFrom,
  randomId,
  randomQuery,
  randomShape,
  randomThing,
  type Shape,
  type Thing,
} from './random.ts'

const ROUNDS = Number(process.env.STORAGE_ROUNDS ?? 5_000)
const ROUNDS_OF_A_SCHEMA = 100
const SEED = Number(process.env.STORAGE_SEED ?? Date.now() % 1_000_000)
const TIMEOUT_MS = 60_000 + ROUNDS * 50

type Stored = RxDocumentData<Thing>
type Rows = BulkWriteRow<Thing>[]

type Side = {
  readonly instance: RxStorageInstance<Thing, unknown, unknown, unknown>
  readonly events: RxStorageChangeEvent<Thing>[]
}

async function openSide<I, O>(storage: RxStorage<I, O>, shape: Shape, collectionName: string, options: O) {
  const instance = await storage.createStorageInstance<Thing>({
    databaseInstanceToken: collectionName,
    databaseName: 'comparison',
    collectionName,
    schema: shape.schema,
    options,
    multiInstance: false,
    devMode: false,
  })
  const events: RxStorageChangeEvent<Thing>[] = []
  instance.changeStream().subscribe((bulk) => events.push(...bulk.events))
  return { instance, events }
}

let revisions = 0

/** One to four rows for different documents: inserts, updates, deletions and revivals, some on a state that is gone. */
function randomRows(random: Random, shape: Shape, current: ReadonlyMap<string, Stored>): Rows {
  const ids = new Set(Array.from({ length: 1 + random.below(4) }, () => randomId(random)))
  return [...ids].map((id) => {
    const known = current.get(id)
    const previous = known && random.chance(0.05) ? { ...known, _rev: '0-other' } : known
    const document = {
      ...randomThing(random, shape, id),
      _deleted: random.chance(0.2),
      _attachments: {},
      _meta: { lwt: now() },
      _rev: `${++revisions}-random`,
    }
    return previous === undefined || random.chance(0.05) ? { document } : { document, previous }
  })
}

async function writeAll({ instance, events }: Side, calls: readonly Rows[]) {
  events.length = 0
  const answers = await Promise.all(calls.map((rows) => instance.bulkWrite(structuredClone(rows), 'random')))
  return {
    errors: answers.map(({ error }) =>
      error.map((one) => ({ ...one, writeRow: undefined, documentInDb: 'documentInDb' in one && one.documentInDb })),
    ),
    events: events.map((event) => ({ ...event, previousDocumentData: event.previousDocumentData ?? undefined })),
  }
}

/** The query as a storage gets it, without the condition that hides deleted documents, which RxDB adds on its own. */
function prepare({ schema }: Shape, query: Parameters<typeof normalizeMangoQuery<Stored>>[1]): PreparedQuery<Thing> {
  // RxDB types the same query once for the document and once for the document with its meta fields.
  const normalised = normalizeMangoQuery<Stored>(schema as RxJsonSchema<RxDocumentData<Stored>>, query)
  return prepareQuery<Thing>(schema, normalised as FilledMangoQuery<Thing>)
}

async function compareRound(random: Random, shape: Shape, [ours, theirs]: readonly [Side, Side], message: string) {
  const kind = random.below(20)
  if (kind < 8) {
    const found = await theirs.instance.findDocumentsById([...IDS], true)
    const current = new Map(found.map((document) => [document.id, document]))
    const calls = Array.from({ length: 1 + random.below(4) }, () => randomRows(random, shape, current))
    const expected = await writeAll(theirs, calls)
    expect(await writeAll(ours, calls), message).toEqual(expected)
    return false
  }
  if (kind === 8) {
    const ids = Array.from({ length: 10 }, () => randomId(random))
    const withDeleted = random.chance(0.5)
    const expected = await theirs.instance.findDocumentsById(ids, withDeleted)
    expect(await ours.instance.findDocumentsById(ids, withDeleted), message).toEqual(expected)
    return false
  }
  if (kind === 9 && random.chance(0.2)) {
    expect(await ours.instance.cleanup(0), message).toBe(await theirs.instance.cleanup(0))
    return false
  }
  const query = randomQuery(random, shape)
  const { skip: _skip, limit: _limit, ...unlimited } = query
  const [all, counted] = [prepare(shape, query), prepare(shape, unlimited)] // memory counts beyond skip and limit
  const expected = await theirs.instance.query(all)
  const details = `${message}: ${JSON.stringify(query)}`
  expect(await ours.instance.query(all), details).toEqual(expected)
  expect((await ours.instance.count(counted)).count, details).toBe((await theirs.instance.count(counted)).count)
  return expected.documents.length > 0
}

async function compareSchema(seed: number, database: Database): Promise<number> {
  const random = randomFrom(seed)
  const shape = randomShape(random)
  const sides = [
    await openSide(getRxStorageSqlite({ database }), shape, `things${seed}`, {}),
    await openSide(getRxStorageMemory(), shape, `things${seed}`, {}),
  ] as const
  const first = Array.from({ length: 10 }, () => randomRows(random, shape, new Map()))
  for (const side of sides) await writeAll(side, first)
  let hits = 0
  for (let round = 0; round < ROUNDS_OF_A_SCHEMA; round += 1) {
    if (await compareRound(random, shape, sides, `STORAGE_SEED=${seed}, round ${round}`)) hits += 1
  }
  await Promise.all(sides.map(({ instance }) => instance.close()))
  return hits
}

describe('compared with the memory storage', () => {
  it(
    `gives the same answers and events for random schemas, queries and writes (seed ${SEED})`,
    async () => {
      const database = newDatabase()
      database.pragma('synchronous = OFF') // nothing here is about power cuts, and waiting for the disk takes longest
      let hits = 0
      for (let done = 0; done < ROUNDS; done += ROUNDS_OF_A_SCHEMA) {
        hits += await compareSchema(SEED + done / ROUNDS_OF_A_SCHEMA, database)
      }
      // Queries that never find anything would prove nothing.
      expect(hits).toBeGreaterThan(ROUNDS / 8)
    },
    TIMEOUT_MS,
  )
})
