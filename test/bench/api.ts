/**
 * The REST API under load: push of ten changes, pull, status and resolve, with 1, 50 and 200 clients, on 100,000 records;
 * SQLite (an install) and, where it is installed, PostgreSQL (the cloud). Every client has its own token. It asks in one of
 * two forms: *closed*, the next request as soon as the last is answered, which shows what the server can do, and *paced*,
 * one request a second, which shows how long busy people wait.
 *
 * The server is a process of its own, the clients are this one. They share the cores, so beside the times that a client
 * waits stands the processor time of the server's main thread for a request, which other programs on the machine change
 * little, and of the clients, which shows that it is not they who are measured.
 *
 * Whoever asks in closed form waits for everybody else: with n clients and a server that answers r requests a second, n / r
 * seconds. So the goal for a typical push is for the paced form; in the closed one a push is a route like any other.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { syncReply } from '../../model/rest/sync.ts'
import { API_PATH } from '../../server/rest/api.ts'
import { findPostgres, startPostgres } from '../server/changes/postgresServer.ts'
import type { Serving } from './apiServer.ts'
import { isMet } from './goal.ts'
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
/** A resolve needs a conflict each; if all of so many are used up, that ends the row before its time. */
const MAX_CONFLICTS = 1_500
/** Before a row is measured its work is done for so long, or so often: what is made once is no request's own cost. */
const WARM_UP = { seconds: 2, requests: 200 }
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
interface Crowd {
  readonly clients: number
  readonly pace: Pace
}

/** One request of a client; `false` when there is nothing left to ask. */
type Work = (client: number) => Promise<boolean>

/** Prints a table of Markdown beside the figures that it returns. */
export async function api(options: ApiBench): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-bench-api-'))
  const startMs = performance.now()
  try {
    const sqlite = options.only === 'postgres' ? [] : await measure('sqlite', folder, options)
    const rows = options.only === 'sqlite' ? sqlite : [...sqlite, ...(await onPostgres(options))]
    process.stderr.write(`${tableOf(rows)}\n${Math.round((performance.now() - startMs) / 60_000)} minutes in all\n`)
    return rows.flatMap(figuresOf)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function onPostgres(options: ApiBench): Promise<readonly Row[]> {
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
function* crowdsOf({ clients, pace }: ApiBench): Generator<Crowd> {
  for (const each of ['closed', 'paced'] as const) {
    if (pace !== undefined && pace !== each) continue
    for (const count of clients === undefined ? CLIENTS : [clients]) {
      // One client who asks once a second makes thirty requests, and tells nothing that the closed form does not.
      if (clients === undefined && count === 1 && each === 'paced') continue
      yield { clients: count, pace: each }
    }
  }
}

async function measure(kind: string, where: string, options: ApiBench): Promise<readonly Row[]> {
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
    const rows: Row[] = []
    process.stderr.write(`| ${HEADINGS.join(' | ')} |\n`)
    for (const crowd of crowds) {
      for (const [name, prepare] of Object.entries(TASKS)) {
        if (!name.startsWith(workload)) continue
        const work = await prepare(server, ask, Math.min(MAX_CONFLICTS, requestsOf(crowd, seconds)))
        await work(0) // what is read into memory once
        const row = await load({ kind, name, ...crowd, seconds, work, processorMs })
        process.stderr.write(`${lineOf(row)}\n`)
        rows.push(row)
      }
    }
    agent.destroy()
    return rows
  } finally {
    // It ends by itself then, so that a profile of it (`node --cpu-prof test/bench/run.ts api`) is written.
    child.disconnect()
  }
}

/** How many are asked at most; a closed form has no bound. */
function requestsOf({ clients, pace }: Crowd, seconds: number): number {
  const everySeconds = PACES[pace] / 1_000
  return everySeconds === 0 ? Number.POSITIVE_INFINITY : (clients * (seconds + WARM_UP.seconds)) / everySeconds
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

type Prepare = (server: Serving, ask: Ask, conflicts: number) => Work | Promise<Work>

const TASKS: Readonly<Record<string, Prepare>> = {
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

  pull(server, ask) {
    const token = readersOf(server)
    return async (client) => {
      const since = new Date(Date.now() - POLL_MS).toISOString()
      good(await ask(token(client), 'GET', `/sync?since=${since}`))
      return true
    }
  },

  status(server, ask) {
    const token = readersOf(server)
    return async (client) => {
      good(await ask(token(client), 'GET', '/status'))
      return true
    }
  },

  async resolve(server, ask, count) {
    const conflicts = await makeConflicts(server, ask, count)
    return async (client) => {
      const conflictId = conflicts.pop()
      if (conflictId === undefined) return false
      const body = { conflictId, resolution: { strategy: 'use_server' } }
      good(await ask(tokenOf(server, client), 'PUT', '/sync/resolve', body))
      return true
    }
  },
}

/**
 * The server answers one token no more than 2,000 times a second, which a client that is alone and only reads can reach. So the first
 * one takes turns with the tokens of all.
 */
function readersOf(server: Serving): (client: number) => string {
  let turn = 0
  return (client) => tokenOf(server, client === 0 ? turn++ : client)
}

function tokenOf({ tokens }: Serving, client: number): string {
  return tokens[client % tokens.length] ?? ''
}

/** Two people who have not seen each other's edit of a guest, over and over. */
async function makeConflicts(server: Serving, ask: Ask, count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
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

interface Load extends Crowd {
  readonly kind: string
  readonly name: string
  readonly seconds: number
  readonly work: Work
  /** Of the server, so far. */
  readonly processorMs: () => Promise<number>
}

/** A row of the table. */
interface Row extends Crowd {
  readonly kind: string
  readonly name: string
  /** Of the machine, when the row was done. */
  readonly load: number
  readonly perSecond: number
  /** What clients waited, ms. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Of p95, where there is one. */
  readonly goal?: { readonly atMost: number }
  /** Processor time for a request, ms. */
  readonly serverMs: number
  readonly clientsMs: number
}

async function load({ kind, name, clients, pace, seconds, work, processorMs }: Load): Promise<Row> {
  await crowded({ clients, pace }, work, WARM_UP)
  const ownBefore = process.threadCpuUsage()
  const usedBefore = await processorMs()
  const startMs = performance.now()
  const times = await crowded({ clients, pace }, work, { seconds, requests: Number.POSITIVE_INFINITY })
  const tookSeconds = (performance.now() - startMs) / 1_000
  const usedMs = (await processorMs()) - usedBefore
  const own = process.threadCpuUsage(ownBefore)
  const rounded = (value: number) => Number(value.toPrecision(3))
  const percentile = (p: number) => rounded(times[Math.ceil((p / 100) * times.length) - 1] ?? Number.NaN)
  return {
    kind,
    name,
    clients,
    pace,
    load: rounded(loadavg()[0] ?? Number.NaN),
    perSecond: Math.round(times.length / tookSeconds),
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
    ...(clients === GOALS.clients && {
      goal: { atMost: name === PUSH && pace === 'paced' ? GOALS.pushP95 : GOALS.p95 },
    }),
    serverMs: rounded(usedMs / times.length),
    clientsMs: rounded((own.user + own.system) / 1_000 / times.length),
  }
}

/** Everybody asks until the time is over or so many requests were made. @returns what each took, ms, the shortest first */
async function crowded(
  { clients, pace }: Crowd,
  work: Work,
  { seconds, requests }: { readonly seconds: number; readonly requests: number },
): Promise<readonly number[]> {
  const everyMs = PACES[pace]
  const times: number[] = []
  const endMs = performance.now() + seconds * 1_000
  const client = async (_: unknown, n: number): Promise<void> => {
    await pause((everyMs * n) / clients) // not all at the same moment
    while (performance.now() < endMs && times.length < requests) {
      const askedMs = performance.now()
      if (!(await work(n))) return
      const tookMs = performance.now() - askedMs
      times.push(tookMs)
      if (everyMs > tookMs) await pause(everyMs - tookMs)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return times.sort((a, b) => a - b)
}

const HEADINGS = [
  'database, clients, form, request',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'a second',
  'server ms',
  'clients ms',
  'load',
  'goal for p95',
]

function titleOf({ kind, clients, pace, name }: Row): string {
  return `${kind}, ${clients} ${clients === 1 ? 'client' : 'clients'}, ${pace}, ${name}`
}

function lineOf(row: Row): string {
  const { p50, p95, p99, perSecond, serverMs, clientsMs, goal } = row
  const told = goal ? `${goal.atMost}: ${isMet(p95, goal) ? 'met' : '**missed**'}` : ''
  return `| ${[titleOf(row), p50, p95, p99, perSecond, serverMs, clientsMs, row.load, told].join(' | ')} |`
}

function tableOf(rows: readonly Row[]): string {
  const border = HEADINGS.map((_, n) => (n === 0 ? '---' : '---:'))
  return [`| ${HEADINGS.join(' | ')} |`, `|${border.join('|')}|`, ...rows.map(lineOf)].join('\n')
}

function figuresOf(row: Row): readonly Figure[] {
  const title = titleOf(row)
  return [
    { name: `${title}, p50`, value: row.p50, unit: 'ms' },
    { name: `${title}, p95`, value: row.p95, unit: 'ms', ...(row.goal && { goal: row.goal }) },
    { name: `${title}, p99`, value: row.p99, unit: 'ms' },
    { name: `${title}, throughput`, value: row.perSecond, unit: '/s' },
    { name: `${title}, processor time of the server`, value: row.serverMs, unit: 'ms a request' },
    { name: `${title}, processor time of the clients`, value: row.clientsMs, unit: 'ms a request' },
  ]
}
