/** The real API on a loopback port over a real PostgreSQL store in memory, and the people who call it. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import type { z } from 'zod'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { errorReply } from '../../../model/rest/error.ts'
import { type RecordRow, recordsReply } from '../../../model/rest/records.ts'
import { type SyncReply, syncReply } from '../../../model/rest/sync.ts'
import { ok } from '../../../model/result.ts'
import type { Grant } from '../../../model/roles.ts'
import { createTrail } from '../../../server/audit/trail.ts'
import { openPostgresStore, type PostgresStore } from '../../../server/changes/postgres.ts'
import { openPeople } from '../../../server/install/people.ts'
import type { LogFields } from '../../../server/log.ts'
import { API_PATH, createApi } from '../../../server/rest/api.ts'
import { openPostgresBooks } from '../../../server/rest/books.ts'
import type { Caller, ServerContext } from '../../../server/rest/context.ts'
import { rosterOf } from '../../../server/rest/roster.ts'

export const TEAM = randomUUID()
export const OTHER_TEAM = randomUUID()
export const LONG_AGO = '2020-01-01T00:00:00Z'

/** Who calls; their token is their name. */
export interface Member extends Caller {
  readonly name: string
}

export function member(name: string, grant: Grant, team = TEAM): Member {
  return { name, team, userId: randomUUID(), deviceId: `device-of-${name}`, grant }
}

export const ana = member('Ana', { role: 'owner', weddings: 'all' })
export const ben = member('Ben', { role: 'planner', weddings: 'all' })
export const couple = member('Cleo', { role: 'couple', weddings: 'all' })
export const photographer = member('Phil', { role: 'photographer', weddings: 'all' })
export const vendor = member('Vera', { role: 'vendor', weddings: 'all' })
export const viewer = member('Vic', { role: 'viewer', weddings: 'all' })
export const stranger = member('Stan', { role: 'owner', weddings: 'all' }, OTHER_TEAM)

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: unknown
}

export interface TestServer {
  readonly url: string
  readonly store: PostgresStore
  readonly context: ServerContext
  readonly logged: { readonly event: string; readonly fields: LogFields | undefined }[]
  /** From now on the usual members are another team, with no weddings yet. */
  freshTeam(): void
  /** Lets somebody in whose grant is not one of the usual ones. */
  admit(caller: Member): void
  close(): Promise<void>
}

/** @param without what this server cannot do */
export async function startServer(
  overrides: Partial<ServerContext> | ((store: PostgresStore) => Partial<ServerContext>) = {},
  without: readonly ('startHub' | 'createJoin' | 'outgoing')[] = [],
): Promise<TestServer> {
  const store = await openPostgresStore()
  const members = new Map([ana, ben, couple, photographer, vendor, viewer, stranger].map((each) => [each.name, each]))
  let people = openPeople(store.changes, store.state)
  let team = TEAM
  const books = await openPostgresBooks(store.sql)
  const full: ServerContext = {
    role: 'hub',
    version: '0.1.0',
    stores: store,
    authenticate: async (token) => {
      const found = members.get(token)
      return found && { ...found, team: found.team === TEAM ? team : found.team }
    },
    weddingsOf: async (asked) => (await store.scopesOf(asked)).filter((scope) => scope !== asked),
    claimWedding: async (asking, weddingId) => (await store.claimScopes(asking, [weddingId])) === 'ok',
    authors: async ({ team: own, userId, deviceId }) => {
      const personName = [...members.values()].find((each) => each.userId === userId)?.name ?? '?'
      return people.authors({ team: own, userId, deviceId, personName, deviceName: `${personName}’s laptop` })
    },
    rosters: rosterOf(store.changes),
    books,
    trail: createTrail(books.audit, 'server'),
    dismiss: () => undefined,
    completeness: async () => ({ complete: true, behindBy: 0, quarantined: 0, peers: [] }),
    status: async ({ userId, grant: { role, weddings } }) => ({
      role: 'hub',
      version: '0.1.0',
      deviceId: 'the-hub',
      deviceName: 'hub',
      personName: 'Ana',
      userId,
      grant: { role, weddings: weddings === 'all' ? 'all' : [...weddings] },
      upstreams: [{ deviceId: 'c', name: 'cloud', kind: 'cloud', state: 'syncing', waiting: 3, incoming: 0 }],
      devices: [],
      quarantined: 2,
    }),
    backlog: async () => {
      const { upstreams, quarantined } = await context.status(ana)
      return { upstreams, quarantined }
    },
    startHub: async () => ok({ url: 'https://192.168.7.2:8443', fingerprint: 'sha256:00' }),
    createJoin: async ({ role, weddings, expiresInSeconds }) => ({
      joinId: 'the-join',
      join: `wedsync://join?${JSON.stringify({ role, weddings, expiresInSeconds })}`,
      browser: 'https://192.168.7.2:8443/#join=x',
      expiresAt: new Date(Date.now() + expiresInSeconds * 1_000).toISOString(),
    }),
    ...(typeof overrides === 'function' ? overrides(store) : overrides),
  }
  const context: ServerContext = { ...full }
  for (const ability of without) delete context[ability]
  const logged: { event: string; fields: LogFields | undefined }[] = []
  const app = express()
  app.use(
    API_PATH,
    createApi(context, (event, fields) => logged.push({ event, fields })),
  )
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${API_PATH}`,
    store,
    context,
    logged,
    freshTeam() {
      team = randomUUID()
      people = openPeople(store.changes, store.state)
    },
    admit: (caller) => members.set(caller.name, caller),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await store.close()
    },
  }
}

interface CallOptions {
  readonly method?: string
  readonly as?: Member
  readonly headers?: Record<string, string>
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
}

export async function call(server: TestServer, path: string, options: CallOptions = {}): Promise<Reply> {
  const { method = 'GET', as, headers = {}, body } = options
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(as && { authorization: `Bearer ${as.name}` }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) }
}

/** Calls, expects 200, and checks the reply against its schema. */
export async function get<T>(server: TestServer, schema: z.ZodType<T>, path: string, as: Member = ana): Promise<T> {
  const reply = await call(server, path, { as })
  if (reply.status !== 200) throw new Error(`GET ${path} answered ${reply.status}: ${reply.text}`)
  return schema.parse(reply.body)
}

export interface ChangeInput {
  readonly action: 'create' | 'update' | 'delete'
  readonly table: string
  readonly id: string
  readonly recordId?: string
  readonly data?: unknown
  readonly timestamp?: string
  readonly clientVersion?: string
  readonly checksum?: string
}

export interface BatchInput {
  readonly changes: readonly ChangeInput[]
  readonly options?: Readonly<Record<string, unknown>>
  readonly as?: Member
  readonly lastSyncTime?: string
  readonly batchId?: string
  readonly cursor?: string
}

export function batchBody({ changes, options, lastSyncTime, batchId, cursor }: BatchInput): Record<string, unknown> {
  return {
    changes: changes.map((change) => ({ data: {}, timestamp: new Date().toISOString(), ...change })),
    lastSyncTime: lastSyncTime ?? new Date().toISOString(),
    batchId: batchId ?? randomUUID(),
    ...(options && { options }),
    ...(cursor !== undefined && { cursor }),
  }
}

export async function pushRaw(server: TestServer, batch: BatchInput): Promise<Reply> {
  return call(server, '/sync', { method: 'POST', as: batch.as ?? ana, body: batchBody(batch) })
}

export async function push(server: TestServer, batch: BatchInput): Promise<SyncReply> {
  const reply = await pushRaw(server, batch)
  if (reply.status !== 200) throw new Error(`POST /sync answered ${reply.status}: ${reply.text}`)
  return syncReply.parse(reply.body)
}

export async function createWedding(
  server: TestServer,
  data: Record<string, unknown> = {},
  as: Member = ana,
): Promise<string> {
  const id = randomUUID()
  const full = { name: 'Ana & Luis', date: '2026-09-12', timezone: 'Europe/Lisbon', ...data }
  const { failures } = await push(server, { changes: [{ action: 'create', table: 'weddings', id, data: full }], as })
  if (failures.length > 0) throw new Error(JSON.stringify(failures))
  return id
}

export async function create(
  server: TestServer,
  weddingId: string,
  table: string,
  data: Record<string, unknown>,
  as: Member = ana,
): Promise<string> {
  const id = randomUUID()
  const change = { action: 'create' as const, table, id, data: { ...data, wedding_id: weddingId } }
  const { failures } = await push(server, { changes: [change], as })
  if (failures.length > 0) throw new Error(JSON.stringify(failures))
  return id
}

/** One update, made now by somebody who has seen everything unless `batch` or `change` says otherwise. */
export async function update(
  server: TestServer,
  table: string,
  id: string,
  data: Record<string, unknown>,
  more: { readonly change?: Partial<ChangeInput>; readonly batch?: Partial<BatchInput> } = {},
): Promise<SyncReply> {
  return push(server, { changes: [{ action: 'update', table, id, data, ...more.change }], ...more.batch })
}

export async function row(
  server: TestServer,
  weddingId: string,
  id: string,
  as: Member = ana,
): Promise<RecordRow | undefined> {
  const { records } = await get(server, recordsReply, `/weddings/${weddingId}/records?limit=500&deleted=true`, as)
  return records.find((record) => record.id === id)
}

export async function stored(server: TestServer, id: string): Promise<CausalRecord | undefined> {
  return (await server.store.changes.records([id])).get(id)
}

/** Checks what every error looks like, and that it tells nothing of the inside. */
export function errorOf(reply: Reply): z.infer<typeof errorReply> {
  if (/select |insert |\.ts|node_modules|at .*:\d+:\d+/i.test(reply.text))
    throw new Error(`tells too much: ${reply.text}`)
  return errorReply.parse(reply.body)
}

/** So that an edit and a later one do not fall into one millisecond. */
export async function moment(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 3))
  const now = new Date().toISOString()
  await new Promise((resolve) => setTimeout(resolve, 3))
  return now
}
