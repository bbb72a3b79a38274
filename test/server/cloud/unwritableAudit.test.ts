/** The cloud over HTTP, on a PostgreSQL server that does not let it write its audit: nothing is done that cannot be put on record. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { syncReply } from '../../../model/rest/sync.ts'
import { openPostgresAudit } from '../../../server/audit/postgresAudit.ts'
import { auditFaults } from '../../../server/audit/verify.ts'
import { openPostgresStore, type PostgresStore } from '../../../server/changes/postgres.ts'
import { type Cloud, openCloud } from '../../../server/cloud/cloud.ts'
import { createTeamKeys, mintFor } from '../../../server/identity/token.ts'
import { ENROL_PATH } from '../../../server/install/calls.ts'
import { findPostgres, type PostgresServer, run, startPostgres } from '../changes/postgresServer.ts'

const program = findPostgres()

describe.skipIf(!program.ok)('a cloud that cannot write its audit', () => {
  /** As whom the cloud is connected: rights can be taken from it, as they cannot from a superuser. */
  const ROLE = 'cloud'
  /** What an operation could leave behind. */
  const TABLES = ['records', 'versions', 'history', 'scopes', 'state', 'sync_sessions', 'audit', 'audit_heads']
  const team = { id: randomUUID(), ...createTeamKeys() }
  const wedding = randomUUID()

  let postgres: PostgresServer
  /** Of the database, for whoever administers it. */
  let address: string
  let cloud: Cloud
  /** Another process on the same database. */
  let store: PostgresStore

  beforeAll(async () => {
    if (!program.ok) throw new Error(program.error)
    postgres = await startPostgres(program.value)
    address = await postgres.createDatabase()
    await run(address, `CREATE ROLE ${ROLE} LOGIN; GRANT CREATE ON SCHEMA public TO ${ROLE}`)
    const databaseUrl = new URL(address)
    databaseUrl.username = ROLE
    const opened = await openCloud({
      databaseUrl: databaseUrl.href,
      port: 0,
      host: '127.0.0.1',
      log: () => undefined,
    })
    if (!opened.ok) throw new Error(opened.error.detail)
    cloud = opened.value
    store = await openPostgresStore({ databaseUrl: address })
    const enrolment = { team: { id: team.id, publicKey: team.publicKey } }
    expect((await ask(cloud.enrolToken, 'POST', ENROL_PATH, enrolment)).status).toBe(200)
    const data = { name: 'Ana and Rui', date: '2027-06-12', timezone: 'Europe/Lisbon' }
    await good(newMember(), batch({ action: 'create', table: 'weddings', id: wedding, data }))
  }, 60_000)

  afterAll(async () => {
    await store?.close()
    await cloud?.stop()
    await postgres?.stop()
  })

  /** Somebody who has not called before: not even whose edits theirs are is known. */
  function newMember(): string {
    const device = randomBytes(32).toString('base64url')
    const who = { user: randomUUID(), device, holder: 'browser', role: 'owner', weddings: 'all' } as const
    return mintFor({ team: team.id, ...who }, team.privateKey, Date.now())
  }

  async function ask(token: string, method: string, path: string, body?: unknown) {
    const reply = await fetch(`${cloud.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: reply.status, body: (await reply.json()) as unknown }
  }

  const push = (token: string, body: object) => ask(token, 'POST', '/api/offline/sync', body)

  async function good(token: string, body: object) {
    const reply = await push(token, body)
    expect(reply).toMatchObject({ status: 200, body: { failures: [] } })
    return syncReply.parse(reply.body)
  }

  function batch(...changes: readonly object[]) {
    const timestamp = new Date().toISOString()
    return {
      changes: changes.map((change) => ({ timestamp, ...change })),
      lastSyncTime: timestamp,
      batchId: randomUUID(),
      options: { conflictResolution: 'manual' },
    }
  }

  const guest = (action: 'create' | 'update', id: string, name: string, more: object = {}) => ({
    action,
    table: 'guests',
    id,
    data: { name, wedding_id: wedding },
    ...more,
  })

  /** All that is in the tables, as text. */
  async function everything(): Promise<Readonly<Record<string, string>>> {
    const textRow = z.object({ text: z.string() })
    const tables = TABLES.map(async (table) => {
      const [row] = await store.sql.query(
        `SELECT coalesce(string_agg(each::text, E'\\n' ORDER BY each::text), '') AS text FROM ${table} AS each`,
      )
      return [table, textRow.parse(row).text] as const
    })
    return Object.fromEntries(await Promise.all(tables))
  }

  async function phases(): Promise<readonly string[]> {
    const phaseRow = z.object({ phase: z.string() })
    const rows = await store.sql.query(
      `SELECT entry::json ->> 'phase' AS phase FROM audit WHERE chain = $1 ORDER BY seq`,
      [team.id],
    )
    return rows.map((row) => phaseRow.parse(row).phase)
  }

  async function verify(): Promise<readonly string[]> {
    return auditFaults(await openPostgresAudit(store.sql), undefined)
  }

  async function without<T>(right: string, work: () => Promise<T>): Promise<T> {
    await run(address, `REVOKE ${right} FROM ${ROLE}`)
    try {
      return await work()
    } finally {
      await run(address, `GRANT ${right} TO ${ROLE}`)
    }
  }

  const unavailable = { status: 503, body: { error: 'AUDIT_UNAVAILABLE', code: 'AUDIT_UNAVAILABLE' } }

  /** What a device says of itself is kept, if the push is. */
  const deviceInfo = { deviceId: randomUUID(), appVersion: '2.1', platform: 'ios' }

  for (const right of ['INSERT ON audit', 'UPDATE ON audit_heads']) {
    it(`refuses a push, keeps nothing of it, and takes the same batch once it may again (${right})`, async () => {
      const [token, known, id, other] = [newMember(), randomUUID(), randomUUID(), randomUUID()]
      await good(newMember(), batch(guest('create', known, 'Dan')))
      const data = { name: 'Eva and Tom', date: '2027-07-03', timezone: 'Europe/Lisbon' }
      const body = batch(guest('update', known, 'Dana'), guest('create', id, 'Ruth'), {
        action: 'create',
        table: 'weddings',
        id: other,
        data,
      })
      const before = await everything()
      expect(await without(right, () => push(token, { ...body, deviceInfo }))).toMatchObject(unavailable)
      expect(await everything()).toEqual(before)
      expect(await verify()).toEqual([])

      const had = (await phases()).length
      const reply = await good(token, { ...body, deviceInfo })
      expect(reply.processed.map(({ serverId }) => serverId)).toEqual([known, id, other])
      expect(reply).not.toHaveProperty('replayed')
      expect((await store.changes.records([id, other])).size).toBe(2)
      expect(await store.history.superseded(known)).toMatchObject([{ register: 'name', value: 'Dan' }])
      expect((await phases()).slice(had)).toEqual(['begun', 'done'])
      expect(await good(token, body)).toMatchObject({ sessionId: reply.sessionId, replayed: true })
      expect(await verify()).toEqual([])
    })
  }

  it('refuses those that come together all alike, and those that come after the fault are on record one by one', async () => {
    const bodies = Array.from({ length: 8 }, (_, n) => batch(guest('create', randomUUID(), `Guest ${n}`)))
    const tokens = bodies.map(newMember)
    const pushAll = () => Promise.all(bodies.map((body, n) => push(tokens[n] ?? '', body)))
    const before = await everything()
    for (const reply of await without('INSERT ON audit', pushAll)) expect(reply).toMatchObject(unavailable)
    expect(await everything()).toEqual(before)
    const had = (await phases()).length
    for (const reply of await pushAll()) expect(reply).toMatchObject({ status: 200, body: { failures: [] } })
    expect((await phases()).slice(had).sort()).toEqual([...bodies.map(() => 'begun'), ...bodies.map(() => 'done')])
    expect(await verify()).toEqual([])
  })

  it('refuses a decision and an export, and does both once it may again', async () => {
    const [ana, ben, id] = [newMember(), newMember(), randomUUID()]
    await good(ana, batch(guest('create', id, 'Guest')))
    await good(ana, batch(guest('update', id, 'Dana')))
    const late = batch(guest('update', id, 'Daniel', { timestamp: new Date(0).toISOString() }))
    const [found] = syncReply.parse((await push(ben, late)).body).conflicts
    const conflictId = found?.conflict.conflictId ?? ''

    const operations = [
      ['PUT', '/sync/resolve', { conflictId, resolution: { strategy: 'use_client' } }],
      ['GET', `/weddings/${wedding}/export?format=json`, undefined],
    ] as const
    for (const [method, path, body] of operations) {
      const act = (token: string) => ask(token, method, `/api/offline${path}`, body)
      const token = newMember()
      const before = await everything()
      expect(await without('INSERT ON audit', () => act(token))).toMatchObject(unavailable)
      expect(await everything()).toEqual(before)
      const had = (await phases()).length
      expect(await act(token)).toMatchObject({ status: 200 })
      expect((await phases()).slice(had)).toEqual(['begun', 'done'])
    }
    expect(await verify()).toEqual([])
  })
})
