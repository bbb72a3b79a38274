import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runOnPostgres, runOnSqlite } from '../../../server/audit/sql.ts'
import { openPostgresStore } from '../../../server/changes/postgres.ts'
import { SESSION_TABLES, type SessionRow, sessionsIn } from '../../../server/rest/sessions.ts'
import { openDatabase } from '../../../server/storage/open.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-09-12T12:00:00Z')

const row = (more: Partial<SessionRow> = {}): SessionRow => ({
  sessionId: randomUUID(),
  team: 'team',
  userId: 'ana',
  deviceId: 'ipad',
  atMs: NOW,
  processingMs: 20.5,
  batchSize: 10,
  itemsSynced: 9,
  conflicts: 2,
  failures: 0,
  ...more,
})

async function onSqlite() {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-sessions-'))
  const database = openDatabase(join(folder, 'a.db'), randomBytes(32))
  if (!database.ok) throw new Error(database.error.detail)
  const close = async () => {
    database.value.close()
    rmSync(folder, { recursive: true })
  }
  return { run: runOnSqlite(database.value), close }
}

async function onPostgres() {
  const store = await openPostgresStore()
  return { run: runOnPostgres(store.sql), close: () => store.close() }
}

it.each([
  ['SQLite', onSqlite, false],
  ['PostgreSQL', onPostgres, true],
] as const)(
  '%s: rows that come at once are all stored, and summed up by who and since when',
  async (_name, open, isGrouped) => {
    const { run, close } = await open()
    for (const statement of SESSION_TABLES) await run(statement, [])
    const sessions = sessionsIn(run, { isGrouped })
    await sessions.add(row({ atMs: NOW - 31 * DAY_MS, error: 'INTERNAL_ERROR' }))
    await sessions.add(row({ atMs: NOW - 8 * DAY_MS, error: 'INTERNAL_ERROR' }))
    await Promise.all(
      Array.from({ length: 120 }, (_, n) => sessions.add(row({ failures: n % 4 === 0 ? 1 : 0, atMs: NOW + n }))),
    )
    await sessions.add(row({ userId: 'ben', deviceId: 'laptop', throughput: 7, appVersion: '2' }))
    const who = { team: 'team', userId: 'ana' }
    expect(await sessions.totals({ ...who, sinceMs: NOW - 7 * DAY_MS })).toEqual({
      sessions: 120,
      failedSessions: 30,
      conflicts: 240,
      failures: 30,
      itemsSynced: 1_080,
      averageProcessingMs: 20.5,
      maxProcessingMs: 20.5,
      averageBatchSize: 10,
      averageThroughput: null,
    })
    // What is older than 30 days is gone.
    expect((await sessions.totals({ ...who, sinceMs: 0 })).sessions).toBe(121)
    expect(await sessions.totals({ team: 'other', sinceMs: 0 })).toMatchObject({
      sessions: 0,
      averageProcessingMs: null,
    })
    expect(await sessions.latest({ team: 'team' })).toMatchObject([
      { deviceId: 'ipad', atMs: NOW + 119, failed: false },
      { deviceId: 'laptop', atMs: NOW, failed: false, appVersion: '2' },
    ])
    expect(await sessions.lastOf('team', 'ana')).toEqual({ atMs: NOW + 119, goodAtMs: NOW + 119 })
    await sessions.add(row({ atMs: NOW + 200, error: 'INTERNAL_ERROR' }))
    expect(await sessions.lastOf('team', 'ana')).toEqual({ atMs: NOW + 200, goodAtMs: NOW + 119 })
    expect(await sessions.lastOf('other', 'ana')).toEqual({ atMs: null, goodAtMs: null })
    await close()
  },
)
