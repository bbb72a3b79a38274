/**
 * The REST API under load: push of ten changes, pull, status and resolve, with 1, 50 and 200 clients, on 100,000 records;
 * SQLite (an install) and, where it is installed, PostgreSQL (the cloud). Every client has its own token. Server and clients
 * share the cores, so beside the times that a client waits stands the processor time of the server for a request, which
 * other programs on the machine do not change.
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

/** How many ask, and how often each: without a pause, or once a second, as busy people do. */
const CROWDS = [
  { clients: 1, everyMs: 0 },
  { clients: 50, everyMs: 1_000 },
  { clients: 50, everyMs: 0 },
  { clients: 200, everyMs: 0 },
]
/** To be reached with this many clients, ms. */
const GOALS = { clients: 50, p95: 200, pushP95: 50 }
const PUSH = 'push of 10 changes'
/** A resolve needs a conflict each; those that are used up end the run before its time. */
const CONFLICTS = 300
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
  const postgres = await startPostgres(program.value)
  try {
    return await measure('postgres', await postgres.createDatabase(), options)
  } finally {
    await postgres.stop()
  }
}

async function measure(kind: string, where: string, { seconds, records }: ApiBench): Promise<readonly Figure[]> {
  const clients = String(Math.max(...CROWDS.map(({ clients }) => clients)))
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
    for (const crowd of CROWDS) {
      for (const [name, prepare] of Object.entries(TASKS)) {
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
  [PUSH]: (server, ask) => async (client) => {
    const timestamp = new Date().toISOString()
    const wedding_id = server.weddings[client % server.weddings.length]
    const changes = Array.from({ length: 10 }, (_, n) => ({
      action: 'create',
      table: 'guests',
      id: randomUUID(),
      data: { name: `New guest ${n}`, wedding_id },
      timestamp,
    }))
    const reply = await ask(tokenOf(server, client), 'POST', '/sync', batchOf(changes, 'client_wins', timestamp))
    const { failures } = syncReply.parse(JSON.parse(good(reply)))
    if (failures.length > 0) throw new Error(JSON.stringify(failures[0]))
    return true
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
  readonly everyMs: number
  readonly seconds: number
  readonly work: Work
  /** Of the server, so far. */
  readonly processorMs: () => Promise<number>
}

async function load({ kind, name, clients, everyMs, seconds, work, processorMs }: Load): Promise<readonly Figure[]> {
  const times: number[] = []
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
  times.sort((a, b) => a - b)
  const pace = everyMs > 0 ? ' once a second' : ''
  const title = `${kind}, ${clients} clients${pace}, ${name}`
  const rounded = (value: number) => Number(value.toPrecision(3))
  const percentile = (p: number) => rounded(times[Math.ceil((p / 100) * times.length) - 1] ?? Number.NaN)
  const goal = { atMost: name === PUSH ? GOALS.pushP95 : GOALS.p95 }
  return [
    { name: `${title}, p50`, value: percentile(50), unit: 'ms' },
    { name: `${title}, p95`, value: percentile(95), unit: 'ms', ...(clients === GOALS.clients && { goal }) },
    { name: `${title}, p99`, value: percentile(99), unit: 'ms' },
    { name: `${title}, throughput`, value: Math.round(times.length / tookSeconds), unit: '/s' },
    { name: `${title}, processor time of the server`, value: rounded(usedMs / times.length), unit: 'ms a request' },
  ]
}
