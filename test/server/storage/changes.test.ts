import { describe, expect, it, vi } from 'vitest'
import { CLEANUP_BATCH } from '../../../server/storage/instance.ts'
import {
  changed,
  first,
  type GuestStorage,
  guest,
  guestSchema,
  guestStorage,
  insert,
  newDatabase,
  open,
  prepared,
  randomKey,
  temporaryFile,
} from './helpers.ts'

async function remove(storage: GuestStorage, ...ids: string[]): Promise<void> {
  const documents = await storage.findDocumentsById(ids, false)
  await storage.bulkWrite(
    documents.map((document) => changed(document, { _deleted: true })),
    'test',
  )
}

async function changesSince(storage: GuestStorage, seq: number | undefined, limit = 100) {
  if (storage.getChangedDocumentsSince === undefined) throw new Error('not implemented')
  const { documents, checkpoint } = await storage.getChangedDocumentsSince(
    limit,
    seq === undefined ? undefined : { seq },
  )
  return { ids: documents.map(({ id }) => id), seq: checkpoint.seq }
}

describe('getChangedDocumentsSince', () => {
  it('gives each changed document once, where its last change was', async () => {
    const storage = await guestStorage()
    const ana = first(await insert(storage, guest('ana'), guest('ben'), guest('cleo')))
    await remove(storage, 'ben')
    await storage.bulkWrite([changed(ana, { table: 2 })], 'test')
    expect(await changesSince(storage, undefined)).toEqual({ ids: ['cleo', 'ben', 'ana'], seq: 5 })
    expect(await changesSince(storage, undefined, 2)).toEqual({ ids: ['cleo', 'ben'], seq: 4 })
    expect(await changesSince(storage, 4)).toEqual({ ids: ['ana'], seq: 5 })
    expect(await changesSince(storage, 5)).toEqual({ ids: [], seq: 5 })
  })

  it('continues after the checkpoint of an event', async () => {
    const storage = await guestStorage()
    const seqs: number[] = []
    storage.changeStream().subscribe(({ checkpoint }) => seqs.push(checkpoint.seq))
    await insert(storage, guest('ana'), guest('ben'))
    await insert(storage, guest('cleo'))
    expect(await changesSince(storage, seqs[0])).toEqual({ ids: ['cleo'], seq: seqs[1] })
  })

  it('does not depend on clocks: a change with an older time is still newer', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('ana', { _meta: { lwt: 2_000_000 } }))
    await insert(storage, guest('ben', { _meta: { lwt: 1_000_000 } }))
    expect(await changesSince(storage, 1)).toEqual({ ids: ['ben'], seq: 2 })
  })
})

describe('seq never goes back', () => {
  it('after somebody has deleted the newest rows by hand', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    await insert(storage, guest('ana'), guest('ben'))
    const { tableName } = storage.internals
    database.exec(`DELETE FROM ${tableName}`)
    await insert(storage, guest('cleo'))
    expect(await changesSince(storage, undefined)).toEqual({ ids: ['cleo'], seq: 3 })
  })

  it('after a clean-up of the newest documents, a restart, and again', async () => {
    const file = temporaryFile()
    const key = randomKey()
    const before = open(file, key)
    const storage = await guestStorage({ database: before })
    await insert(storage, guest('ana'), guest('ben'))
    await remove(storage, 'ana', 'ben')
    expect(await storage.cleanup(0)).toBe(true)
    expect(await changesSince(storage, undefined)).toEqual({ ids: [], seq: 0 })
    await storage.close()
    before.close()

    const reopened = await guestStorage({ database: open(file, key) })
    await insert(reopened, guest('cleo'))
    expect(await changesSince(reopened, 4)).toEqual({ ids: ['cleo'], seq: 5 })
  })

  it('after a collection was removed and made again', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    await insert(storage, guest('ana'), guest('ben'))
    await storage.remove()
    const again = await guestStorage({ database })
    await insert(again, guest('cleo'))
    expect(await changesSince(again, 2)).toEqual({ ids: ['cleo'], seq: 3 })
  })

  it('and is unique', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('ana'), guest('ben'))
    const { database, tableName } = storage.internals
    expect(() => database.exec(`UPDATE ${tableName} SET seq = 2 WHERE id = 'ana'`)).toThrow(/UNIQUE/)
  })
})

describe('cleanup', () => {
  it('removes tombstones of the given age only', async () => {
    const storage = await guestStorage()
    await insert(
      storage,
      guest('old', { _deleted: true, _meta: { lwt: Date.now() - 60_000 } }),
      guest('new', { _deleted: true }),
      guest('alive', { _meta: { lwt: 1 } }),
    )
    expect(await storage.cleanup(30_000)).toBe(true)
    expect(await storage.findDocumentsById(['old', 'new', 'alive'], true)).toMatchObject([
      { id: 'new' },
      { id: 'alive' },
    ])
    expect(await storage.cleanup(0)).toBe(true)
    expect(await storage.findDocumentsById(['old', 'new', 'alive'], true)).toMatchObject([{ id: 'alive' }])
  })

  it('stops after a batch and says that there is more', async () => {
    const storage = await guestStorage()
    await insert(
      storage,
      ...Array.from({ length: CLEANUP_BATCH + 5 }, (_, index) => guest(`${index}`, { _deleted: true })),
    )
    expect([await storage.cleanup(0), await storage.cleanup(0)]).toEqual([false, true])
    expect((await storage.query(prepared({ selector: {} }))).documents).toEqual([])
  })

  it('uses an index, and leaves documents of other collections alone', async () => {
    const database = newDatabase()
    const prepare = vi.spyOn(database, 'prepare')
    const storage = await guestStorage({ database })
    const other = await guestStorage({ database, collectionName: 'vendors' })
    await insert(storage, guest('ana', { _deleted: true }))
    await insert(other, guest('ben', { _deleted: true }))
    await storage.cleanup(0)
    expect(await other.findDocumentsById(['ben'], true)).toHaveLength(1)
    const { tableName } = storage.internals
    const [sql = ''] = prepare.mock.calls.map(([text]) => text).filter((text) => text.startsWith('DELETE FROM'))
    const plan = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll('?', '5')}`).all()
    expect(plan.map(({ detail }) => detail).join()).toContain(`USING INDEX ${tableName}_tombstones`)
  })
})

describe('close and remove', () => {
  it('close may be called again, finishes what was called before, and refuses what comes after', async () => {
    const storage = await guestStorage()
    const blob = new Blob(['x'], { type: 'text/plain' })
    const photo = { data: blob, digest: 'd', length: 1, type: 'text/plain' }
    let isCompleted = false
    const told: string[] = []
    storage.changeStream().subscribe({
      next: ({ events }) => told.push(...events.map(({ documentId }) => documentId)),
      complete: () => {
        isCompleted = true
      },
    })
    const write = storage.bulkWrite([{ document: guest('ana', { _attachments: { photo } }) }], 'test')
    await Promise.all([storage.close(), storage.close()])
    expect(await write).toEqual({ error: [] })
    expect([told, isCompleted]).toEqual([['ana'], true])
    await storage.close()
    await expect(storage.bulkWrite([{ document: guest('ben') }], 'test')).rejects.toThrow('closed')
    await expect(storage.findDocumentsById(['ana'], true)).rejects.toThrow('closed')
    await expect(storage.remove()).rejects.toThrow('closed')
  })

  it('close leaves the database open, and the documents are there for the next instance', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    await insert(storage, guest('ana'))
    await storage.close()
    expect(database.open).toBe(true)
    expect(await (await guestStorage({ database })).findDocumentsById(['ana'], false)).toHaveLength(1)
  })

  it('close works after the database was closed', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    database.close()
    await expect(storage.close()).resolves.toBeUndefined()
  })

  it('remove drops one collection with its attachments, for all its instances', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    const second = await guestStorage({ database })
    const other = await guestStorage({ database, collectionName: 'vendors' })
    await insert(storage, guest('ana'))
    await insert(other, guest('ben'))
    await storage.remove()
    await expect(second.findDocumentsById(['ana'], true)).rejects.toThrow('removed')
    await expect(storage.remove()).rejects.toThrow()
    expect(await other.findDocumentsById(['ben'], false)).toHaveLength(1)
    const tables = database.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all()
    expect(tables.filter((name) => name.includes('guests'))).toEqual([])
    expect(await (await guestStorage({ database })).findDocumentsById(['ana'], true)).toEqual([])
  })
})

describe('a schema with other indexes', () => {
  it('re-indexes the table when it is next opened', async () => {
    const database = newDatabase()
    const documents = Array.from({ length: 1200 }, (_, index) => guest(`g${index}`, { table: index % 100 }))
    const storage = await guestStorage({ database, schema: { ...guestSchema, indexes: [['_meta.lwt', 'id']] } })
    await insert(storage, ...documents)
    await storage.close()
    const reopened = await guestStorage({ database })
    const query = prepared({ selector: { _deleted: false, table: { $gte: 98 } }, sort: [{ table: 'asc' }] })
    const tables = (await reopened.query(query)).documents.map(({ table }) => table)
    expect(tables).toEqual([...Array<number>(12).fill(98), ...Array<number>(12).fill(99)])
  })

  it('is refused while another instance uses the table', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    await expect(guestStorage({ database, schema: { ...guestSchema, indexes: [['id']] } })).rejects.toThrow('different')
    expect(await insert(storage, guest('ana'))).toHaveLength(1)
  })
})
