import { randomBytes, randomUUID } from 'node:crypto'
import fs, { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { viewRecord } from '../../../model/merge/view.ts'
import { openSqliteStore, type SqliteStore } from '../../../server/changes/sqlite.ts'
import { recordTableOf } from '../../../server/changes/sqliteLog.ts'
import { SQLITE_SCHEMA_VERSION } from '../../../server/changes/sqliteSchema.ts'
import { openDatabase } from '../../../server/storage/open.ts'
import { changeStoreContract } from './contract.ts'
import { ana, edit, timelineItem } from './people.ts'
import { write } from './storeCalls.ts'

changeStoreContract('SQLite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'wedsync-sqlite-'))
  const key = randomBytes(32)
  let open = await openStore()

  async function openStore(): Promise<SqliteStore> {
    const store = await openSqliteStore(join(dir, 'wedsync.db'), key)
    if (!store.ok) throw new Error(store.error.detail)
    return store.value
  }

  const parts = () => ({ changes: open.changes, state: open.state, history: open.history })
  return {
    ...parts(),
    async close() {
      await open.close()
      rmSync(dir, { recursive: true, force: true })
    },
    async reopen() {
      await open.close()
      open = await openStore()
      return {
        ...parts(),
        async close() {
          await open.close()
          rmSync(dir, { recursive: true, force: true })
        },
      }
    },
  }
})

describe('a data folder of SQLite', () => {
  const root = mkdtempSync(join(tmpdir(), 'wedsync-folder-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  const key = randomBytes(32)
  let folders = 0

  async function open(folder: string): Promise<SqliteStore> {
    const store = await openSqliteStore(join(folder, 'wedsync.db'), key)
    if (!store.ok) throw new Error(store.error.detail)
    return store.value
  }

  it('[1] has the values that lost at once on the disk as well, before whoever sent them is told', async () => {
    const store = await open(mkdtempSync(join(root, 'kept-')))
    // Beside the thread or in it.
    const disk = [vi.spyOn(fs, 'fdatasync'), vi.spyOn(fs, 'fdatasyncSync')]
    syncBuiltinESMExports()
    await store.history.keep(randomUUID(), [
      { readClass: 'open', register: 'title', actor: ana, counter: 1, stamp: '0mqavjpc0001', value: 'Dinner' },
    ])
    const calls = disk.map(({ mock }) => mock.calls.length)
    for (const spy of disk) spy.mockRestore()
    syncBuiltinESMExports()
    await store.close()
    expect(calls.toSorted()).toEqual([0, 1])
  })

  /** A folder with one record in it, closed. */
  async function makeFolder(): Promise<{ readonly folder: string; readonly epoch: string }> {
    const folder = mkdtempSync(join(root, `folder-${++folders}-`))
    const store = await open(folder)
    await write(store.changes, { record: timelineItem(randomUUID()) })
    await store.close()
    return { folder, epoch: store.changes.epoch }
  }

  async function epochIn(folder: string): Promise<string> {
    const store = await open(folder)
    await store.close()
    return store.changes.epoch
  }

  it('that was copied has an epoch of its own, and the original keeps the old one', async () => {
    const { folder, epoch } = await makeFolder()
    const copy = `${folder}-copy`
    cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
    const opened = await open(copy)
    expect(opened.isCopy).toBe(true)
    expect(opened.changes.epoch).not.toBe(epoch)
    await opened.close()
    expect(await epochIn(copy)).toBe(opened.changes.epoch)
    expect(await epochIn(folder)).toBe(epoch)
  })

  it('that was put back from a copy has a new epoch, also where every file was overwritten in its place', async () => {
    const { folder, epoch } = await makeFolder()
    const copy = `${folder}-copy`
    cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
    const store = await open(folder)
    await write(store.changes, { record: timelineItem(randomUUID()) })
    await store.close()
    cpSync(copy, folder, { recursive: true, preserveTimestamps: true, force: true })
    expect(await epochIn(folder)).not.toBe(epoch)
  })

  it('whose database alone was put back from an earlier run has a new epoch', async () => {
    const { folder, epoch } = await makeFolder()
    cpSync(join(folder, 'wedsync.db'), join(folder, 'earlier'), { preserveTimestamps: true })
    expect(await epochIn(folder)).toBe(epoch)
    cpSync(join(folder, 'earlier'), join(folder, 'wedsync.db'), { preserveTimestamps: true, force: true })
    expect(await epochIn(folder)).not.toBe(epoch)
  })

  it('that was moved or renamed on its disk, or stopped without closing, keeps its epoch', async () => {
    const { folder, epoch } = await makeFolder()
    const moved = `${folder}-moved`
    renameSync(folder, moved)
    expect(await epochIn(moved)).toBe(epoch)
  })

  it('refuses to save while it is gone or was replaced, goes on reading, and saves again when it is back', async () => {
    const { folder } = await makeFolder()
    const store = await open(folder)
    const item = timelineItem(randomUUID())
    await write(store.changes, { record: item })
    const away = `${folder}-away`
    renameSync(folder, away)
    await expect(write(store.changes, { record: timelineItem(item.scope) })).rejects.toThrow('removed or replaced')
    await expect(store.state.set('fact', 1)).rejects.toThrow('removed or replaced')
    expect(await store.changes.inScope(item.scope)).toHaveLength(1)
    renameSync(away, folder)
    await write(store.changes, { record: timelineItem(item.scope) })
    expect(await store.changes.inScope(item.scope)).toHaveLength(2)
    await store.close()
  })

  it('refuses a database that a newer program wrote, and leaves it as it is', async () => {
    const { folder, epoch } = await makeFolder()
    const store = await open(folder)
    store.database.pragma('user_version = 1000')
    await store.close()
    const refused = await openSqliteStore(join(folder, 'wedsync.db'), key)
    expect(refused.ok || refused.error.detail).toMatch(/newer WedSync.*1000/)
    const again = openDatabase(join(folder, 'wedsync.db'), key)
    if (!again.ok) throw new Error(again.error.detail)
    again.value.pragma(`user_version = ${SQLITE_SCHEMA_VERSION}`)
    again.value.close()
    expect(await epochIn(folder)).toBe(epoch)
  })

  it('of the first version is brought up to date, and its history with it', async () => {
    const folder = mkdtempSync(join(root, 'old-'))
    const item = timelineItem(randomUUID())
    const later = edit(item, { title: 'Vows' })
    const store = await open(folder)
    // With one between them, of which the first version's history knew nothing: the log and the history had counted apart.
    for (const record of [item, timelineItem(item.scope), later]) await write(store.changes, { record })
    const { database } = store
    // As the first version wrote it.
    database.exec(`
      DROP TABLE versions; ALTER TABLE history DROP COLUMN commit_id;
      ALTER TABLE state DROP COLUMN at; PRAGMA user_version = 0;
      CREATE TABLE versions (
        record_id TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, vectors TEXT NOT NULL,
        PRIMARY KEY (record_id, version)
      ) WITHOUT ROWID`)
    const old = database.prepare('INSERT INTO versions VALUES (?, ?, ?, ?)')
    const [first, second] = [1_000, 2_000]
    old.run(item.id, 1, first, JSON.stringify({ open: { [ana]: 1 } }))
    old.run(item.id, 2, second, JSON.stringify({ open: { [ana]: 2 } }))
    database.exec(`UPDATE history SET at = ${second}`)
    await store.close()

    const migrated = await open(folder)
    const titles = async (ms: number) => {
      const then = await migrated.history.weddingAt(item.scope, ms)
      return then.ok && then.value.map((record) => viewRecord(record).data.title)
    }
    expect(await titles(first)).toEqual(['Ceremony'])
    expect(await titles(second)).toEqual(['Vows'])
    await write(migrated.changes, { record: edit(later, { title: 'Toasts' }) })
    expect(await titles(first)).toEqual(['Ceremony'])
    expect(await titles(second)).toEqual(['Vows'])
    expect(await titles(Date.now())).toEqual(['Toasts'])
    expect(await migrated.history.vectorsAt(item.id, { version: 1 })).toEqual(new Map([['open', new Map([[ana, 1]])]]))
    await migrated.close()
  })

  it('forgets versions also where the clock was set back between them', async () => {
    const DAY_MS = 86_400_000
    let today = 200
    const file = join(mkdtempSync(join(root, 'clock-')), 'wedsync.db')
    const opened = await openSqliteStore(file, key, { now: () => today * DAY_MS })
    if (!opened.ok) throw new Error(opened.error.detail)
    const { changes, database, history } = opened.value
    const item = timelineItem(randomUUID())
    await write(changes, { record: item })
    for (const [day, title] of [[10, 'Vows'] as const, [11, 'Rings'] as const, [150, 'Kiss'] as const]) {
      today = day
      await write(changes, { record: edit(item, { title }) })
    }
    await history.forget({ historyDays: 90, stateDays: {} }, 110 * DAY_MS)
    const kept = database.prepare('SELECT at FROM versions ORDER BY seq').pluck().all()
    expect(kept).toEqual([11 * DAY_MS, 150 * DAY_MS])
    await opened.value.close()
  })

  it('answers from an index whatever a session asks for', async () => {
    const folder = mkdtempSync(join(root, 'explain-'))
    const store = await open(folder)
    const table = recordTableOf(store.database)
    const scope = `json_extract(data, '$.scope')`
    const queries: readonly (readonly [sql: string, plan: RegExp])[] = [
      [
        `SELECT data FROM ${table} WHERE ${scope} = 'x' AND seq > 5 ORDER BY seq LIMIT 10`,
        /^SEARCH \w+ USING INDEX \w+_log/,
      ],
      [`SELECT max(seq) FROM ${table} WHERE ${scope} = 'x'`, /^SEARCH \w+ USING COVERING INDEX \w+_log/],
      [`SELECT min(${scope}) FROM ${table} WHERE ${scope} > 'x'`, /^SEARCH \w+ USING COVERING INDEX \w+_log/],
      [
        `SELECT count(*) FROM ${table} WHERE ${scope} = 'x' AND seq > 5 AND json_extract(data, '$.from') <> 'y'`,
        /^SEARCH \w+ USING COVERING INDEX \w+_log/,
      ],
      [`SELECT seq FROM ${table} WHERE id = 'x'`, /^SEARCH \w+ USING INDEX \w+ \(id=\?\)/],
      [`SELECT vectors FROM versions WHERE seq = 5`, /^SEARCH versions USING INTEGER PRIMARY KEY/],
      [`SELECT entry FROM history WHERE record_id = 'x' ORDER BY id`, /^SEARCH history USING INDEX history_by_record/],
    ]
    for (const [sql, plan] of queries) {
      const steps = store.database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all()
      expect(steps.map(({ detail }) => detail)).toEqual([expect.stringMatching(plan)])
    }
    await store.close()
  })
})
