/** What the storages are asked to do, in Node and in a browser's page alike, and how long it takes them. */
import {
  fillWithDefaultSettings,
  normalizeMangoQuery,
  type PreparedQuery,
  prepareQuery,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
} from 'rxdb'
import { RECORDS, type RecordDocument, recordSchema } from '../../model/database/recordSchema.ts'

export type Document = RxDocumentData<RecordDocument>

export const DATABASE = 'wedsync'
export const BULK = 1_000
/** Each has as many documents as an indexed query finds. */
export const IN_SCOPE = 100
export const CALLERS = 20

const schema: RxJsonSchema<Document> = fillWithDefaultSettings(recordSchema)

/** One way to store documents. */
export interface Contender {
  write(documents: readonly Document[]): Promise<void>
  /** Documents of a scope in order of id, asked for by a query that is prepared beforehand. */
  query(scope: string): () => Promise<readonly unknown[]>
  find(ids: readonly string[]): Promise<readonly unknown[]>
}

export type Rates = { readonly bulk: number; readonly single: number; readonly concurrent: number }

export async function openInstance<I, O>(storage: RxStorage<I, O>, options: O) {
  return storage.createStorageInstance<RecordDocument>({
    databaseInstanceToken: 'bench',
    databaseName: DATABASE,
    collectionName: RECORDS,
    schema,
    options,
    multiInstance: false,
    devMode: false,
  })
}

export function contenderOf<I, O, C>(instance: RxStorageInstance<RecordDocument, I, O, C>): Contender {
  return {
    async write(documents) {
      const { error } = await instance.bulkWrite(
        documents.map((document) => ({ document })),
        'bench',
      )
      if (error.length > 0) throw new Error(`refused with ${error[0]?.status}`)
    },
    query(scope) {
      const prepared = prepareScope(scope)
      return async () => (await instance.query(prepared)).documents
    },
    find: (ids) => instance.findDocumentsById([...ids], false),
  }
}

function prepareScope(scope: string): PreparedQuery<RecordDocument> {
  const query = normalizeMangoQuery<RecordDocument>(schema, {
    selector: { _deleted: false, scope } as object,
    sort: [{ scope: 'asc' }, { table: 'asc' }, { id: 'asc' }],
  })
  return prepareQuery(schema, query)
}

/** Copies of one document with ids and scopes of their own. */
export function documentsLike(template: Document, count: number): Document[] {
  let scope = ''
  return Array.from({ length: count }, (_, n) => {
    if (n % IN_SCOPE === 0) scope = crypto.randomUUID()
    return { ...template, id: crypto.randomUUID(), scope, _meta: { lwt: Date.now() + n / 100 } }
  })
}

/** Documents a second: in batches, one after the other from one caller, and from many callers. */
export async function writeRates(contender: Contender, template: Document, batches: number, singles: number) {
  const bulk = documentsLike(template, BULK * batches)
  const single = documentsLike(template, singles)
  const concurrent = documentsLike(template, singles * 2)
  return {
    bulk: await perSecond(bulk.length, async () => {
      for (let from = 0; from < bulk.length; from += BULK) await contender.write(bulk.slice(from, from + BULK))
    }),
    single: await perSecond(single.length, async () => {
      for (const document of single) await contender.write([document])
    }),
    concurrent: await perSecond(concurrent.length, async () => {
      const each = concurrent.length / CALLERS
      await Promise.all(
        Array.from({ length: CALLERS }, async (_, caller) => {
          for (const document of concurrent.slice(caller * each, (caller + 1) * each)) await contender.write([document])
        }),
      )
    }),
  } satisfies Rates
}

type Ids = readonly Pick<Document, 'id' | 'scope'>[]

/** Milliseconds for a query that finds a hundred documents, and for a hundred documents by their ids; means of many. */
export async function readTimes(contender: Contender, documents: Ids, times: number) {
  const lookups = Array.from({ length: times }, () => Array.from({ length: 100 }, () => pick(documents).id))
  return {
    queryMs: await queryMs(contender, documents, times),
    findMs: await meanMs(lookups, async (ids) => expectHundred(await contender.find(ids))),
  }
}

export async function queryMs(contender: Contender, documents: Ids, times: number): Promise<number> {
  const queries = Array.from({ length: times }, () => contender.query(pick(documents).scope))
  return meanMs(queries, async (query) => expectHundred(await query()))
}

/** Milliseconds for one document by its id. */
export async function lookupMs(contender: Contender, documents: readonly Pick<Document, 'id'>[], times: number) {
  const ids = Array.from({ length: times }, () => pick(documents).id)
  return meanMs(ids, async (id) => {
    if ((await contender.find([id])).length !== 1) throw new Error(`${id} was not found`)
  })
}

async function meanMs<T>(tasks: readonly T[], run: (task: T) => Promise<void>): Promise<number> {
  const start = performance.now()
  for (const task of tasks) await run(task)
  return (performance.now() - start) / tasks.length
}

async function perSecond(amount: number, run: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await run()
  return amount / ((performance.now() - start) / 1_000)
}

function expectHundred(found: readonly unknown[]): void {
  if (found.length !== 100) throw new Error(`found ${found.length} documents instead of 100`)
}

function pick<T>(from: readonly T[]): T {
  const picked = from[Math.floor(Math.random() * from.length)]
  if (picked === undefined) throw new Error('nothing to pick from')
  return picked
}
