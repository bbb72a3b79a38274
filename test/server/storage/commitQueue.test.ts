import { describe, expect, it } from 'vitest'
import type { SqliteCommit } from '../../../server/storage/rxStorage.ts'
import {
  changed,
  commitsInLog,
  crashedCopy,
  first,
  type GuestStorage,
  guest,
  guestStorage,
  insert,
  newDatabase,
  open,
  prepared,
  randomKey,
  temporaryFile,
} from './helpers.ts'

const ids = Array.from({ length: 100 }, (_, index) => `guest-${index}`)
const write = (storage: GuestStorage, id: string, context = 'test') =>
  storage.bulkWrite([{ document: guest(id) }], context)

describe('group commit', () => {
  it('a burst of a hundred single writes is one transaction, and so is the next one', async () => {
    const file = temporaryFile()
    const storage = await guestStorage({ database: open(file, randomKey()) })
    const before = commitsInLog(file)
    await Promise.all(ids.map((id) => write(storage, id)))
    expect(commitsInLog(file) - before).toBe(1)
    await Promise.all(ids.map((id) => write(storage, `${id}b`)))
    expect(commitsInLog(file) - before).toBe(2)
  })

  it('writers that each wait for their own write go on committing together', async () => {
    const file = temporaryFile()
    const storage = await guestStorage({ database: open(file, randomKey()) })
    const before = commitsInLog(file)
    const writer = async (name: string): Promise<void> => {
      for (let round = 0; round < 10; round += 1) await write(storage, `${name}-${round}`)
    }
    await Promise.all(ids.slice(0, 20).map(writer))
    expect(commitsInLog(file) - before).toBe(10)
    expect((await storage.query(prepared({ selector: {} }))).documents).toHaveLength(200)
  })

  it('writes of several collections share a transaction', async () => {
    const file = temporaryFile()
    const database = open(file, randomKey())
    const storages = [await guestStorage({ database }), await guestStorage({ database, collectionName: 'vendors' })]
    const before = commitsInLog(file)
    await Promise.all(storages.map((storage) => write(storage, 'ana')))
    expect(commitsInLog(file) - before).toBe(1)
  })

  it('what is acknowledged is on disk: a kill right after it loses nothing', async () => {
    const file = temporaryFile()
    const key = randomKey()
    const storage = await guestStorage({ database: open(file, key) })
    await Promise.all(
      ids.slice(0, 5).map(async (id) => {
        await write(storage, id)
        const recovered = await guestStorage({ database: open(crashedCopy(file), key) })
        expect(await recovered.findDocumentsById([id], false)).toHaveLength(1)
      }),
    )
  })

  it('nobody hears of a write before it is on disk, and each hears of it before its promise resolves', async () => {
    const file = temporaryFile()
    const storage = await guestStorage({ database: open(file, randomKey()) })
    const commits = commitsInLog(file)
    const order: string[] = []
    storage.changeStream().subscribe(({ events }) => {
      expect(commitsInLog(file)).toBe(commits + 1)
      order.push(...events.map(({ documentId }) => `event ${documentId}`))
    })
    await Promise.all(['ana', 'ben'].map((id) => write(storage, id).then(() => order.push(`resolved ${id}`))))
    expect(order).toEqual(['event ana', 'event ben', 'resolved ana', 'resolved ben'])
  })

  it('a call that fails takes back what it wrote, and nothing of the others', async () => {
    const database = newDatabase()
    database.exec('CREATE TABLE ledger (id TEXT NOT NULL)')
    const add = database.prepare('INSERT INTO ledger VALUES (?)')
    const storage = await guestStorage({
      database,
      onCommit: ({ rows, context }: SqliteCommit) => {
        for (const { document } of rows) add.run((document as { id: string }).id)
        if (context === 'refused') throw new Error('ledger is full')
      },
    })
    const told: [string[], number][] = []
    storage.changeStream().subscribe(({ events, checkpoint }) => {
      told.push([events.map(({ documentId }) => documentId), checkpoint.seq])
    })
    const calls = await Promise.allSettled([
      write(storage, 'ana'),
      write(storage, 'ben', 'refused'),
      write(storage, 'cleo'),
    ])
    expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(database.prepare('SELECT id FROM ledger').pluck().all()).toEqual(['ana', 'cleo'])
    expect(told).toEqual([
      [['ana'], 1],
      [['cleo'], 2],
    ])
  })

  it('when a call ends the whole transaction, as a full disk does, the others get another one', async () => {
    const database = newDatabase()
    const storage = await guestStorage({
      database,
      onCommit: ({ context }) => {
        // What SQLite does by itself on SQLITE_FULL and on errors of the disk.
        if (context !== 'disk full') return
        database.exec('ROLLBACK')
        throw new Error('database or disk is full')
      },
    })
    const calls = await Promise.allSettled([
      write(storage, 'ana'),
      write(storage, 'ben', 'disk full'),
      write(storage, 'cleo'),
    ])
    expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await storage.findDocumentsById(['ana', 'ben', 'cleo'], true)).map(({ id }) => id)).toEqual(['ana', 'cleo'])
  })

  it('a full database refuses what does not fit, keeps the rest, and goes on when there is space', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    await insert(storage, guest('ana'))
    const pages = Number(database.pragma('page_count', { simple: true }))
    database.pragma(`max_page_count = ${pages + 4}`)
    const many = Array.from({ length: 500 }, (_, index) => ({ document: guest(`x${index}`) }))
    const calls = await Promise.allSettled([
      write(storage, 'ben'),
      storage.bulkWrite(many, 'too much'),
      write(storage, 'cleo'),
    ])
    expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await storage.query(prepared({ selector: {} }))).documents).toHaveLength(3)
    database.pragma(`max_page_count = ${pages + 4_000}`)
    expect(await storage.bulkWrite(many, 'again')).toEqual({ error: [] })
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  })

  it('of two calls that replace the same revision, one gets through', async () => {
    const storage = await guestStorage()
    const ana = first(await insert(storage, guest('ana')))
    const answers = await Promise.all(
      [1, 2, 3].map((table) => storage.bulkWrite([changed(ana, { table: table * 10 })], 'test')),
    )
    expect(answers.map(({ error }) => error.map(({ status }) => status))).toEqual([[], [409], [409]])
    expect(await storage.findDocumentsById(['ana'], false)).toMatchObject([{ table: 10 }])
  })

  it('a read sees the writes that were called before it', async () => {
    const storage = await guestStorage()
    const [, found] = await Promise.all([write(storage, 'ana'), storage.findDocumentsById(['ana'], false)])
    expect(found).toHaveLength(1)
  })

  it('a read is never older than the events that were sent before it resolves', async () => {
    const storage = await guestStorage()
    let events = 0
    storage.changeStream().subscribe((bulk) => {
      events += bulk.events.length
    })
    const everything = prepared({ selector: {} })
    const reads: Promise<void>[] = []
    for (const id of ids.slice(0, 20)) {
      void write(storage, id)
      reads.push(storage.query(everything).then(({ documents }) => expect(documents).toHaveLength(events)))
      if (Number(id.slice(6)) % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(reads)
    expect(events).toBe(20)
  })
})
