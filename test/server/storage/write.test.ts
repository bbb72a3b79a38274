import type { RxDocumentData } from 'rxdb'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkIntegrity } from '../../../server/storage/open.ts'
import type { SqliteCommit } from '../../../server/storage/rxStorage.ts'
import {
  changed,
  first,
  type Guest,
  type GuestData,
  type GuestStorage,
  guest,
  guestStorage,
  insert,
  newDatabase,
  prepared,
} from './helpers.ts'

const everything = prepared({ selector: {} })
const idsOf = (documents: readonly { id: string }[]): string[] => documents.map(({ id }) => id)

async function seqsOf(storage: GuestStorage): Promise<Record<string, number>> {
  const { database, tableName } = storage.internals
  const rows = database.prepare<[], { id: string; seq: number }>(`SELECT id, seq FROM ${tableName} ORDER BY seq`).all()
  return Object.fromEntries(rows.map(({ id, seq }) => [id, seq]))
}

type Told = { ids: string[]; operations: string[]; seq: number; context: string }

function listen(storage: GuestStorage): Told[] {
  const told: Told[] = []
  storage.changeStream().subscribe(({ events, checkpoint, context }) => {
    told.push({
      ids: events.map(({ documentId }) => documentId),
      operations: events.map(({ operation }) => operation),
      seq: checkpoint.seq,
      context,
    })
  })
  return told
}

describe('bulkWrite', () => {
  it('stores documents as JSON with all their meta fields', async () => {
    const storage = await guestStorage()
    const document = guest('ana', { name: 'Ana 💍' })
    expect(await insert(storage, document)).toEqual([document])
    const { database, tableName } = storage.internals
    const row = database.prepare<[], { data: string }>(`SELECT id, deleted, seq, data FROM ${tableName}`).get()
    expect(row).toEqual({ id: 'ana', deleted: 0, seq: 1, data: JSON.stringify(document) })
  })

  it('writes no page of an index whose fields keep their values', async () => {
    const storage = await guestStorage()
    const { database } = storage.internals
    // In the order of the index, guests that follow each other in the table are far apart.
    const nameOf = (i: number) => `Guest ${(i * 7919) % 3_000}`
    const guests = Array.from({ length: 3_000 }, (_, i) => guest(`guest-${i}`, { name: nameOf(i), table: 1 }))
    const stored = (await insert(storage, ...guests)).slice(0, 20)
    const pagesOf = async (fields: Partial<Guest>): Promise<number> => {
      database.pragma('wal_checkpoint(TRUNCATE)')
      const current = await storage.findDocumentsById(idsOf(stored), false)
      const { error } = await storage.bulkWrite(
        current.map((each) => changed(each, fields)),
        'edit',
      )
      expect(error).toEqual([])
      const [{ log }] = z.tuple([z.object({ log: z.number() })]).parse(database.pragma('wal_checkpoint(PASSIVE)'))
      return log
    }
    const ofNone = await pagesOf({})
    const ofOne = await pagesOf({ table: 2 })
    expect(ofOne - ofNone).toBeGreaterThan(10)
    const found = await storage.query(prepared({ selector: { table: 2 } }))
    expect(idsOf(found.documents).sort()).toEqual(idsOf(stored).sort())
    expect(checkIntegrity(database)).toEqual([])
  })

  it('refuses to insert over a document, and gives that document back', async () => {
    const storage = await guestStorage()
    const [stored] = await insert(storage, guest('ana'))
    const row = { document: guest('ana') }
    const { error } = await storage.bulkWrite([row], 'again')
    expect(error).toEqual([
      { isError: true, status: 409, documentId: 'ana', writeRow: row, documentInDb: stored, context: 'again' },
    ])
  })

  it('refuses an update of another revision and writes the other rows', async () => {
    const storage = await guestStorage()
    const [ana, ben] = await insert(storage, guest('ana'), guest('ben'))
    const update = changed(ben as GuestData, { table: 7 })
    const stale = changed({ ...(ana as GuestData), _rev: '1-other' }, { table: 8 })
    const { error } = await storage.bulkWrite([stale, update, { document: guest('cleo') }], 'test')
    expect(error.map(({ documentId, status }) => [documentId, status])).toEqual([['ana', 409]])
    expect(await storage.findDocumentsById(['ana', 'ben', 'cleo'], true)).toMatchObject([
      { id: 'ana', table: 1 },
      { id: 'ben', table: 7 },
      { id: 'cleo', table: 1 },
    ])
  })

  it('refuses to insert over a tombstone, but replaces it knowing its revision', async () => {
    const storage = await guestStorage()
    const ana = first(await insert(storage, guest('ana')))
    await storage.bulkWrite([changed(ana, { _deleted: true })], 'test')
    const tombstone = first(await storage.findDocumentsById(['ana'], true))
    const { error } = await storage.bulkWrite([{ document: guest('ana') }], 'test')
    expect(error).toMatchObject([{ status: 409, documentInDb: tombstone }])
    expect((await storage.bulkWrite([changed(tombstone, { _deleted: false, table: 5 })], 'test')).error).toEqual([])
    expect(await storage.findDocumentsById(['ana'], false)).toMatchObject([{ id: 'ana', table: 5 }])
  })

  it('treats two rows for one document as one after the other', async () => {
    const storage = await guestStorage()
    const document = guest('ana')
    const update = changed(document as GuestData, { table: 9 })
    const { error } = await storage.bulkWrite(
      [{ document }, { document: guest('ana') }, { document: guest('ben') }],
      'test',
    )
    expect(error).toMatchObject([{ status: 409, documentId: 'ana', documentInDb: document }])
    expect(
      (await storage.bulkWrite([update, changed(document as GuestData, { table: 3 })], 'test')).error,
    ).toMatchObject([{ status: 409, documentInDb: update.document }])
    expect(await storage.findDocumentsById(['ana'], false)).toMatchObject([{ table: 9 }])
  })

  it('reports a document that cannot be stored and writes the others', async () => {
    const storage = await guestStorage()
    const told = listen(storage)
    const halfPair = guest('a\ud83d')
    // What a client without validation may send: the type says it cannot be.
    const numberAsName = { ...guest('ben'), name: JSON.parse('42') }
    const { error } = await storage.bulkWrite(
      [{ document: halfPair }, { document: numberAsName }, { document: guest('cleo') }],
      'test',
    )
    expect(error.map(({ documentId, status }) => [documentId, status])).toEqual([
      ['a\ud83d', 422],
      ['ben', 422],
    ])
    expect((await storage.query(everything)).documents.map(({ id }) => id)).toEqual(['cleo'])
    expect(told).toMatchObject([{ ids: ['cleo'] }])
    await insert(storage, guest('a\ufffd'))
    expect(await storage.findDocumentsById(['a\ud83d'], true)).toEqual([])
  })

  it('keeps half a surrogate pair in a value', async () => {
    const storage = await guestStorage()
    expect(await insert(storage, guest('ana', { name: 'cut \ud83d' }))).toMatchObject([{ name: 'cut \ud83d' }])
  })

  it('keeps documents apart whose ids differ in case, composition or a zero character', async () => {
    const storage = await guestStorage()
    const ids = ['zoë', 'zoe\u0308', 'ZOË', 'zo', 'zo\u0000ë', '💍', "x'); DROP TABLE rx_collections; --"]
    await insert(storage, ...ids.map((id) => guest(id, { name: id.slice(0, 5) })))
    expect(idsOf(await storage.findDocumentsById(ids, false))).toEqual(ids)
  })

  it('writes a thousand documents in one go, in far less than a second', async () => {
    const storage = await guestStorage()
    const documents = Array.from({ length: 1000 }, (_, index) => guest(`guest-${index}`))
    const start = performance.now()
    await insert(storage, ...documents)
    const elapsedMs = performance.now() - start
    expect(idsOf((await storage.query(everything)).documents)).toHaveLength(1000)
    // Some 30 ms when the machine is quiet; the bound only catches a change of its kind, such as a commit per row.
    expect(elapsedMs).toBeLessThan(1000)
  })
})

describe('change events', () => {
  it('are out before the write resolves, in the order of the writes', async () => {
    const storage = await guestStorage()
    const told = listen(storage)
    const ana = first(await insert(storage, guest('ana'), guest('ben')))
    expect(told).toEqual([{ ids: ['ana', 'ben'], operations: ['INSERT', 'INSERT'], seq: 2, context: 'test' }])
    await storage.bulkWrite([changed(ana, { table: 2 }), { document: guest('cleo') }], 'update')
    const updated = first(await storage.findDocumentsById(['ana'], true))
    await storage.bulkWrite([changed(updated, { _deleted: true })], 'delete')
    const tombstone = first(await storage.findDocumentsById(['ana'], true))
    await storage.bulkWrite([changed(tombstone, { _deleted: false })], 'revive')
    expect(told.slice(1)).toEqual([
      { ids: ['ana', 'cleo'], operations: ['UPDATE', 'INSERT'], seq: 4, context: 'update' },
      { ids: ['ana'], operations: ['DELETE'], seq: 5, context: 'delete' },
      { ids: ['ana'], operations: ['INSERT'], seq: 6, context: 'revive' },
    ])
  })

  it('are about committed documents: the handler can read them', async () => {
    const storage = await guestStorage()
    const { database, tableName } = storage.internals
    const seen: unknown[] = []
    storage.changeStream().subscribe(() => {
      seen.push(database.inTransaction, database.prepare(`SELECT count(*) FROM ${tableName}`).pluck().get())
    })
    await insert(storage, guest('ana'))
    expect(seen).toEqual([false, 1])
  })

  it('are not sent when every row failed', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('ana'))
    const told = listen(storage)
    await storage.bulkWrite([{ document: guest('ana') }], 'test')
    expect(told).toEqual([])
  })

  it('reach all listeners in the same order when a handler writes', async () => {
    const storage = await guestStorage()
    const writes: Promise<unknown>[] = []
    storage.changeStream().subscribe(({ context }) => {
      if (context === 'test') writes.push(storage.bulkWrite([{ document: guest('ben') }], 'handler'))
    })
    const told = listen(storage)
    await insert(storage, guest('ana'))
    await Promise.all(writes)
    expect(told.map(({ ids, seq }) => [ids, seq])).toEqual([
      [['ana'], 1],
      [['ben'], 2],
    ])
  })

  it('reach other instances of the same collection, and no others', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    const told = listen(await guestStorage({ database }))
    const others = [
      await guestStorage({ database, collectionName: 'vendors' }),
      await guestStorage({ database, databaseName: 'other' }),
      await guestStorage({ database, schema: { ...storage.schema, version: 1 } }),
    ].map(listen)
    await insert(storage, guest('ana'))
    expect(told).toMatchObject([{ ids: ['ana'] }])
    expect(others).toEqual([[], [], []])
  })
})

describe('onCommit', () => {
  it('sees what is written, in row order, with what was stored before', async () => {
    const commits: SqliteCommit[] = []
    const storage = await guestStorage({ onCommit: (commit) => commits.push(commit) })
    const ana = first(await insert(storage, guest('ana')))
    const update = changed(ana, { table: 4 })
    const document = guest('ben')
    await storage.bulkWrite([{ document: guest('ana') }, { document }], 'second')
    await storage.bulkWrite([{ document: guest('aaa') }, update], 'third')
    expect(commits.slice(1)).toMatchObject([
      { collectionName: 'guests', context: 'second', rows: [{ previous: undefined, document, seq: 2 }] },
      {
        context: 'third',
        rows: [
          { document: { id: 'aaa' }, seq: 3 },
          { previous: ana, document: update.document, seq: 4 },
        ],
      },
    ])
  })

  it('writes in the transaction of the documents', async () => {
    const database = newDatabase()
    database.exec('CREATE TABLE ledger (seq INTEGER NOT NULL, id TEXT NOT NULL)')
    const add = database.prepare('INSERT INTO ledger VALUES (?, ?)')
    const storage = await guestStorage({
      database,
      onCommit: ({ rows }) => {
        expect(database.inTransaction).toBe(true)
        for (const { seq, document } of rows) add.run(seq, (document as RxDocumentData<Guest>).id)
      },
    })
    await insert(storage, guest('ana'), guest('ben'))
    expect(database.prepare('SELECT * FROM ledger').all()).toEqual([
      { seq: 1, id: 'ana' },
      { seq: 2, id: 'ben' },
    ])
  })

  it('takes everything back when it throws: documents, its own rows, the counter and the events', async () => {
    const database = newDatabase()
    database.exec('CREATE TABLE ledger (seq INTEGER NOT NULL)')
    let isFull = true
    const storage = await guestStorage({
      database,
      onCommit: () => {
        database.exec('INSERT INTO ledger VALUES (1)')
        if (isFull) throw new Error('ledger is full')
      },
    })
    const told = listen(storage)
    await expect(storage.bulkWrite([{ document: guest('ana') }], 'test')).rejects.toThrow('ledger is full')
    expect((await storage.query(everything)).documents).toEqual([])
    expect(database.prepare('SELECT count(*) FROM ledger').pluck().get()).toBe(0)
    expect(told).toEqual([])
    isFull = false
    await insert(storage, guest('ana'))
    expect(await seqsOf(storage)).toEqual({ ana: 1 })
  })

  it('is not called when there is nothing to commit', async () => {
    let calls = 0
    const storage = await guestStorage({ onCommit: () => (calls += 1) })
    await insert(storage, guest('ana'))
    await storage.bulkWrite([{ document: guest('ana') }], 'test')
    await storage.bulkWrite([], 'test')
    expect(calls).toBe(1)
  })

  it('may start a write of another collection, which then has its own transaction', async () => {
    const database = newDatabase()
    const log = await guestStorage({ database, collectionName: 'log' })
    const told = listen(log)
    const writes: Promise<unknown>[] = []
    const storage = await guestStorage({
      database,
      onCommit: () => {
        writes.push(log.bulkWrite([{ document: guest('entry') }], 'log'))
        throw new Error('refused')
      },
    })
    await expect(storage.bulkWrite([{ document: guest('ana') }], 'test')).rejects.toThrow('refused')
    await Promise.all(writes)
    expect(await seqsOf(log)).toEqual({ entry: 1 })
    expect(told).toHaveLength(1)
  })

  it('never becomes part of a transaction that somebody left open', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    database.exec('BEGIN')
    await expect(storage.bulkWrite([{ document: guest('ana') }], 'test')).rejects.toThrow('left open')
    database.exec('ROLLBACK')
    expect(await insert(storage, guest('ana'))).toHaveLength(1)
  })
})
