/**
 * The REST API under load: push of ten changes, pull, status and resolve, with 1, 50 and 200 clients that ask without a
 * pause, on 100,000 records; SQLite (an install) and, where it is installed, PostgreSQL (the cloud). Every client has its
 * own token. Server and clients share the cores.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { syncReply } from '../../model/rest/sync.ts'
import { API_PATH } from '../../server/rest/api.ts'
import { findPostgres, startPostgres } from '../server/changes/postgresServer.ts'
import type { Serving } from './apiServer.ts'
import type { Figure } from './run.ts'

const CLIENTS = [1, 50, 200]
const DEFAULT_SECONDS = 30
const RECORDS = 100_000
/** A resolve needs a conflict each; those that are used up end the run before its time. */
const CONFLICTS = 300
const SEED_MINUTES = 10

const serving = z.object({ url: z.string(), weddings: z.array(z.string()), tokens: z.array(z.string()) })

interface Size {
  readonly seconds: number
  readonly records: number
}

interface Answer {
  readonly status: number
  readonly text: string
}

type Ask = (token: string, method: string, path: string, body?: unknown) => Promise<Answer>
/** One request of a client; `false` when there is nothing left to ask. */
type Work = (client: number) => Promise<boolean>

/** @param args of the command line: `--seconds N` for each figure, `--records N` for a shorter look */
export async function api(args: readonly string[]): Promise<readonly Figure[]> {
  const size = { seconds: option(args, 'seconds', DEFAULT_SECONDS), records: option(args, 'records', RECORDS) }
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-bench-api-'))
  try {
    const sqlite = await measure('sqlite', folder, size)
    const program = findPostgres()
    if (!program.ok) {
      process.stderr.write(`SQLite alone: ${program.error}\n`)
      return sqlite
    }
    const postgres = await startPostgres(program.value)
    try {
      return [...sqlite, ...(await measure('postgres', await postgres.createDatabase(), size))]
    } finally {
      await postgres.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function option(args: readonly string[], name: string, otherwise: number): number {
  const at = args.indexOf(`--${name}`)
  return at < 0
    ? otherwise
    : z.coerce
        .number()
        .positive()
        .parse(args[at + 1])
}

async function measure(kind: string, where: string, { seconds, records }: Size): Promise<readonly Figure[]> {
  const clients = String(Math.max(...CLIENTS))
  const child = fork(join(import.meta.dirname, 'apiServer.ts'), [kind, where, clients, String(records)])
  try {
    const server = await whenServing(child)
    const agent = new Agent({ keepAlive: true })
    const ask = askOver(server.url, agent)
    const figures: Figure[] = []
    for (const clients of CLIENTS) {
      for (const [name, prepare] of Object.entries(TASKS)) {
        const work = await prepare(server, ask)
        const measured = await load(`${kind}, ${clients} clients, ${name}`, { clients, seconds, work })
        for (const figure of measured) process.stderr.write(`${figure.name} ${figure.value} ${figure.unit}\n`)
        figures.push(...measured)
      }
    }
    agent.destroy()
    return figures
  } finally {
    child.kill()
  }
}

function whenServing(child: ChildProcess): Promise<Serving> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the server has no records yet')), SEED_MINUTES * 60_000)
    child.once('message', (message) => {
      clearTimeout(late)
      resolve(serving.parse(message))
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
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
  'push of 10 changes': (server, ask) => async (client) => {
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
    const since = new Date(Date.now() - 60_000).toISOString()
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
  readonly clients: number
  readonly seconds: number
  readonly work: Work
}

async function load(name: string, { clients, seconds, work }: Load): Promise<readonly Figure[]> {
  const times: number[] = []
  const startMs = performance.now()
  const endMs = startMs + seconds * 1_000
  const client = async (_: unknown, n: number): Promise<void> => {
    while (performance.now() < endMs) {
      const askedMs = performance.now()
      if (!(await work(n))) return
      times.push(performance.now() - askedMs)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const tookSeconds = (performance.now() - startMs) / 1_000
  times.sort((a, b) => a - b)
  const percentile = (p: number) =>
    Number((times[Math.ceil((p / 100) * times.length) - 1] ?? Number.NaN).toPrecision(3))
  return [
    ...[50, 95, 99].map((p) => ({ name: `${name}, p${p}`, value: percentile(p), unit: 'ms' })),
    { name: `${name}, throughput`, value: Math.round(times.length / tookSeconds), unit: '/s' },
  ]
}
