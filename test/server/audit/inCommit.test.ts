/** A push on an install: what the audit has of it goes to disk in the commit of its changes, and without it they do not. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mintFor } from '../../../server/identity/token.ts'
import { type Install, openInstall } from '../../../server/install/install.ts'
import type { Database } from '../../../server/storage/open.ts'

/** Bytes, with pages of 4 kB. */
const LOG_HEADER = 32
const FRAME = 24 + 4_096

let folder: string
let install: Install
let token: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wedsync-audit-commit-'))
  const opened = await openInstall({
    dataDir: join(folder, 'data'),
    port: 0,
    pagesDir: folder,
    log: () => undefined,
    discovery: false,
    keyProvider: () => randomBytes(32),
  })
  if (!opened.ok) throw new Error(opened.error.kind)
  install = opened.value
  const { id, privateKey = '' } = install.identity.team
  const device = randomBytes(32).toString('base64url')
  const who = { team: id, user: randomUUID(), device, holder: 'browser', role: 'planner', weddings: 'all' } as const
  token = mintFor(who, privateKey, Date.now())
  // Whose edits its actor's are, the team is told with the first one.
  expect((await push(randomUUID())).status).toBe(200)
})

afterAll(async () => {
  await install.stop()
  rmSync(folder, { recursive: true })
})

function push(id: string, action: 'create' | 'update' = 'create'): Promise<Response> {
  const timestamp = new Date().toISOString()
  const data = { name: 'Ana and Rui', date: '2027-06-12', timezone: 'Europe/Lisbon' }
  return fetch(`${install.url}/api/offline/sync`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      changes: [{ action, table: 'weddings', id, timestamp, data }],
      lastSyncTime: timestamp,
      batchId: randomUUID(),
    }),
  })
}

function entries(): readonly { readonly phase: string; readonly operation: string }[] {
  const { database } = install.store
  const fields = `json_extract(entry, '$.phase') AS phase, json_extract(entry, '$.operationId') AS operation`
  return database
    .prepare<[], { phase: string; operation: string }>(
      `SELECT ${fields} FROM audit WHERE json_extract(entry, '$.event') = 'sync' ORDER BY seq`,
    )
    .all()
}

function sessions(): number {
  const { database } = install.store
  return database.prepare<[], { count: number }>('SELECT count(*) AS count FROM sync_sessions').get()?.count ?? 0
}

/** How many commits there are from now on: in the log of SQLite, the last page of each says how long the database is. */
function commitsOf(database: Database): () => number {
  database.pragma('wal_autocheckpoint = 0')
  database.pragma('wal_checkpoint(TRUNCATE)')
  return () => {
    const log = readFileSync(`${database.name}-wal`)
    const frames = Array.from(
      { length: Math.floor((log.length - LOG_HEADER) / FRAME) },
      (_, n) => LOG_HEADER + n * FRAME,
    )
    return frames.filter((at) => log.readUInt32BE(at + 4) > 0).length
  }
}

/** Every entry of `phase` is refused by the database while `work` runs. */
async function withoutRoomFor<T>(phase: string, work: () => Promise<T>): Promise<T> {
  const { database } = install.store
  database.exec(`CREATE TRIGGER no_room BEFORE INSERT ON audit WHEN json_extract(NEW.entry, '$.phase') = '${phase}'
    BEGIN SELECT RAISE(ABORT, 'no room'); END`)
  try {
    return await work()
  } finally {
    database.exec('DROP TRIGGER no_room')
  }
}

it('the beginning and what is written are one commit', async () => {
  const id = randomUUID()
  const before = entries().length
  const commits = commitsOf(install.store.database)
  expect((await push(id)).status).toBe(200)
  // The other has the reply for whoever sends it again, the row of the session, and what came of it.
  expect(commits()).toBe(2)
  const [begun, done, ...more] = entries().slice(before)
  expect([begun?.phase, done?.phase, more]).toEqual(['begun', 'done', []])
  expect(begun?.operation).toBe(done?.operation)
})

it('a push whose beginning cannot be written is refused, and nothing of it is kept', async () => {
  const id = randomUUID()
  const before = entries()
  const calls = sessions()
  const reply = await withoutRoomFor('begun', () => push(id))
  expect([reply.status, await reply.json()]).toMatchObject([503, { code: 'AUDIT_UNAVAILABLE' }])
  expect(await install.store.changes.records([id])).toEqual(new Map())
  expect(await install.store.history.vectorsAt(id, { ms: Date.now() })).toBeUndefined()
  expect(entries()).toEqual(before)
  expect(sessions()).toBe(calls)
  expect((await push(id)).status).toBe(200)
  expect((await install.store.changes.records([id])).size).toBe(1)
})

it('a push of which nothing is written has a beginning and an end all the same', async () => {
  const before = entries().length
  const reply = await push(randomUUID(), 'update')
  expect(await reply.json()).toMatchObject({ processed: [], failures: [{ error: 'id: There is no such record' }] })
  expect(
    entries()
      .slice(before)
      .map(({ phase }) => phase),
  ).toEqual(['begun', 'done'])
})
