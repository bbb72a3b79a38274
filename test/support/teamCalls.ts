/** What end-to-end tests ask of a server again and again. */
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { z } from 'zod'
import { type Api, allRecords, batchOf as batch, type OutgoingChange, pushChanges } from '../../model/client/calls.ts'
import { createClient } from '../../model/client/client.ts'
import { errorReply } from '../../model/rest/error.ts'
import type { joinRequest } from '../../model/rest/hub.ts'
import type { RecordRow } from '../../model/rest/records.ts'
import { ROUTES } from '../../model/rest/routes.ts'
import { joinReplySchema } from '../../server/identity/joinProtocol.ts'
import { type HttpAnswer, httpCall } from './httpCall.ts'
import { mustBeOk } from './mustBeOk.ts'
import type { Finished, Ready, Rest } from './wedsync.ts'

/** Half of what a short command costs is reading our sources; the processes that these tests start share the result. */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url))

/** The typed client over a connection of a test. */
function typed(api: Rest): Api {
  return createClient(ROUTES, {
    server: '',
    async fetch(url, { method, body }) {
      const path = url.replace('/api/offline/', '')
      const answer =
        method === 'GET'
          ? await api.get(path)
          : await api.send(z.enum(['POST', 'PUT']).parse(method), path, JSON.parse(body ?? '{}'))
      return { status: answer.status, text: async () => JSON.stringify(answer.body) }
    },
  })
}

function now() {
  return { now: new Date().toISOString(), batchId: crypto.randomUUID() }
}

export function batchOf(changes: readonly OutgoingChange[]) {
  return batch(changes, now())
}

/** Pushes what must go through. */
export async function push(api: Rest, changes: readonly OutgoingChange[]): Promise<void> {
  const { processed, failures } = mustBeOk(await pushChanges(typed(api), changes, now()))
  expect(failures).toEqual([])
  expect(processed).toHaveLength(changes.length)
}

/** A wedding with items of these titles. @returns its id and those of the items */
export async function makeWedding(api: Rest, name: string, titles: readonly string[], date = '2027-06-12') {
  const id = crypto.randomUUID()
  const data = { wedding_id: id, name, date, timezone: 'Europe/Lisbon' }
  const items = titles.map((title, index) => {
    const startTime = new Date(Date.UTC(2027, 5, 12, 12, index)).toISOString()
    return { action: 'create', table: 'timeline_items', id: crypto.randomUUID(), title, startTime } as const
  })
  await push(api, [
    { action: 'create', table: 'weddings', id, data },
    ...items.map(({ title, startTime, ...item }) => ({ ...item, data: { wedding_id: id, title, startTime } })),
  ])
  return { id, items: items.map((item) => item.id) }
}

export async function weddings(api: Rest) {
  return mustBeOk(await typed(api).weddings()).weddings
}

/** What a server holds, for comparing before and after. */
export async function holdings(api: Rest) {
  return (await weddings(api)).map(({ id, records, digest }) => ({ id, records, digest }))
}

export async function records(api: Rest, weddingId: string, table: string): Promise<readonly RecordRow[]> {
  return mustBeOk(await allRecords(typed(api), weddingId, table))
}

/** Of the items of a timeline; none while the server does not know the wedding. */
export async function itemTitles(api: Rest, weddingId: string): Promise<readonly unknown[]> {
  const isKnown = (await weddings(api)).some(({ id }) => id === weddingId)
  return isKnown ? (await records(api, weddingId, 'timeline_items')).map(({ data }) => data.title) : []
}

export async function newJoin(api: Rest, request: z.input<typeof joinRequest>) {
  return mustBeOk(await typed(api).createJoin({ body: request }))
}

export function secretOf(link: string): string {
  return new URL(link).searchParams.get('secret') ?? ''
}

export function lanOf({ lan }: Ready): NonNullable<Ready['lan']> {
  if (!lan) throw new Error('this server is no hub')
  return lan
}

/** Presents the secret of a link as a browser does. */
export function joinAsBrowser({ url, fingerprint }: NonNullable<Ready['lan']>, link: string): Promise<HttpAnswer> {
  const applicant = { kind: 'browser', secret: secretOf(link), deviceName: 'Tablet', personName: 'Piet' }
  return httpCall(`${url}/api/offline/join`, { method: 'POST', fingerprint, body: JSON.stringify(applicant) })
}

/** The place in the team that an accepted secret gives. */
export async function admitted(lan: NonNullable<Ready['lan']>, link: string) {
  const { status, body } = await joinAsBrowser(lan, link)
  expect(status, JSON.stringify(body)).toBe(200)
  return joinReplySchema.parse(body)
}

/** The answer is a refusal that a program and a person can read. */
export function expectRefusal({ status, body }: HttpAnswer, wanted: { status: number; code: string | RegExp }): void {
  expect(status, JSON.stringify(body)).toBe(wanted.status)
  const refusal = errorReply.parse(body)
  expect(refusal.code).toMatch(wanted.code)
  expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts\b|SELECT|SQLITE/)
}

/** The command ended with this code, said one line on stderr that matches, and nothing on stdout. */
export function expectOneLine({ code, stdout, stderr }: Finished, wanted: { code: number; line: RegExp }): void {
  expect(stderr).toMatch(/^wedsync: [^\n]+\n$/)
  expect(stderr).toMatch(wanted.line)
  expect(stderr).not.toMatch(/should not|\n\s+at /)
  expect(stdout).toBe('')
  expect(code).toBe(wanted.code)
}

export const jsonLines = z.string().transform((text) =>
  text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line)),
)

/** Each of these starts a process, which is mostly work for the processor: all at once would be slower, not faster. */
export async function fewAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all([worker(), worker(), worker()])
}
