import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkBackupFile, DATABASE_NAME, openBackup, writeBackupFile } from '../../../server/backup/backupFile.ts'
import { installSlot } from '../../../server/backup/keySlots.ts'
import { contentOf, makeBackup } from '../../../server/backup/makeBackup.ts'
import { placeDatabase } from '../../../server/backup/placeDatabase.ts'
import { openDataDir } from '../../../server/identity/dataDir.ts'
import { copyDatabase, openDatabase } from '../../../server/storage/open.ts'
import { addGuests, guestNames, namesOf, temporary, withStore } from './support.ts'

const folders = temporary('backup-file')
afterAll(() => folders.cleanUp())

const SECRET = 'Zoë Quintessence Featherstonehaugh'
const PASSPHRASE = 'rings in the left pocket'
const scope = randomUUID()

describe('a backup', () => {
  let key: Uint8Array
  let databaseKey: Uint8Array
  let file: string
  beforeAll(async () => {
    file = join(folders.make(), 'all.backup')
    await withStore(folders.make(), async ({ store }, dataDir) => {
      await addGuests(store, scope, [SECRET, 'Dana'])
      databaseKey = dataDir.key
      const { databaseFile } = dataDir
      const order = { databaseFile, databaseKey, out: file, passphrase: PASSPHRASE, nowMs: 1_000 }
      const made = await makeBackup({ ...order, blobs: 'inside' })
      if (!made.ok) throw new Error(made.error.kind)
      expect(made.value).toMatchObject({ file, records: 2 })
      key = made.value.key
    })
  })

  it('is made while the store is open, and leaves nothing else behind', () => {
    expect(readdirSync(join(file, '..'))).toEqual(['all.backup'])
  })

  it('says nothing to whoever has no key', () => {
    const bytes = readFileSync(file)
    for (const plain of [SECRET, 'Dana', 'guests', 'SQLite format 3', scope]) expect(bytes.includes(plain)).toBe(false)
    for (const other of [randomBytes(32), Buffer.alloc(32)]) {
      expect(openBackup(file, [{ kind: 'key', key: other }])).toMatchObject({ ok: false, error: { kind: 'wrong-key' } })
    }
    expect(openBackup(file, [{ kind: 'passphrase', passphrase: 'rings in the right pocket' }]).ok).toBe(false)
    expect(openBackup(file, []).ok).toBe(false)
  })

  it('opens with its own key, with the key of the install, and with the passphrase however it was typed', () => {
    const openers = [
      { kind: 'key', key },
      { kind: 'key', key: databaseKey },
      { kind: 'passphrase', passphrase: PASSPHRASE },
    ] as const
    for (const opener of openers) {
      const opened = openBackup(file, [{ kind: 'key', key: randomBytes(32) }, opener])
      expect(opened.ok && opened.value.manifest.records).toBe(2)
      expect(opened.ok && Buffer.from(opened.value.key)).toEqual(Buffer.from(key))
    }
  })

  it('notices every changed byte, wherever it is', async () => {
    const sound = readFileSync(file)
    const copy = join(folders.make(), 'changed.backup')
    const headEnd = sound.indexOf('\n', 20)
    const places = [0, 5, 40, headEnd - 20, headEnd, headEnd + 1, sound.length - 1]
    for (let i = 0; i < 20; i++) places.push(Math.floor((i / 20) * sound.length))
    for (const place of places) {
      const changed = Buffer.from(sound)
      changed.writeUInt8((changed.readUInt8(place) ^ 1) & 0xff, place)
      writeFileSync(copy, changed)
      const opened = openBackup(copy, [{ kind: 'key', key }])
      // The wrapped keys stand in the line that the manifest is bound to.
      expect(opened.ok && (await checkBackupFile(opened.value)).ok, `byte ${place}`).toBe(false)
    }
    for (const length of [0, 10, headEnd, headEnd + 1, sound.length - 1]) {
      writeFileSync(copy, sound.subarray(0, length))
      const opened = openBackup(copy, [{ kind: 'key', key }])
      expect(opened.ok && (await checkBackupFile(opened.value)).ok, `cut to ${length}`).toBe(false)
    }
    writeFileSync(copy, Buffer.concat([sound, Buffer.from('x')]))
    const longer = openBackup(copy, [{ kind: 'key', key }])
    expect(longer.ok && (await checkBackupFile(longer.value)).ok).toBe(false)
  })

  it('takes its place in another folder, under the key of that folder and as a new incarnation', async () => {
    const opened = openBackup(file, [{ kind: 'key', key }])
    if (!opened.ok) throw new Error(opened.error.kind)
    const dir = folders.make()
    const dataDir = openDataDir(dir)
    if (!dataDir.ok) throw new Error(dataDir.error.kind)
    expect(await placeDatabase(dataDir.value, opened.value, 0)).toEqual({ ok: true, value: {} })
    expect(dataDir.value.key).not.toEqual(databaseKey)
    dataDir.value.close()
    expect(readdirSync(dir).filter((name) => name !== 'lock')).toEqual(['key', 'wedsync.db'])
    await withStore(dir, async ({ store }) => {
      expect(store.isCopy).toBe(true)
      expect(await guestNames(store, scope)).toEqual(['Dana', SECRET])
    })
  })

  it('of an older version of the program is brought up to date when it takes its place', async () => {
    const folder = folders.make()
    const [copy, old] = [join(folder, 'copy.db'), join(folder, 'old.backup')]
    await withStore(folders.make(), async ({ store }, dataDir) => {
      await addGuests(store, scope, ['Eli', 'Fay'])
      copyDatabase(store.database, dataDir.key, copy, key)
    })
    const content = await contentOf(copy, key)
    const database = openDatabase(copy, key)
    if (!content.ok || !database.ok) throw new Error('the copy is sound')
    // As the version before wrote it.
    database.value.exec(`
      ALTER TABLE versions RENAME TO new_versions;
      CREATE TABLE versions (
        id INTEGER PRIMARY KEY, record_id TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, vectors TEXT NOT NULL
      );
      INSERT INTO versions SELECT seq, record_id, version, at, vectors FROM new_versions;
      DROP TABLE new_versions; CREATE INDEX history_by_time ON history (at); PRAGMA user_version = 2`)
    database.value.close()
    const sources = [{ name: DATABASE_NAME, path: copy }]
    await writeBackupFile(old, {
      madeAt: new Date(0).toISOString(),
      key,
      slots: [installSlot(key, databaseKey)],
      sources,
      content: content.value,
    })
    rmSync(copy)

    const opened = openBackup(old, [{ kind: 'key', key: databaseKey }])
    if (!opened.ok) throw new Error(opened.error.kind)
    const dir = folders.make()
    const dataDir = openDataDir(dir)
    if (!dataDir.ok) throw new Error(dataDir.error.kind)
    expect(await placeDatabase(dataDir.value, opened.value, 0)).toEqual({ ok: true, value: {} })
    dataDir.value.close()
    await withStore(dir, async ({ store }) => {
      expect(await guestNames(store, scope)).toEqual(['Eli', 'Fay'])
      const then = await store.history.weddingAt(scope, Date.now())
      expect(then.ok && namesOf(then.value)).toEqual(['Eli', 'Fay'])
    })
    expect(readdirSync(folder)).toEqual(['old.backup'])
  })
})
