/** Photos and documents through backups: stores, folders and files as an install has them. */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBlobIndex } from '../../../model/blobs/blobIndex.ts'
import { createRecord, deleteRecord } from '../../../model/merge/edit.ts'
import { removeUnnamedBlobs, restoreBlobs } from '../../../server/backup/backupBlobs.ts'
import { openBackup } from '../../../server/backup/backupFile.ts'
import { makeBackup } from '../../../server/backup/makeBackup.ts'
import { listBackups } from '../../../server/backup/rotation.ts'
import { blobsFolder } from '../../../server/blobs/blobPlaces.ts'
import type { BlobStore } from '../../../server/blobs/blobStore.ts'
import { openOwnBlobs } from '../../../server/blobs/installBlobs.ts'
import type { SqliteStore } from '../../../server/changes/sqlite.ts'
import type { DataDir } from '../../../server/identity/dataDir.ts'
import { startUpkeep } from '../../../server/install/upkeep.ts'
import { filesBelow, folderForTest, put, readAll, type Sample, sampleBlob, storeForTest } from '../blobs/support.ts'
import { ana, author } from '../changes/people.ts'
import { write } from '../changes/storeCalls.ts'
import { backUp, quiet, withStore } from './support.ts'

const scope = randomUUID()
const DAY_MS = 86_400_000

async function addPhoto({ changes }: SqliteStore, { sha256 }: Sample): Promise<string> {
  const id = randomUUID()
  const data = { filename: 'first-dance.jpg', sha256 }
  await write(changes, { record: createRecord({ id, scope, table: 'photos', data }, author(ana)) })
  return id
}

async function removePhoto({ changes }: SqliteStore, id: string): Promise<void> {
  await changes.update([id], (current) =>
    [...current.values()].map((record) => ({ record: deleteRecord(record, author(ana)) })),
  )
}

/** Runs `work` in an install whose records name `here` and `elsewhere`, of which the latter has not arrived. */
async function withPhotos(
  work: (parts: {
    store: SqliteStore
    dataDir: DataDir
    blobs: BlobStore
    here: Sample
    elsewhere: Sample
    photoId: string
  }) => Promise<void>,
): Promise<void> {
  await withStore(folderForTest(), async ({ store }, dataDir) => {
    const blobs = await openOwnBlobs(dataDir.path, dataDir.key, 500, quiet)
    const [here, elsewhere] = [sampleBlob(200_000), sampleBlob(7)]
    await put(blobs, here)
    const photoId = await addPhoto(store, here)
    await addPhoto(store, elsewhere)
    await work({ store, dataDir, blobs, here, elsewhere, photoId })
    await blobs.close()
  })
}

function opened(file: string, key: Uint8Array) {
  const backup = openBackup(file, [{ kind: 'key', key }])
  if (!backup.ok) throw new Error(backup.error.kind)
  return backup.value
}

const sharedFiles = (dataDir: DataDir) =>
  [...filesBelow(blobsFolder(join(dataDir.path, 'backups'))).keys()].map((file) => basename(file))

describe('the bytes of photos and documents', () => {
  it('are in the file that a person takes away, and come out of it into any store', async () => {
    await withPhotos(async ({ dataDir, here, elsewhere }) => {
      const out = join(folderForTest(), 'all.backup')
      const { databaseFile, key: databaseKey } = dataDir
      const made = await makeBackup({ databaseFile, databaseKey, out, blobs: 'inside', nowMs: 1_000 })
      expect(made).toMatchObject({ ok: true, value: { blobs: 1, missingBlobs: [elsewhere.sha256], damagedBlobs: [] } })
      expect(readdirSync(join(out, '..'))).toEqual(['all.backup'])
      expect(readFileSync(out).includes(here.bytes.subarray(1_000, 1_032))).toBe(false)

      const store = await storeForTest()
      const scratch = folderForTest()
      const wanted = [here.sha256, elsewhere.sha256]
      const outcome = await restoreBlobs(opened(out, databaseKey), wanted, store, scratch)
      expect(outcome).toEqual({ restored: 1, missing: [elsewhere.sha256] })
      expect(await readAll(store, here.sha256)).toEqual(here.bytes)
      expect(readdirSync(scratch)).toEqual([])
    })
  })

  it('are shared by the backups that an install keeps, until none of them names them', async () => {
    await withPhotos(async ({ store, dataDir, here, photoId }) => {
      const folder = join(dataDir.path, 'backups')
      const first = await backUp(dataDir, 0)
      const second = await backUp(dataDir, DAY_MS)
      expect(sharedFiles(dataDir)).toHaveLength(1)
      expect(readFileSync(second).length).toBeLessThan(here.size)
      await removePhoto(store, photoId)
      const third = await backUp(dataDir, 2 * DAY_MS)
      expect(opened(third, dataDir.key).manifest.beside).toEqual([])
      rmSync(first)
      removeUnnamedBlobs(folder, [second, third], dataDir.key)
      expect(sharedFiles(dataDir)).toHaveLength(1)
      // One that cannot be read may name anything.
      writeFileSync(first, 'not a backup')
      removeUnnamedBlobs(folder, [first, third], dataDir.key)
      expect(sharedFiles(dataDir)).toHaveLength(1)
      removeUnnamedBlobs(folder, [third], dataDir.key)
      expect(sharedFiles(dataDir)).toEqual([])
    })
  })

  it('that are damaged go into no backup, and are named', async () => {
    await withPhotos(async ({ dataDir, blobs, here }) => {
      const file = blobs.fileOf(here.sha256) ?? ''
      const content = readFileSync(file)
      writeFileSync(file, content.fill(0, content.length - 1))
      const { databaseFile, key: databaseKey } = dataDir
      for (const where of ['inside', 'beside'] as const) {
        const out = join(folderForTest(), 'all.backup')
        const made = await makeBackup({ databaseFile, databaseKey, out, blobs: where, nowMs: 0 })
        expect(made).toMatchObject({ ok: true, value: { blobs: 0, damagedBlobs: [here.sha256] } })
        expect(existsSync(blobsFolder(join(out, '..')))).toBe(false)
      }
    })
  })

  it('that are lost or damaged later come back from a backup by themselves', async () => {
    await withStore(folderForTest(), async (sound, dataDir) => {
      const { store } = sound
      const blobs = await openOwnBlobs(dataDir.path, dataDir.key, 500, quiet)
      const [lost, damaged] = [sampleBlob(200_000), sampleBlob(300_000)]
      for (const blob of [lost, damaged]) {
        await put(blobs, blob)
        await addPhoto(store, blob)
      }
      let nowMs = Date.now()
      const index = createBlobIndex(store.changes)
      const upkeep = startUpkeep({
        ...{ dataDir, sound, blobs: { store: blobs, index }, log: quiet },
        ...{ settleMs: 2 ** 31 - 1, now: () => nowMs },
      })
      await upkeep.round()
      expect(listBackups(join(dataDir.path, 'backups'))).toHaveLength(1)
      rmSync(blobs.fileOf(lost.sha256) ?? '')
      const file = blobs.fileOf(damaged.sha256) ?? ''
      const content = readFileSync(file)
      writeFileSync(file, content.fill(0, content.length - 1))
      // Whoever asks for them is told, and from there on they count as missing.
      expect(await readAll(blobs, lost.sha256)).toBe('not-here')
      await blobs.prove(damaged.sha256)
      nowMs += DAY_MS
      await upkeep.round()
      await upkeep.stop()
      index.close()
      for (const blob of [lost, damaged]) expect(await readAll(blobs, blob.sha256)).toEqual(blob.bytes)
      await blobs.close()
    })
  }, 60_000)

  it('are not asked of a backup that was made without them', async () => {
    const dir = folderForTest()
    mkdirSync(join(dir, 'scratch'))
    await withStore(join(dir, 'data'), async (_sound, dataDir) => {
      const file = await backUp(dataDir)
      const outcome = await restoreBlobs(opened(file, dataDir.key), ['a'.repeat(64)], await storeForTest(), dir)
      expect(outcome).toEqual({ restored: 0, missing: ['a'.repeat(64)] })
    })
  })
})
