import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blobFilesFor, putBlobsBack, rewrapBlobKey } from '../../../server/blobs/blobBackup.ts'
import { fileBytes } from '../../../server/blobs/blobFile.ts'
import { blobsFolder, openOwnBlobs } from '../../../server/blobs/installBlobs.ts'
import { filesBelow, folderForTest, put, readAll, sampleBlob, storeForTest } from './support.ts'

const DATABASE_KEY = Buffer.alloc(32, 1)
const BACKUP_KEY = Buffer.alloc(32, 2)
const OTHER_KEY = Buffer.alloc(32, 3)
const log = () => undefined

/** An install with three blobs, and what a backup of it has of two of them. */
async function backedUp() {
  const dir = folderForTest()
  const store = await openOwnBlobs(dir, DATABASE_KEY, 500, log)
  const [one, two, unnamed] = [sampleBlob(200_000), sampleBlob(5), sampleBlob(6)]
  for (const blob of [one, two, unnamed]) await put(store, blob)
  const lost = sampleBlob(7)
  const found = blobFilesFor(
    blobsFolder(dir),
    [one, two, lost, one].map(({ sha256 }) => sha256),
    {
      databaseKey: DATABASE_KEY,
      backupKey: BACKUP_KEY,
      keyCopy: join(folderForTest(), 'key'),
    },
  )
  if (!found.ok) throw new Error(found.error.kind)
  const backup = folderForTest()
  for (const { name, path } of found.value.files) {
    mkdirSync(dirname(join(backup, name)), { recursive: true })
    copyFileSync(path, join(backup, name))
  }
  return { dir, store, one, two, unnamed, lost, found: found.value, backup }
}

describe('blobs in a backup', () => {
  it('are the files of what records name, the key first, and what is missing is said', async () => {
    const { found, lost, one, backup } = await backedUp()
    expect(found.files.map(({ name }) => name)).toEqual([
      'key',
      expect.stringMatching(/^[0-9a-f]{2}\/[0-9a-f]{64}$/),
      expect.stringMatching(/^[0-9a-f]{2}\/[0-9a-f]{64}$/),
    ])
    expect(found.missing).toEqual([lost.sha256])
    for (const content of filesBelow(backup).values()) expect(content.includes(one.bytes.subarray(0, 32))).toBe(false)
  })

  it('go back into an install with another key and blobs of its own', async () => {
    const { backup, one, two, lost } = await backedUp()
    const store = await storeForTest({ key: OTHER_KEY })
    const own = sampleBlob(100)
    await put(store, own)
    await put(store, two)
    // A part that had arrived in another way is not lost, and not in the way.
    await store.write(one, 0, [one.bytes.subarray(0, 100_000)])
    const put_ = await putBlobsBack(
      backup,
      BACKUP_KEY,
      [one, two, lost].map(({ sha256 }) => sha256),
      store,
    )
    expect(put_).toEqual({ ok: true, value: { restored: 1, missing: [lost.sha256] } })
    for (const blob of [own, one, two]) expect(await readAll(store, blob.sha256)).toEqual(blob.bytes)
  })

  it('become the blobs of an install as they are, when the key is wrapped for its database', async () => {
    const { backup, one } = await backedUp()
    const dir = folderForTest()
    mkdirSync(blobsFolder(dir))
    for (const [file, content] of filesBelow(backup)) {
      const to = join(blobsFolder(dir), file.slice(backup.length + 1))
      mkdirSync(dirname(to), { recursive: true })
      writeFileSync(to, content)
    }
    expect(rewrapBlobKey(blobsFolder(dir), OTHER_KEY, DATABASE_KEY)).toMatchObject({ ok: false })
    expect(rewrapBlobKey(blobsFolder(dir), BACKUP_KEY, OTHER_KEY)).toEqual({ ok: true, value: true })
    const store = await openOwnBlobs(dir, OTHER_KEY, 500, log)
    expect(await readAll(store, one.sha256)).toEqual(one.bytes)
  })

  it('one that is damaged in the backup is not put back, and the rest is', async () => {
    const { backup, one, two, found } = await backedUp()
    const large = found.files.find(({ path }) => readFileSync(path).length === fileBytes(one.size))
    const file = join(backup, large?.name ?? '')
    const content = readFileSync(file)
    content.fill(0, content.length - 5)
    writeFileSync(file, content)
    const store = await storeForTest({ key: OTHER_KEY })
    const outcome = await putBlobsBack(backup, BACKUP_KEY, [one.sha256, two.sha256], store)
    expect(outcome).toEqual({ ok: true, value: { restored: 1, missing: [one.sha256] } })
    expect(store.size(one.sha256)).toBeUndefined()
  })

  it('end early where there is no room', async () => {
    const { backup, one, two } = await backedUp()
    const store = await storeForTest({ key: OTHER_KEY, quotaBytes: fileBytes(two.size) })
    const outcome = await putBlobsBack(backup, BACKUP_KEY, [two.sha256, one.sha256], store)
    expect(outcome).toEqual({ ok: true, value: { restored: 1, missing: [], stopped: 'quota' } })
  })

  it('say so when the key does not open, or is not there', async () => {
    const { backup, dir, store } = await backedUp()
    const opened = await putBlobsBack(backup, OTHER_KEY, [], store)
    expect(opened).toMatchObject({ ok: false, error: { kind: 'blob-key-unreadable' } })
    const keys = { databaseKey: OTHER_KEY, backupKey: BACKUP_KEY, keyCopy: join(folderForTest(), 'key') }
    expect(blobFilesFor(blobsFolder(dir), [], keys)).toMatchObject({ ok: false })
    expect(blobFilesFor(folderForTest(), ['a'.repeat(64)], keys)).toEqual({
      ok: true,
      value: { files: [], missing: ['a'.repeat(64)] },
    })
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
