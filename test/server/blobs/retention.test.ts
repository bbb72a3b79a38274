/** What stays, what goes and what is found wrong, over a real store of records with its history. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createBlobIndex } from '../../../model/blobs/blobIndex.ts'
import { reportUploaded, wantedBlobs } from '../../../model/blobs/wanted.ts'
import { createClock } from '../../../model/merge/clock.ts'
import { createRecord, type Data, deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { joinRecords } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { checkBlobs } from '../../../server/blobs/blobCheck.ts'
import { writeBlobKey } from '../../../server/blobs/blobKey.ts'
import { blobKeyFile } from '../../../server/blobs/blobPlaces.ts'
import { namedBlobs } from '../../../server/blobs/namedBlobs.ts'
import { KEEP_REPLACED_MS, spokenOf } from '../../../server/blobs/retention.ts'
import { openSqliteStore } from '../../../server/changes/sqlite.ts'
import { filesBelow, folderForTest, KEY, put, sampleBlob, storeForTest } from './support.ts'

const WEDDING = '0190c0de-0000-7000-8000-000000000001'
const DAY_MS = 86_400_000
const hash = (letter: string) => letter.repeat(64)

async function setUp() {
  const opened = await openSqliteStore(join(folderForTest(), 'wedsync.db'), KEY)
  if (!opened.ok) throw new Error(opened.error.kind)
  const { changes, history, close } = opened.value
  onTestFinished(close)
  const index = createBlobIndex(changes)
  const clock = createClock(Date.now)
  const author = (actor = 'ana________') => ({ actor, stamp: clock.next() })

  async function add(data: Data, table = 'photos', actor?: string): Promise<string> {
    const id = crypto.randomUUID()
    const record = createRecord({ id, scope: WEDDING, table, data: { filename: 'a', ...data } }, author(actor))
    await changes.update([], () => [{ record }])
    return id
  }
  async function change(id: string, data: Data | 'delete'): Promise<void> {
    const me = author()
    await changes.update([id], (current) =>
      [...current.values()].map((record) => ({
        record: data === 'delete' ? deleteRecord(record, me) : editRecord(record, data, me),
      })),
    )
  }
  async function fieldOf(id: string, field: string): Promise<unknown> {
    const record = (await changes.records([id])).get(id)
    return record && viewRecord(record).data[field]
  }
  return { changes, history, index, author, add, change, fieldOf }
}

describe('what records speak of', () => {
  it('[BLOB6] are the blobs of all live values, siblings included', async () => {
    const { changes, index, history, add, author } = await setUp()
    const id = await add({ sha256: hash('a'), thumbnailSha256: hash('b'), previewSha256: hash('c') })
    const base = (await changes.records([id])).get(id)
    if (!base) throw new Error('it was just added')
    const [mine, theirs] = [hash('d'), hash('e')].map((sha256, n) =>
      editRecord(base, { sha256 }, author(`person-${n}___`)),
    )
    if (!mine || !theirs) throw new Error('there are two')
    const joined = joinRecords(mine, theirs)
    if (!joined.ok) throw new Error(joined.error.kind)
    await changes.update([id], () => [{ record: joined.value }])
    await add({ sha256: hash('f') }, 'tasks') // of a table without bytes
    await add({ sha256: 'not a hash' })
    const wanted = await wantedBlobs(changes, index, Date.now())
    expect(wanted.map(({ kind, sha256 }) => `${kind} ${sha256[0]}`).sort()).toEqual([
      'original d',
      'original e',
      'preview c',
      'thumbnail b',
    ])
    expect(await index.naming(hash('d'))).toEqual([id])
    expect(await index.naming(hash('a'))).toEqual([])
    // What was replaced is in history, and stays for a while.
    expect(await spokenOf(index, history, Date.now())).toEqual(new Set(['a', 'b', 'c', 'd', 'e'].map(hash)))
  })

  it('[4] replaced and deleted ones can be brought back for 90 days, and are not fetched meanwhile', async () => {
    const { changes, history, index, add, change } = await setUp()
    const replaced = await add({ sha256: hash('a') })
    await change(replaced, { sha256: hash('b') })
    const deleted = await add({ sha256: hash('c') })
    await change(deleted, 'delete')
    const names = async (afterMs: number) =>
      [...(await spokenOf(index, history, Date.now() + afterMs))].map(([n]) => n).sort()
    expect(await names(0)).toEqual(['a', 'b', 'c'])
    expect(await names(KEEP_REPLACED_MS - DAY_MS)).toEqual(['a', 'b', 'c'])
    expect(await names(KEEP_REPLACED_MS + DAY_MS)).toEqual(['b'])
    expect((await wantedBlobs(changes, index, Date.now())).map(({ sha256 }) => sha256)).toEqual([hash('b')])
    await change(deleted, { title: 'back' })
    expect(await names(KEEP_REPLACED_MS + DAY_MS)).toEqual(['b', 'c'])
  })

  it('[BLOB3] are as near as the day of their wedding', async () => {
    const { changes, index, add, author } = await setUp()
    const nowMs = Date.parse('2027-06-01T00:00:00Z')
    await add({ sha256: hash('a') })
    expect((await wantedBlobs(changes, index, nowMs))[0]?.days).toBeGreaterThan(10_000)
    const wedding = { id: WEDDING, scope: WEDDING, table: 'weddings', data: { name: 'A & B', date: '2027-06-12' } }
    await changes.update([], () => [{ record: createRecord(wedding, author()) }])
    expect(await wantedBlobs(changes, index, nowMs)).toEqual([{ sha256: hash('a'), kind: 'original', days: 11 }])
  })
})

describe('uploadState', () => {
  it('[BLOB7] becomes "uploaded" when the peer has all blobs of the record, said by who added it', async () => {
    const { changes, index, author, add, fieldOf } = await setUp()
    const mine = await add({ sha256: hash('a'), thumbnailSha256: hash('b'), uploadState: 'pending' })
    const theirs = await add({ sha256: hash('a'), uploadState: 'pending' }, 'photos', 'ben________')
    const silent = await add({ sha256: hash('a') })
    let edits = 0
    const parts = {
      changes,
      index,
      ownOf: async () => new Set(['ana________']),
      author: async () => {
        edits += 1
        return author()
      },
    }
    const states = async () => Promise.all([mine, theirs, silent].map((id) => fieldOf(id, 'uploadState')))
    await reportUploaded([hash('a')], new Set([hash('a')]), parts)
    expect(await states()).toEqual(['pending', 'pending', undefined])
    await reportUploaded([hash('b')], new Set([hash('a'), hash('b')]), parts)
    expect(await states()).toEqual(['uploaded', 'pending', undefined])
    await reportUploaded([hash('a')], new Set([hash('a'), hash('b')]), parts)
    expect(edits).toBe(1)
  })
})

describe('the check of blobs', () => {
  it('names what is missing and what is damaged, with the record, and nothing else', async () => {
    const { changes, add, change } = await setUp()
    const store = await storeForTest()
    const databaseKey = Buffer.alloc(32, 1)
    writeBlobKey(blobKeyFile(store.folder), KEY, databaseKey)
    const [sound, damaged, removed, old] = [sampleBlob(100_000), sampleBlob(100_001), sampleBlob(3), sampleBlob(4)]
    const ids = await Promise.all([sound, damaged, removed].map(({ sha256 }) => add({ sha256 })))
    const gone = await add({ sha256: old.sha256 })
    await change(gone, 'delete')
    for (const blob of [sound, damaged, removed]) await put(store, blob)
    const check = async () => checkBlobs(store.folder, databaseKey, await namedBlobs(changes))
    expect(await check()).toEqual([])
    const file = store.fileOf(damaged.sha256) ?? ''
    const content = readFileSync(file)
    content.fill(0, content.length - 1)
    writeFileSync(file, content)
    rmSync(store.fileOf(removed.sha256) ?? '')
    const files = [...filesBelow(store.folder).keys()]
    expect(await check()).toEqual([
      { kind: 'damaged', sha256: damaged.sha256, recordId: ids[1] },
      { kind: 'missing', sha256: removed.sha256, recordId: ids[2] },
    ])
    expect([...filesBelow(store.folder).keys()]).toEqual(files)
    // Below a key that does not open nothing can be read.
    const unreadable = await checkBlobs(store.folder, KEY, await namedBlobs(changes))
    expect(unreadable.map(({ kind }) => kind)).toEqual(['damaged', 'damaged', 'damaged'])
  })
})
