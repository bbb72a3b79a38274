/** One action in conflict over several records, as `GET /conflicts` tells it and `PUT /sync/resolve` settles it. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { editRecord } from '../../../model/merge/edit.ts'
import { type ConflictEntry, conflictsReply } from '../../../model/rest/conflicts.ts'
import { resolveReply } from '../../../model/rest/resolve.ts'
import {
  ana,
  ben,
  call,
  couple,
  create,
  createWedding,
  errorOf,
  get,
  type Member,
  moment,
  type Reply,
  row,
  startServer,
  stored,
  type TestServer,
  update,
  viewer,
} from './support.ts'

let server: TestServer
let wedding: string
beforeAll(async () => {
  server = await startServer()
})
beforeEach(async () => {
  server.freshTeam()
  wedding = await createWedding(server)
})
afterAll(() => server.close())

const T = (clock: string) => `2026-09-12T${clock}:00Z`
const LATER = { '18:00': '18:15', '19:00': '19:15', '20:00': '20:15' } as const
const TITLES = { '18:00': 'Dinner', '19:00': 'Speeches', '20:00': 'Cake' } as const

interface Evening {
  readonly ids: readonly string[]
  readonly operation: string
}

/** Ana pushes three items in one action; Ben, who had not seen it, sends two times of his own. */
async function evening(): Promise<Evening> {
  const operation = randomUUID()
  const ids: string[] = []
  for (const [start, title] of Object.entries(TITLES)) {
    ids.push(await create(server, wedding, 'timeline_items', { title, startTime: T(start) }))
  }
  const timestamp = await moment()
  const { team } = (await server.context.authenticate(ana.name)) ?? ana
  const author = { ...(await server.context.authors({ ...ana, team }))(), operation }
  const starts = Object.values(LATER)
  await server.store.changes.update(ids, (records) =>
    ids.flatMap((id, n) => {
      const record = records.get(id)
      return record ? [{ record: editRecord(record, { startTime: T(starts[n] ?? '') }, author) }] : []
    }),
  )
  const batch = { as: ben, options: { conflictResolution: 'manual' } }
  for (const [n, clock] of ['18:30', '19:30'].entries()) {
    await update(server, 'timeline_items', ids[n] ?? '', { startTime: T(clock) }, { change: { timestamp }, batch })
  }
  return { ids, operation }
}

const pending = async (query = ''): Promise<readonly ConflictEntry[]> =>
  (await get(server, conflictsReply, `/conflicts${query}`)).conflicts

async function only(): Promise<ConflictEntry> {
  const [entry, ...others] = await pending()
  if (!entry || others.length > 0) throw new Error(`${others.length} more entries`)
  return entry
}

const resolve = (conflictId: string, resolution: Record<string, unknown>, as: Member = ana): Promise<Reply> =>
  call(server, '/sync/resolve', { method: 'PUT', as, body: { conflictId, resolution } })

const starts = async (ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await row(server, wedding, id))?.data.startTime))

describe('one action in conflict', () => {
  it('is one entry, told with all that it changed', async () => {
    const { ids, operation } = await evening()
    const entry = await only()
    expect(entry).toMatchObject({
      table: 'timeline_items',
      recordId: ids[0],
      fields: ['startTime'],
      severity: 'critical',
      operationId: operation,
      message: 'Ana pushed 3 items by 15 minutes, Ben moved 2 of them: “Dinner” and “Speeches”.',
    })
    expect(entry.values.map(({ value, recordId, by }) => [value, recordId, by])).toEqual([
      [T('18:15'), ids[0], ana.userId],
      [T('18:30'), ids[0], ben.userId],
      [T('19:15'), ids[1], ana.userId],
      [T('19:30'), ids[1], ben.userId],
    ])
  })

  it.each([
    ['use_server', ['18:15', '19:15', '20:15'], false],
    ['use_client', ['18:30', '19:30', '20:15'], true],
  ])('is settled at once by %s, and stands as one decision', async (strategy, times, applied) => {
    const { ids } = await evening()
    const { conflictId } = await only()
    const reply = await resolve(conflictId, { strategy, userComment: 'Soup is hot' })
    expect(resolveReply.parse(reply.body).resolution).toMatchObject({ strategy, applied, serverId: ids[0] })
    expect(await starts(ids)).toEqual(times.map(T))
    expect(await pending()).toEqual([])
    expect(await pending('?status=resolved')).toMatchObject([
      { conflictId, strategy, comment: 'Soup is hot', message: 'Ana decided about “Dinner” and “Speeches” at once.' },
    ])
    expect((await resolve(conflictId, { strategy })).status).toBe(404)
  })

  it('is not torn apart by a merge, nor decided by who may not write', async () => {
    await evening()
    const { conflictId } = await only()
    const automatic = await resolve(conflictId, { strategy: 'merge_automatic' })
    const manual = await resolve(conflictId, { strategy: 'merge_manual', mergedData: { startTime: T('18:20') } })
    expect([automatic.status, errorOf(automatic).code]).toEqual([409, 'NEEDS_PERSON'])
    expect([manual.status, errorOf(manual).code]).toEqual([409, 'NEEDS_SIDE'])
    expect((await resolve(conflictId, { strategy: 'use_client' }, viewer)).status).toBe(403)
    expect(await pending()).toHaveLength(1)
  })

  it('may be decided for one field by the id that POST /sync gave it', async () => {
    const { ids } = await evening()
    const timestamp = '2020-01-01T00:00:00Z'
    const batch = { as: couple, options: { conflictResolution: 'manual' } }
    const { conflicts } = await update(
      server,
      'timeline_items',
      ids[0] ?? '',
      { startTime: T('18:40') },
      { change: { timestamp }, batch },
    )
    const mergedData = { startTime: T('18:20') }
    await resolve(conflicts[0]?.conflict.conflictId ?? '', { strategy: 'merge_manual', mergedData })
    expect(await starts(ids)).toEqual(['18:20', '19:15', '20:15'].map(T))
    expect((await only()).fields).toEqual(['startTime'])
    expect(await stored(server, ids[1] ?? '')).toBeDefined()
  })
})
