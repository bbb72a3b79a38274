/**
 * The REST API under load: push of ten changes, pull, status and resolve, with 1, 50 and 200 clients, on 100,000 records;
 * SQLite (an install) and, where it is installed, PostgreSQL (the cloud). Every client has its own token. It asks in one of
 * two forms: *closed*, the next request as soon as the last is answered, which shows what the server can do, and *paced*,
 * one request a second, which shows how long busy people wait.
 *
 * The server is a process of its own, the clients are this one. They share the cores, so beside the times that a client
 * waits stands the processor time of the server's main thread for a request, which other programs on the machine change
 * little, and of the clients, which shows that it is not they who are measured.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { syncReply } from '../../model/rest/sync.ts'
import { API_PATH } from '../../server/rest/api.ts'
import { findPostgres, startPostgres } from '../server/changes/postgresServer.ts'
import type { Serving } from './apiServer.ts'
import type { Figure } from './run.ts'

const CLIENTS = [1, 50, 200]
/** How often each of them asks. */
const PACES = { closed: 0, paced: 1_000 } as const
type Pace = keyof typeof PACES
/** To be reached with this many clients, ms. */
const GOALS = { clients: 50, p95: 200, pushP95: 50 }
/**
 * What a device sends that has something to say: five new guests of one wedding and one more field of each of the five
 * before them. It was told of everything up to its last push, so what others wrote since comes with the reply.
 */
const PUSH = 'push of 10 changes'
const HALF = 5
/** A resolve needs a conflict each; those that are used up end the run before its time. */
const CONFLICTS = 600
const SEED_MINUTES = 10
/** A pull asks for what is new since this long ago, as a client does that polls. */
const POLL_MS = 5_000

const serving = z.object({ url: z.string(), weddings: z.array(z.string()), tokens: z.array(z.string()) })
const used = z.object({ processorMs: z.number() })

export interface ApiBench {
  /** For each figure. The published ones are of 30. */
  readonly seconds: number
  readonly records: number
  /** `sqlite` or `postgres`; absent: both. */
  readonly only?: string
  /** Only routes whose name begins so. */
  readonly workload: string
  /** Absent: 1, 50 and 200. */
  readonly clients?: number
  /** Absent: both. */
  readonly pace?: string
}

interface Answer {
  readonly status: number
  readonly text: string
}

type Ask = (token: string, method: string, path: string, body?: unknown) => Promise<Answer>
/** One request of a client; `false` when there is nothing left to ask. */
type Work = (client: number) => Promise<boolean>

export async function api(options: ApiBench): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-bench-api-'))
  try {
    const sqlite = options.only === 'postgres' ? [] : await measure('sqlite', folder, options)
    return options.only === 'sqlite' ? sqlite : [...sqlite, ...(await onPostgres(options))]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function onPostgres(options: ApiBench): Promise<readonly Figure[]> {
  const program = findPostgres()
  if (!program.ok) {
    process.stderr.write(`not on PostgreSQL: ${program.error}\n`)
    return []
  }
  const postgres = await startPostgres(program.value, { durable: true })
  try {
    return await measure('postgres', await postgres.createDatabase(), options)
  } finally {
    await postgres.stop()
  }
}

/** The rows of the table, in their order. */
function* crowdsOf({ clients, pace }: ApiBench): Generator<{ readonly clients: number; readonly pace: Pace }> {
  for (const each of ['closed', 'paced'] as const) {
    if (pace !== undefined && pace !== each) continue
    for (const count of clients === undefined ? CLIENTS : [clients]) yield { clients: count, pace: each }
  }
}

async function measure(kind: string, where: string, options: ApiBench): Promise<readonly Figure[]> {
  const { seconds, records, workload } = options
  const crowds = [...crowdsOf(options)]
  const clients = String(Math.max(...crowds.map(({ clients }) => clients)))
  const child = fork(join(import.meta.dirname, 'apiServer.ts'), [kind, where, clients, String(records)])
  try {
    const server = serving.parse(await answerOf(child))
    const processorMs = async (): Promise<number> => {
      child.send('processor time')
      return used.parse(await answerOf(child)).processorMs
    }
    const agent = new Agent({ keepAlive: true })
    const ask = askOver(server.url, agent)
    const figures: Figure[] = []
    for (const crowd of crowds) {
      for (const [name, prepare] of Object.entries(TASKS)) {
        if (!name.startsWith(workload)) continue
        const work = await prepare(server, ask)
        await work(0) // what is read into memory once is no request's own cost
        const measured = await load({ kind, name, ...crowd, seconds, work, processorMs })
        for (const figure of measured) process.stderr.write(`${figure.name} ${figure.value} ${figure.unit}\n`)
        figures.push(...measured)
      }
    }
    agent.destroy()
    return figures
  } finally {
    // It ends by itself then, so that a profile of it (`node --cpu-prof test/bench/run.ts api`) is written.
    child.disconnect()
  }
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`the server ended with ${code}`))
    const late = setTimeout(() => reject(new Error('the server does not answer')), SEED_MINUTES * 60_000)
    child.once('exit', ended)
    child.once('message', (message) => {
      clearTimeout(late)
      child.off('exit', ended)
      resolve(message)
    })
  })
}

function askOver(url: string, agent: Agent): Ask {
  return (token, method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        authorization: `Bearer ${token}`,
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      }
      const asking = request(`${url}${API_PATH}${path}`, { method, agent, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        )
      })
      asking.once('error', reject)
      asking.end(text)
    })
}

function good({ status, text }: Answer): string {
  if (status !== 200) throw new Error(`answered ${status}: ${text}`)
  return text
}

function batchOf(changes: readonly unknown[], conflictResolution: 'manual' | 'client_wins', lastSyncTime: string) {
  return { changes, lastSyncTime, batchId: randomUUID(), options: { conflictResolution } }
}

const TASKS: Readonly<Record<string, (server: Serving, ask: Ask) => Work | Promise<Work>>> = {
  [PUSH](server, ask) {
    const since = new Map<number, { readonly at: string; readonly ids: readonly string[] }>()
    return async (client) => {
      const timestamp = new Date().toISOString()
      const last = since.get(client) ?? { at: timestamp, ids: [] }
      const wedding_id = server.weddings[client % server.weddings.length]
      const ids = Array.from({ length: HALF }, () => randomUUID())
      const create = (id: string) => ({ action: 'create', id, data: { name: `Guest of ${client}`, wedding_id } })
      const update = (id: string) => ({ action: 'update', id, data: { notes: `Asked at ${timestamp}` } })
      // The first push of a client has nothing to edit yet.
      const edits =
        last.ids.length > 0 ? last.ids.map(update) : Array.from({ length: HALF }, () => create(randomUUID()))
      const changes = [...ids.map(create), ...edits].map((change) => ({ ...change, table: 'guests', timestamp }))
      const body = batchOf(changes, 'client_wins', last.at)
      const reply = syncReply.parse(JSON.parse(good(await ask(tokenOf(server, client), 'POST', '/sync', body))))
      if (reply.processed.length !== changes.length) throw new Error(JSON.stringify(reply.failures[0]))
      since.set(client, { at: reply.nextSyncTime, ids })
      return true
    }
  },

  pull: (server, ask) => async (client) => {
    const since = new Date(Date.now() - POLL_MS).toISOString()
    good(await ask(tokenOf(server, client), 'GET', `/sync?since=${since}`))
    return true
  },

  status: (server, ask) => async (client) => {
    good(await ask(tokenOf(server, client), 'GET', '/status'))
    return true
  },

  async resolve(server, ask) {
    const conflicts = await makeConflicts(server, ask)
    return async (client) => {
      const conflictId = conflicts.pop()
      if (conflictId === undefined) return false
      const body = { conflictId, resolution: { strategy: 'use_server' } }
      good(await ask(tokenOf(server, client), 'PUT', '/sync/resolve', body))
      return true
    }
  },
}

function tokenOf({ tokens }: Serving, client: number): string {
  return tokens[client % tokens.length] ?? ''
}

/** Two people who have not seen each other's edit of a guest, over and over. */
async function makeConflicts(server: Serving, ask: Ask): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < CONFLICTS) {
    const timestamp = new Date().toISOString()
    const wedding_id = server.weddings[(ids.length / 100) % server.weddings.length]
    const guests = Array.from({ length: 100 }, () => randomUUID())
    const of = (name: string, rest: object) =>
      guests.map((id) => ({ table: 'guests', id, timestamp, data: { name, wedding_id }, ...rest }))
    const push = async (client: number, changes: readonly unknown[]) =>
      syncReply.parse(
        JSON.parse(good(await ask(tokenOf(server, client), 'POST', '/sync', batchOf(changes, 'manual', timestamp)))),
      )
    await push(0, of('Guest', { action: 'create' }))
    await push(0, of('Dana', { action: 'update' }))
    const { conflicts } = await push(1, of('Daniel', { action: 'update', timestamp: new Date(0).toISOString() }))
    if (conflicts.length === 0) throw new Error('the two did not clash')
    ids.push(...conflicts.flatMap(({ conflict: { conflictId } }) => conflictId ?? []))
  }
  return ids
}

interface Load {
  readonly kind: string
  readonly name: string
  readonly clients: number
  readonly pace: Pace
  readonly seconds: number
  readonly work: Work
  /** Of the server, so far. */
  readonly processorMs: () => Promise<number>
}

async function load({ kind, name, clients, pace, seconds, work, processorMs }: Load): Promise<readonly Figure[]> {
  const everyMs = PACES[pace]
  const times: number[] = []
  const ownBefore = process.threadCpuUsage()
  const usedBefore = await processorMs()
  const startMs = performance.now()
  const endMs = startMs + seconds * 1_000
  const client = async (_: unknown, n: number): Promise<void> => {
    await pause((everyMs * n) / clients) // not all at the same moment
    while (performance.now() < endMs) {
      const askedMs = performance.now()
      if (!(await work(n))) return
      const tookMs = performance.now() - askedMs
      times.push(tookMs)
      if (everyMs > tookMs) await pause(everyMs - tookMs)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const tookSeconds = (performance.now() - startMs) / 1_000
  const usedMs = (await processorMs()) - usedBefore
  const own = process.threadCpuUsage(ownBefore)
  const ownMs = (own.user + own.system) / 1_000
  times.sort((a, b) => a - b)
  const title = `${kind}, ${clients} clients, ${pace}, ${name}`
  const rounded = (value: number) => Number(value.toPrecision(3))
  const percentile = (p: number) => rounded(times[Math.ceil((p / 100) * times.length) - 1] ?? Number.NaN)
  const goal = { atMost: name === PUSH ? GOALS.pushP95 : GOALS.p95 }
  return [
    { name: `${title}, p50`, value: percentile(50), unit: 'ms' },
    { name: `${title}, p95`, value: percentile(95), unit: 'ms', ...(clients === GOALS.clients && { goal }) },
    { name: `${title}, p99`, value: percentile(99), unit: 'ms' },
    { name: `${title}, throughput`, value: Math.round(times.length / tookSeconds), unit: '/s' },
    { name: `${title}, processor time of the server`, value: rounded(usedMs / times.length), unit: 'ms a request' },
    { name: `${title}, processor time of the clients`, value: rounded(ownMs / times.length), unit: 'ms a request' },
  ]
}
