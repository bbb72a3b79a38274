import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BlobsOfBackup, blobFilesFor, putBlobsBack } from '../../../server/blobs/blobBackup.ts'
import { fileBytes } from '../../../server/blobs/blobFile.ts'
import { blobsFolder } from '../../../server/blobs/blobPlaces.ts'
import { openOwnBlobs } from '../../../server/blobs/installBlobs.ts'
import { filesBelow, folderForTest, put, readAll, sampleBlob, storeForTest } from './support.ts'

const DATABASE_KEY = Buffer.alloc(32, 1)
const OTHER_KEY = Buffer.alloc(32, 3)
const log = () => undefined

/** An install with three blobs, and what a backup of it has of two of them. */
async function backedUp() {
  const dir = folderForTest()
  const store = await openOwnBlobs(dir, DATABASE_KEY, 500, log)
  const [one, two, unnamed] = [sampleBlob(200_000), sampleBlob(5), sampleBlob(6)]
  for (const blob of [one, two, unnamed]) await put(store, blob)
  const lost = sampleBlob(7)
  const hashes = [one, two, lost].map(({ sha256 }) => sha256)
  const find = () => blobFilesFor(blobsFolder(dir), hashes, DATABASE_KEY)
  const found = await find()
  const { key } = found
  if (!key) throw new Error('the folder has a key')
  const backup: BlobsOfBackup = {
    key,
    async withFile(name, work) {
      const path = join(blobsFolder(dir), name)
      return existsSync(path) ? work(path) : undefined
    },
  }
  return { dir, store, one, two, lost, hashes, find, found, backup }
}

/** Changes the last byte of the larger blob. @returns its file */
function damage(dir: string, { size }: { readonly size: number }): string {
  const [file, content] = [...filesBelow(blobsFolder(dir))].find(([, bytes]) => bytes.length === fileBytes(size)) ?? []
  if (file === undefined || !content) throw new Error('it is there')
  writeFileSync(file, content.fill(0, content.length - 5))
  return file
}

describe('blobs in a backup', () => {
  it('are the files of what records name, and what is missing or damaged is said', async () => {
    const { dir, find, found, one, two, lost } = await backedUp()
    expect(found.files.map(({ sha256 }) => sha256)).toEqual([one.sha256, two.sha256])
    for (const { name, path } of found.files) {
      expect(name).toMatch(/^[0-9a-f]{2}\/[0-9a-f]{64}$/)
      expect(readFileSync(path).includes(one.bytes.subarray(0, 32))).toBe(false)
    }
    expect([found.missing, found.damaged]).toEqual([[lost.sha256], []])
    damage(dir, one)
    const later = await find()
    expect(later.files.map(({ sha256 }) => sha256)).toEqual([two.sha256])
    expect([later.missing, later.damaged]).toEqual([[lost.sha256], [one.sha256]])
  })

  it('go back into an install with another key and blobs of its own', async () => {
    const { backup, one, two, lost, hashes } = await backedUp()
    const store = await storeForTest({ key: OTHER_KEY })
    const own = sampleBlob(100)
    await put(store, own)
    await put(store, two)
    // A part that had arrived in another way is not lost, and not in the way.
    await store.write(one, 0, [one.bytes.subarray(0, 100_000)])
    expect(await putBlobsBack(backup, hashes, store)).toEqual({ restored: 1, missing: [lost.sha256] })
    for (const blob of [own, one, two]) expect(await readAll(store, blob.sha256)).toEqual(blob.bytes)
  })

  it('one that is damaged in the backup is not put back, and the rest is', async () => {
    const { dir, backup, one, two } = await backedUp()
    damage(dir, one)
    const store = await storeForTest({ key: OTHER_KEY })
    const outcome = await putBlobsBack(backup, [one.sha256, two.sha256], store)
    expect(outcome).toEqual({ restored: 1, missing: [one.sha256] })
    expect(store.size(one.sha256)).toBeUndefined()
  })

  it('end early where there is no room', async () => {
    const { backup, one, two } = await backedUp()
    const store = await storeForTest({ key: OTHER_KEY, quotaBytes: fileBytes(two.size) })
    const outcome = await putBlobsBack(backup, [two.sha256, one.sha256], store)
    expect(outcome).toEqual({ restored: 1, missing: [], stopped: 'quota' })
  })

  it('are all damaged below a key that does not open, and all missing where there is none', async () => {
    const { dir } = await backedUp()
    const hash = 'a'.repeat(64)
    expect(await blobFilesFor(blobsFolder(dir), [hash], OTHER_KEY)).toMatchObject({ files: [], damaged: [hash] })
    expect(await blobFilesFor(folderForTest(), [hash], DATABASE_KEY)).toMatchObject({ files: [], missing: [hash] })
  })
})

describe('the folder of an install', () => {
  it('whose key cannot be read is set aside as it is, and a new one begun', async () => {
    const { dir, one, store } = await backedUp()
    await store.close()
    const events: string[] = []
    const fresh = await openOwnBlobs(dir, OTHER_KEY, 500, (event) => events.push(event))
    expect(fresh.usage().blobs).toBe(0)
    expect(events).toEqual(['blobs set aside: their key cannot be read'])
    await put(fresh, one)
    const aside = [...filesBelow(dir).keys()].filter((file) => file.includes('blobs-unreadable-'))
    expect(aside).toHaveLength(4)
  })

  it('whose key is missing is begun anew without harm to what is there', async () => {
    const { dir, store } = await backedUp()
    await store.close()
    rmSync(join(blobsFolder(dir), 'key'))
    const fresh = await openOwnBlobs(dir, DATABASE_KEY, 500, log)
    const blob = sampleBlob(10)
    await put(fresh, blob)
    expect(await readAll(fresh, blob.sha256)).toEqual(blob.bytes)
  })
})
