/** A disk without room, and a folder that may not be written: writes are refused, reads go on, and nothing is harmed. */
import { spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { inspect } from '../../../server/backup/inspect.ts'
import { makeBackup } from '../../../server/backup/makeBackup.ts'
import { openSqliteStore, type SqliteStore } from '../../../server/changes/sqlite.ts'
import { StorageError } from '../../../server/changes/storageError.ts'
import { guest } from './people.ts'
import { readLog, write } from './storeCalls.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-full-'))
/** A file system of two megabytes, where this process may mount one. */
const small = mkdtempSync(join(tmpdir(), 'wedsync-small-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small], { encoding: 'utf8' })
const canMount = mounted.status === 0
if (!canMount) console.log(`skipping the full disk: no file system can be mounted (${mounted.stderr?.trim()})`)

afterAll(() => {
  if (canMount) spawnSync('umount', [small])
  for (const dir of [folder, small]) rmSync(dir, { recursive: true, force: true })
})

const scope = randomUUID()
const large = () => guest(scope, { name: 'x'.repeat(8_000) })

async function open(file: string, key: Buffer): Promise<SqliteStore> {
  const store = await openSqliteStore(file, key)
  if (!store.ok) throw new Error(store.error.detail)
  return store.value
}

/** Writes until it is refused. @returns what was acknowledged before, and the refusal */
async function fill({ changes }: SqliteStore): Promise<{ ids: readonly string[]; refusal: unknown }> {
  const ids: string[] = []
  for (let i = 0; i < 1_000; i++) {
    const record = large()
    try {
      await write(changes, { record })
      ids.push(record.id)
    } catch (refusal) {
      return { ids, refusal }
    }
  }
  throw new Error('the disk is never full')
}

async function checkFullStore(store: SqliteStore, makeRoom: () => void): Promise<void> {
  const { ids, refusal } = await fill(store)
  expect(refusal).toBeInstanceOf(StorageError)
  expect(refusal).toMatchObject({ problem: 'full', message: expect.stringMatching(/^The disk is full/) })
  expect(ids.length).toBeGreaterThan(5)
  await expect(store.state.set('large', 'x'.repeat(500_000))).rejects.toMatchObject({ problem: 'full' })
  // Reading goes on, and shows what was acknowledged and nothing of what was refused.
  expect((await readLog(store.changes, scope)).map(({ record }) => record.id)).toEqual(ids)
  expect((await inspect(store.database)).findings).toEqual([])
  makeRoom()
  const after = large()
  await write(store.changes, { record: after })
  expect((await readLog(store.changes, scope)).map(({ record }) => record.id)).toEqual([...ids, after.id])
  expect((await inspect(store.database)).findings).toEqual([])
}

describe('a full disk', () => {
  it('refuses writes by a limit of pages, and takes them again without it', async () => {
    const store = await open(join(folder, 'limited.db'), randomBytes(32))
    store.database.pragma('max_page_count = 100')
    await checkFullStore(store, () => store.database.pragma('max_page_count = 1000000'))
    await store.close()
  })

  it.skipIf(!canMount)('refuses writes on a real file system, and takes them again when there is room', async () => {
    const [file, key] = [join(small, 'wedsync.db'), randomBytes(32)]
    const ballast = join(small, 'photos')
    writeFileSync(ballast, Buffer.alloc(500_000))
    const store = await open(file, key)
    await checkFullStore(store, () => rmSync(ballast))
    // A backup that has no room leaves nothing behind that takes even more.
    const order = { databaseFile: file, databaseKey: key, out: join(small, 'x.backup'), nowMs: 0 }
    const made = await makeBackup({ ...order, blobs: 'inside' })
    expect(made).toMatchObject({ ok: false, error: { kind: 'not-writable' } })
    expect((await inspect(store.database)).findings).toEqual([])
    const record = large()
    await write(store.changes, { record })
    await store.close()
    const again = await open(file, key)
    expect((await again.changes.records([record.id])).size).toBe(1)
    await again.close()
  })

  it.skipIf(!canMount)('in a folder that may only be read, says so', async () => {
    spawnSync('mount', ['-o', 'remount,ro', small])
    const file = join(small, 'other.db')
    const opened = await openSqliteStore(file, randomBytes(32))
    expect(opened).toMatchObject({ ok: false, error: { kind: 'unreadable', file } })
  })
})
