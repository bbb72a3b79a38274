import type { RxAttachmentWriteData } from 'rxdb'
import { describe, expect, it } from 'vitest'
import { changed, first, type GuestStorage, guest, guestStorage, insert } from './helpers.ts'

function attachment(text: string, type = 'text/plain'): RxAttachmentWriteData {
  const data = new Blob([text], { type })
  return { data, digest: `digest of ${text}`, length: data.size, type }
}

const stub = ({ digest, length, type }: RxAttachmentWriteData) => ({ digest, length, type })

async function rowsIn(storage: GuestStorage): Promise<unknown> {
  const { database, tableName } = storage.internals
  return database.prepare(`SELECT count(*) FROM ${tableName}_attachments`).pluck().get()
}

describe('attachments', () => {
  it('come back as Blobs, byte for byte and with their type', async () => {
    const storage = await guestStorage()
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256)
    const data = new Blob([bytes], { type: 'image/png' })
    const photo = { data, digest: 'p1', length: data.size, type: 'image/png' }
    const ana = first(await insert(storage, guest('ana', { _attachments: { photo } })))
    expect(ana._attachments).toEqual({ photo: { digest: 'p1', length: 100_000, type: 'image/png' } })
    const blob = await storage.getAttachmentData('ana', 'photo', 'p1')
    expect(blob).toBeInstanceOf(Blob)
    expect([blob.type, blob.size]).toEqual(['image/png', 100_000])
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(bytes)
  })

  it('are found by their digest only', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('ana', { _attachments: { menu: attachment('soup') } }))
    await expect(storage.getAttachmentData('ana', 'menu', 'digest of cake')).rejects.toThrow('does not exist')
    await expect(storage.getAttachmentData('ana', 'photo', 'digest of soup')).rejects.toThrow('does not exist')
  })

  it('stay with a stub, are replaced with new data, and go when left out or when the document is deleted', async () => {
    const storage = await guestStorage()
    const [menu, song] = [attachment('soup'), attachment('waltz')]
    let ana = first(await insert(storage, guest('ana', { _attachments: { menu, song } })))
    const update = async (fields: Parameters<typeof changed>[1]): Promise<void> => {
      expect((await storage.bulkWrite([changed(ana, fields)], 'test')).error).toEqual([])
      ana = first(await storage.findDocumentsById(['ana'], true))
    }
    await update({ _attachments: { menu: stub(menu), song: attachment('polka') } })
    expect(await (await storage.getAttachmentData('ana', 'menu', menu.digest)).text()).toBe('soup')
    expect(await (await storage.getAttachmentData('ana', 'song', 'digest of polka')).text()).toBe('polka')
    await update({ _attachments: { menu: stub(menu) } })
    expect(await rowsIn(storage)).toBe(1)
    await update({ _deleted: true, _attachments: {} })
    expect(await rowsIn(storage)).toBe(0)
  })

  it('that are missing make a 510 and no event, and the other documents are written', async () => {
    const storage = await guestStorage()
    const told: string[] = []
    storage.changeStream().subscribe(({ events }) => told.push(...events.map(({ documentId }) => documentId)))
    const _attachments = { menu: attachment('soup'), song: stub(attachment('waltz')), photo: stub(attachment('x')) }
    const { error } = await storage.bulkWrite(
      [{ document: guest('ana', { _attachments }) }, { document: guest('ben') }],
      'test',
    )
    expect(error).toMatchObject([{ status: 510, documentId: 'ana', attachmentId: 'song' }])
    const ben = first(await storage.findDocumentsById(['ben'], true))
    const update = await storage.bulkWrite(
      [changed(ben, { _attachments: { song: stub(attachment('waltz')) } })],
      'test',
    )
    expect(update.error).toMatchObject([{ status: 510, documentId: 'ben', attachmentId: 'song', documentInDb: ben }])
    expect(await storage.findDocumentsById(['ana'], true)).toEqual([])
    expect([told, await rowsIn(storage)]).toEqual([['ben'], 0])
  })

  it('do not let a later call overtake theirs', async () => {
    const storage = await guestStorage()
    const told: string[] = []
    storage.changeStream().subscribe(({ events }) => told.push(...events.map(({ documentId }) => documentId)))
    const [, , found] = await Promise.all([
      storage.bulkWrite(
        [{ document: guest('ana', { _attachments: { menu: attachment('soup'.repeat(50_000)) } }) }],
        'one',
      ),
      storage.bulkWrite([{ document: guest('ben') }], 'two'),
      storage.findDocumentsById(['ana', 'ben'], false),
    ])
    expect(told).toEqual(['ana', 'ben'])
    expect(found).toHaveLength(2)
  })

  it('that cannot be read reject their own call only', async () => {
    const storage = await guestStorage()
    const menu = attachment('soup')
    menu.data.arrayBuffer = () => Promise.reject(new Error('file is gone'))
    const failing = storage.bulkWrite([{ document: guest('ana', { _attachments: { menu } }) }], 'one')
    const next = storage.bulkWrite([{ document: guest('ben') }], 'two')
    await expect(failing).rejects.toThrow('file is gone')
    expect(await next).toEqual({ error: [] })
  })

  it('go with their document in a clean-up', async () => {
    const storage = await guestStorage()
    // RxDB lets a deleted document be inserted with attachments, as replication may do.
    await insert(storage, guest('ana', { _deleted: true, _attachments: { menu: attachment('soup') } }))
    expect(await rowsIn(storage)).toBe(1)
    await storage.cleanup(0)
    expect(await rowsIn(storage)).toBe(0)
  })
})
