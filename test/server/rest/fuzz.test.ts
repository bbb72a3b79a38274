/**
 * Requests made from the OpenAPI document and hostile ones, against a real install: none ends in a fault of the server, none
 * that is refused writes a record, and memory does not grow. `FUZZ_REQUESTS=100000` for the long form, `FUZZ_SEED` to repeat.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { type OutgoingChange, pushChanges } from '../../../model/client/calls.ts'
import { createClient } from '../../../model/client/client.ts'
import { refusalReply } from '../../../model/rest/error.ts'
import { ROUTES } from '../../../model/rest/routes.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'
import { COMPOSITIONS, type Member, type Server } from './contract/compositions.ts'
import { type FuzzRequest, requestsFrom } from './fuzzRequests.ts'

const REQUESTS = z.coerce
  .number()
  .int()
  .positive()
  .parse(process.env.FUZZ_REQUESTS ?? 500)
const SEED = z.coerce
  .number()
  .int()
  .parse(process.env.FUZZ_SEED ?? 20_270_612)
const CHUNK = 500
const MAX_GROWTH_BYTES = 40_000_000
/** Of the memory of the process, once it has warmed up: what lies outside of the heap counts too. */
const MAX_RESIDENT_GROWTH_BYTES = 100_000_000
/** Until then it grows: 330 MB, 480 after 10,000, 529 after 20,000, and 520 to 609 from there to 100,000. */
const WARM_UP_REQUESTS = 20_000
/** Planned routes, and a cloud that does not answer. */
const NOT_A_FAULT = new Set([501, 503])

let server: Server
let callers: ReadonlyMap<string, string>

beforeAll(async () => {
  server = await COMPOSITIONS['the local server']()
  const tokenOf = ({ token }: Member) => token
  callers = new Map([
    ['owner', tokenOf(server.owner)],
    ['planner', tokenOf(server.member('planner'))],
    ['photographer', tokenOf(server.member('photographer'))],
    ['vendor', tokenOf(server.member('vendor'))],
    ['stranger', tokenOf(server.stranger)],
    ['nonsense', 'x.y.z'],
  ])
}, 120_000)
afterAll(() => server.close())

it(`${REQUESTS} requests: no fault, no write by what is refused, flat memory (seed ${SEED})`, async () => {
  const api = createClient(ROUTES, { server: server.url, token: server.owner.token, fetch })
  const wedding = crypto.randomUUID()
  const guest = crypto.randomUUID()
  const data = { wedding_id: wedding, name: 'Ana & Luis', date: '2027-06-12', timezone: 'Europe/Lisbon' }
  const changes: readonly OutgoingChange[] = [
    { action: 'create', table: 'weddings', id: wedding, data },
    { action: 'create', table: 'guests', id: guest, data: { wedding_id: wedding, name: 'Ida' } },
  ]
  const options = { now: new Date().toISOString(), batchId: crypto.randomUUID() }
  expect(mustBeOk(await pushChanges(api, changes, options)).failures).toEqual([])

  const requests = requestsFrom(
    mustBeOk(await api.openApi()),
    {
      ids: [wedding, guest],
      // Who may start a hub would open a port on the network of this machine.
      callersOf: (operationId) =>
        [...callers.keys()].filter((name) => operationId !== 'startHub' || !['owner', 'planner'].includes(name)),
    },
    'local',
  )
  // The first edit of anybody tells the team whose actor it is, whatever becomes of the edit.
  for (const token of callers.values()) {
    const edit: OutgoingChange = { action: 'update', table: 'guests', id: crypto.randomUUID(), data: {} }
    const own = createClient(ROUTES, { server: server.url, token, fetch })
    await pushChanges(own, [edit], { ...options, batchId: crypto.randomUUID() })
  }
  let writes = 0
  const forget = server.install?.store.changes.subscribe(() => {
    writes += 1
  })
  const statuses = new Map<number, number>()
  let settledBytes: number | undefined
  let warmBytes: number | undefined
  for (let done = 0; done < REQUESTS; done += CHUNK) {
    for (const request of fc.sample(requests, { seed: SEED + done, numRuns: Math.min(CHUNK, REQUESTS - done) })) {
      const before = writes
      const { status, text } = await send(request)
      const told = `${request.caller}: ${request.method} ${request.path} ${request.body?.slice(0, 500)} → ${status} ${text.slice(0, 500)}`
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status >= 500 && !NOT_A_FAULT.has(status)) throw new Error(told)
      if (status < 400) continue
      expect(writes, told).toBe(before)
      if (request.method !== 'HEAD') expect(refusalReply.safeParse(JSON.parse(text)).success, told).toBe(true)
      expect(text, told).not.toMatch(/node_modules|\.ts:\d+|SQLITE_|at \w+ \(/)
    }
    settledBytes ??= heapBytes()
    if (done >= WARM_UP_REQUESTS) warmBytes ??= residentBytes()
  }
  forget?.()

  process.stdout.write(
    `fuzz: ${[...statuses]
      .sort(([a], [b]) => a - b)
      .map(([s, n]) => `${s}: ${n}`)
      .join(', ')}\n`,
  )
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404, 413]))
  expect(heapBytes() - (settledBytes ?? 0)).toBeLessThan(MAX_GROWTH_BYTES)
  if (warmBytes !== undefined) {
    const grownBytes = residentBytes() - warmBytes
    process.stdout.write(`fuzz: ${megabytes(warmBytes)} after the warm-up, ${megabytes(grownBytes)} more at the end\n`)
    expect(grownBytes).toBeLessThan(MAX_RESIDENT_GROWTH_BYTES)
  }
  // It is as well as before, and what was there still is.
  expect(mustBeOk(await api.health()).status).toBe('ok')
  const query = { table: 'weddings', deleted: 'true' } as const
  expect(mustBeOk(await api.records({ params: { id: wedding }, query })).records.map(({ id }) => id)).toEqual([wedding])
}, 3_600_000)

async function send({
  method,
  path,
  caller,
  contentType,
  body,
}: FuzzRequest): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}/api/offline${path}`, {
    method,
    headers: { Authorization: `Bearer ${callers.get(caller)}`, 'Content-Type': contentType },
    ...(body !== undefined && { body }),
  })
  return { status: response.status, text: await response.text() }
}

function residentBytes(): number {
  heapBytes() // what is garbage only waits to be collected
  return process.memoryUsage().rss
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

/** What is really in use. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('this Node.js cannot be asked to collect garbage')
  collect()
  return process.memoryUsage().heapUsed
}
