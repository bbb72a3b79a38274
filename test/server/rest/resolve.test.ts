/** `GET /conflicts` and `PUT /sync/resolve`. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ConflictEntry, conflictsReply } from '../../../model/rest/conflicts.ts'
import { historyReply } from '../../../model/rest/history.ts'
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
  photographer,
  push,
  type Reply,
  row,
  startServer,
  stranger,
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

const T1500 = '2026-09-12T14:00:00Z'
const T1520 = '2026-09-12T14:20:00Z'
const T1530 = '2026-09-12T14:30:00Z'

/** Ana's value is what everybody sees, Ben's came late and waits. */
async function clash(
  table: string,
  base: Record<string, unknown>,
  anas: Record<string, unknown>,
  bens: Record<string, unknown>,
): Promise<{ id: string; conflictId: string }> {
  const id = await create(server, wedding, table, base)
  const timestamp = await moment()
  await update(server, table, id, anas)
  const batch = { as: ben, options: { conflictResolution: 'manual' } }
  const { conflicts } = await update(server, table, id, bens, { change: { timestamp }, batch })
  return { id, conflictId: conflicts[0]?.conflict.conflictId ?? '' }
}

const startClash = () =>
  clash('timeline_items', { title: 'Ceremony', startTime: T1500 }, { startTime: T1520 }, { startTime: T1530 })

const pending = async (as: Member = ana, query = ''): Promise<readonly ConflictEntry[]> =>
  (await get(server, conflictsReply, `/conflicts${query}`, as)).conflicts

async function resolve(conflictId: string, resolution: Record<string, unknown>, as: Member = ana): Promise<Reply> {
  return call(server, '/sync/resolve', { method: 'PUT', as, body: { conflictId, resolution } })
}

async function resolved(conflictId: string, resolution: Record<string, unknown>, as: Member = ana) {
  const reply = await resolve(conflictId, resolution, as)
  if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.text}`)
  return resolveReply.parse(reply.body)
}

describe('the queue', () => {
  it('tells people what it is about', async () => {
    const { id, conflictId } = await startClash()
    expect(await pending()).toEqual([
      {
        conflictId,
        table: 'timeline_items',
        recordId: id,
        weddingId: wedding,
        fields: ['startTime'],
        values: [
          { field: 'startTime', value: T1520, by: ana.userId, device: ana.deviceId, at: expect.any(String) },
          { field: 'startTime', value: T1530, by: ben.userId, device: ben.deviceId, at: expect.any(String) },
        ],
        base: T1500,
        type: 'concurrent_edit',
        severity: 'critical',
        message: '“Ceremony”: Ana set the start to 15:20, Ben to 15:30. It was 15:00.',
        status: 'pending',
      },
    ])
  })

  it('words dates, places, nothing and deletions', async () => {
    const next = '2026-09-13T14:30:00Z'
    await clash('timeline_items', { title: 'Party', endTime: T1500 }, { endTime: T1520 }, { endTime: next })
    await clash('guests', { name: 'Dana' }, { rsvpStatus: 'attending' }, { rsvpStatus: null })
    const deleted = await create(server, wedding, 'tasks', { title: 'Flowers' })
    const timestamp = await moment()
    await update(server, 'tasks', deleted, { status: 'done' })
    const change = { action: 'delete' as const, table: 'tasks', id: deleted, timestamp }
    await push(server, { changes: [change], as: ben, options: { conflictResolution: 'manual' } })
    expect((await pending()).map(({ message }) => message).sort()).toEqual([
      'Ben deleted “Flowers” while Ana changed it.',
      '“Dana”: Ana set the reply to attending, Ben to nothing.',
      '“Party”: Ana set the end to 15:20 on 12 September, Ben to 15:30 on 13 September. It was 15:00 on 12 September.',
    ])
  })

  it('shows only what the role may read, and can be asked per wedding', async () => {
    await startClash()
    await clash('vendors', { name: 'Flor', estimated: 1 }, { estimated: 2 }, { name: 'X' })
    const florist = await create(server, wedding, 'vendors', { name: 'Band', contractStatus: 'a' })
    const timestamp = await moment()
    await update(server, 'vendors', florist, { contractStatus: 'b' })
    const batch = { as: ben, options: { conflictResolution: 'manual' } }
    await update(server, 'vendors', florist, { contractStatus: 'c' }, { change: { timestamp }, batch })
    expect((await pending()).map(({ fields }) => fields[0]).sort()).toEqual(['contractStatus', 'startTime'])
    expect((await pending(couple)).map(({ fields }) => fields[0])).toEqual(['startTime'])
    expect(await pending(stranger)).toEqual([])
    expect(await pending(ana, `?weddingId=${wedding}`)).toHaveLength(2)
    expect(await pending(ana, `?weddingId=${randomUUID()}`)).toEqual([])
    expect((await call(server, '/conflicts?status=open', { as: ana })).status).toBe(400)
  })
})

describe('a decision', () => {
  it('use_client writes the value that came late', async () => {
    const { id, conflictId } = await startClash()
    expect(await resolved(conflictId, { strategy: 'use_client' })).toMatchObject({
      success: true,
      conflictId,
      resolution: {
        strategy: 'use_client',
        applied: true,
        serverId: id,
        mergedData: null,
        similarConflictsResolved: 0,
      },
      sessionId: expect.any(String),
      processingTime: expect.any(Number),
    })
    expect((await row(server, wedding, id))?.data.startTime).toBe(T1530)
    expect(await pending()).toEqual([])
  })

  it.each(['use_server', 'skip'])('%s leaves the record as everybody saw it', async (strategy) => {
    const { id, conflictId } = await startClash()
    const { resolution } = await resolved(conflictId, { strategy })
    expect(resolution).toMatchObject({ strategy, applied: false, serverId: id, mergedData: null })
    const now = await row(server, wedding, id)
    expect([now?.data.startTime, now?.siblings]).toEqual([T1520, undefined])
    expect(await pending()).toEqual([])
  })

  it('stays on record: who decided, how, against what, and why', async () => {
    const { id, conflictId } = await startClash()
    await resolved(conflictId, { strategy: 'use_client', userComment: 'The priest is late' }, couple)
    const { conflicts } = await get(server, conflictsReply, '/conflicts?status=resolved')
    expect(conflicts).toMatchObject([
      {
        conflictId,
        recordId: id,
        fields: ['startTime'],
        status: 'resolved',
        strategy: 'use_client',
        comment: 'The priest is late',
        message: '“Ceremony”: Cleo settled the start as 15:30 on 12 September.',
        values: [{ value: T1530, by: couple.userId }, { value: T1520 }, { value: T1530, by: ben.userId }],
      },
    ])
    const { entries } = await get(server, historyReply, `/records/${id}/history`)
    expect(entries.at(-1)).toMatchObject({
      field: 'startTime',
      to: T1530,
      decided: { conflictId, strategy: 'use_client' },
    })
  })

  it('merge_manual writes what it is given, and does not settle other conflicts by the way', async () => {
    const { id, conflictId } = await startClash()
    const timestamp = await moment()
    await update(server, 'timeline_items', id, { location: 'Hall' })
    const batch = { as: ben, options: { conflictResolution: 'manual' } }
    await update(server, 'timeline_items', id, { location: 'Garden' }, { change: { timestamp }, batch })
    const mergedData = { ...(await row(server, wedding, id))?.data, startTime: T1500, title: 'Vows' }
    const { resolution } = await resolved(conflictId, { strategy: 'merge_manual', mergedData })
    expect(resolution).toMatchObject({ applied: true, mergedData: { startTime: T1500, title: 'Vows' } })
    expect((await pending()).map(({ fields }) => fields)).toEqual([['location']])
  })

  it.each([
    [{ strategy: 'merge_manual' }, 'resolution.mergedData: '],
    [{ strategy: 'merge_manual', mergedData: { title: 'x' } }, 'resolution.mergedData.startTime: Required'],
    [{ strategy: 'merge_manual', mergedData: { startTime: 'noon' } }, 'resolution.mergedData.startTime: Invalid ISO'],
    [
      { strategy: 'merge_manual', mergedData: { startTime: T1500 }, applyToSimilar: true },
      'resolution.applyToSimilar: ',
    ],
    [{ strategy: 'best' }, 'resolution.strategy: '],
    [{ strategy: 'skip', userComment: 'x'.repeat(501) }, 'resolution.userComment: '],
  ])('%j is 400 and the conflict stays', async (resolution, reason) => {
    const { conflictId } = await startClash()
    const reply = await resolve(conflictId, resolution)
    expect([reply.status, errorOf(reply).errors?.[0]]).toEqual([400, expect.stringContaining(reason)])
    expect(await pending()).toHaveLength(1)
  })

  it('merge_automatic never decides what only a person may', async () => {
    const { conflictId } = await startClash()
    const reply = await resolve(conflictId, { strategy: 'merge_automatic' })
    expect([reply.status, errorOf(reply)]).toMatchObject([409, { code: 'NEEDS_PERSON', conflictId }])
    expect(await pending()).toHaveLength(1)
  })

  it.each([
    [{ tableNumber: 4 }, { tableNumber: 7 }, 7],
    [{ tableNumber: 9 }, { tableNumber: 7 }, 9],
    [{ tableNumber: 'x' }, { tableNumber: '' }, 'x'],
    [{ tableNumber: 'x' }, { tableNumber: 'y' }, 'y'],
  ])('merge_automatic of %j and %j', async (anas, bens, expected) => {
    const { id, conflictId } = await clash('guests', { name: 'Dana', tableNumber: 1 }, anas, bens)
    const { resolution } = await resolved(conflictId, { strategy: 'merge_automatic' })
    expect(resolution).toMatchObject({ applied: true, mergedData: { name: 'Dana', tableNumber: expected } })
    expect((await row(server, wedding, id))?.data.tableNumber).toBe(expected)
  })

  it('between three values use_client is not clear, and merge_manual is', async () => {
    const { id, conflictId } = await startClash()
    const timestamp = '2020-01-01T00:00:00Z'
    const batch = { as: couple, options: { conflictResolution: 'manual' } }
    await update(server, 'timeline_items', id, { startTime: T1500 }, { change: { timestamp }, batch })
    const reply = await resolve(conflictId, { strategy: 'use_client' })
    expect([reply.status, errorOf(reply).code]).toEqual([409, 'NEEDS_MERGE'])
    await resolved(conflictId, { strategy: 'merge_manual', mergedData: { startTime: T1530 } })
    expect(await pending()).toEqual([])
  })

  it.each([
    ['use_server', false],
    ['skip', false],
    ['use_client', true],
  ])('on a deletion, %s', async (strategy, deleted) => {
    const id = await create(server, wedding, 'guests', { name: 'Dana' })
    const timestamp = await moment()
    await update(server, 'guests', id, { tableNumber: 3 })
    const change = { action: 'delete' as const, table: 'guests', id, timestamp }
    const { conflicts } = await push(server, { changes: [change], as: ben, options: { conflictResolution: 'manual' } })
    await resolved(conflicts[0]?.conflict.conflictId ?? '', { strategy })
    expect((await row(server, wedding, id))?.deleted ?? false).toBe(deleted)
    expect(await pending()).toEqual([])
  })
})

describe('what is refused', () => {
  it('404 names the conflict: unknown, settled already, or of another team', async () => {
    const { conflictId } = await startClash()
    const unknown = randomUUID()
    const replies = [
      await resolve(unknown, { strategy: 'skip' }),
      await resolve(conflictId, { strategy: 'skip' }, stranger),
    ]
    await resolved(conflictId, { strategy: 'skip' })
    replies.push(await resolve(conflictId, { strategy: 'skip' }))
    expect(replies.map(({ status }) => status)).toEqual([404, 404, 404])
    expect(replies.map((reply) => errorOf(reply).conflictId)).toEqual([unknown, conflictId, conflictId])
  })

  it('403 for a role that may not write the field, and the conflict stays', async () => {
    const { conflictId } = await startClash()
    for (const as of [viewer, photographer])
      expect((await resolve(conflictId, { strategy: 'skip' }, as)).status).toBe(403)
    expect(await pending()).toHaveLength(1)
  })

  it('of two decisions at once, one is too late', async () => {
    const { conflictId } = await startClash()
    const replies = await Promise.all(['use_client', 'use_server'].map((strategy) => resolve(conflictId, { strategy })))
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 404])
  })
})

describe('applyToSimilar', () => {
  it('settles up to ten others of the same table and type', async () => {
    const clashes = []
    for (let n = 0; n < 12; n++) clashes.push(await startClash())
    const other = await clash('guests', { name: 'A' }, { name: 'B' }, { name: 'C' })
    const { resolution } = await resolved(clashes[0]?.conflictId ?? '', {
      strategy: 'use_client',
      applyToSimilar: true,
    })
    expect(resolution.similarConflictsResolved).toBe(10)
    const left = await pending()
    expect(left).toHaveLength(2)
    expect(left.map(({ conflictId }) => conflictId)).toContain(other.conflictId)
  })
})
