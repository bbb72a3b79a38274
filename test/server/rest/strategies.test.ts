/** `POST /sync`: conflicts per field, against what the author had seen, and the strategies that settle them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conflictsReply } from '../../../model/rest/conflicts.ts'
import { historyReply } from '../../../model/rest/history.ts'
import type { SyncReply } from '../../../model/rest/sync.ts'
import {
  ana,
  ben,
  create,
  createWedding,
  get,
  moment,
  push,
  row,
  startServer,
  type TestServer,
  update,
} from './support.ts'

let server: TestServer
let wedding: string
beforeAll(async () => {
  server = await startServer()
  wedding = await createWedding(server)
})
afterAll(() => server.close())

const T1500 = '2026-09-12T14:00:00Z'
const T1520 = '2026-09-12T14:20:00Z'
const T1530 = '2026-09-12T14:30:00Z'

/** Ana and Ben both start from what `data` says; Ana has changed it; Ben's late edit is `sent`. */
async function late(
  table: string,
  data: Record<string, unknown>,
  anas: Record<string, unknown>,
  bens: Record<string, unknown>,
  strategy?: string,
): Promise<{ id: string; seenAt: string; reply: SyncReply; data: Record<string, unknown> | undefined }> {
  const id = await create(server, wedding, table, data)
  const seenAt = await moment()
  await update(server, table, id, anas)
  const reply = await update(server, table, id, bens, {
    change: { timestamp: seenAt },
    batch: { as: ben, ...(strategy !== undefined && { options: { conflictResolution: strategy } }) },
  })
  return { id, seenAt, reply, data: (await row(server, wedding, id))?.data }
}

describe('a late edit of a set', () => {
  const members = async (anas: readonly string[], bens: readonly string[], strategy = 'merge'): Promise<unknown> =>
    (await late('tasks', { title: 'A', tags: ['x', 'y'] }, { tags: anas }, { tags: bens }, strategy)).data?.tags

  it('[SET6] puts in and takes out what its author did, and does not bring back what somebody else took out', async () => {
    expect(await members(['x'], ['x', 'y', 'ben'])).toEqual(['x', 'ben'])
    expect(await members(['x', 'y', 'ana'], ['y'])).toEqual(['y', 'ana'])
    expect(await members(['x', 'ana'], ['x', 'ben'])).toEqual(['x', 'ana', 'ben'])
    expect(await members(['x'], ['x', 'y', 'ben'], 'manual')).toEqual(['x', 'ben'])
  })

  it('[SET7] is put in whole, and takes nothing out, where it is not known what its author had seen', async () => {
    const id = await create(server, wedding, 'tasks', { title: 'A', tags: ['x', 'y'] })
    await update(server, 'tasks', id, { tags: ['x'] })
    await update(
      server,
      'tasks',
      id,
      { tags: ['y', 'ben'] },
      { change: { clientVersion: 'unknown' }, batch: { as: ben, options: { conflictResolution: 'merge' } } },
    )
    const tags = (await row(server, wedding, id))?.data.tags
    expect(Array.isArray(tags) ? tags.toSorted() : tags).toEqual(['ben', 'x', 'y'])
  })

  it('is taken as it is where its author wins', async () => {
    expect(await members(['x'], ['x', 'y', 'ben'], 'client_wins')).toEqual(['x', 'y', 'ben'])
  })
})

describe('what is a conflict', () => {
  it('fields that nobody else touched apply, whatever happened to others', async () => {
    const { reply, data, id } = await late('timeline_items', { title: 'A' }, { startTime: T1520 }, { title: 'B' })
    expect(reply.conflicts).toEqual([])
    expect(reply.processed).toEqual([{ changeId: id, serverId: id, action: 'update' }])
    expect(data).toMatchObject({ title: 'B', startTime: T1520 })
  })

  it('the same value from both sides is none', async () => {
    const { reply } = await late('timeline_items', { title: 'A' }, { startTime: T1520 }, { startTime: T1520 })
    expect(reply.conflicts).toEqual([])
    expect(reply.processed).toHaveLength(1)
  })

  it('a set in another order is none', async () => {
    const { reply } = await late('tasks', { title: 'A' }, { tags: ['x', 'y'] }, { tags: ['y', 'x'] })
    expect(reply.conflicts).toEqual([])
  })

  it('an edit after the author’s one is, and one before it is not', async () => {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    const early = await moment()
    await update(server, 'guests', id, { name: 'B' })
    const after = await moment()
    expect(
      (await update(server, 'guests', id, { name: 'C' }, { change: { timestamp: early } })).conflicts,
    ).toHaveLength(1)
    expect((await update(server, 'guests', id, { name: 'C' }, { change: { timestamp: after } })).conflicts).toEqual([])
  })

  it('clientVersion counts before the time', async () => {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    const version = String((await row(server, wedding, id))?.version)
    await update(server, 'guests', id, { name: 'B' })
    const stale = await update(server, 'guests', id, { name: 'C' }, { change: { clientVersion: version } })
    expect(stale.conflicts.map(({ conflict }) => conflict.conflictFields)).toEqual([['name']])
    const current = String((await row(server, wedding, id))?.version)
    const early = { clientVersion: current, timestamp: '2020-01-01T00:00:00Z' }
    expect((await update(server, 'guests', id, { name: 'D' }, { change: early })).conflicts).toEqual([])
  })

  it.each(['999999', 'seven', ''])('of an unknown version %j nothing counts as seen', async (clientVersion) => {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    const reply = await update(server, 'guests', id, { name: 'B' }, { change: { clientVersion } })
    expect(reply.conflicts).toHaveLength(1)
  })

  it('creating what exists is an update by somebody who has seen nothing', async () => {
    const id = await create(server, wedding, 'guests', { name: 'A', party: 'Family' })
    const again = {
      action: 'create' as const,
      table: 'guests',
      id,
      data: { name: 'A', tableNumber: 3, wedding_id: wedding },
    }
    expect(await push(server, { changes: [again] })).toMatchObject({ conflicts: [], processed: [{ action: 'create' }] })
    const other = { ...again, data: { name: 'B', wedding_id: wedding } }
    expect((await push(server, { changes: [other] })).conflicts).toHaveLength(1)
    expect((await row(server, wedding, id))?.data).toMatchObject({ name: 'A', party: 'Family', tableNumber: 3 })
  })

  it('later changes of a call have seen its earlier ones', async () => {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    const seenAt = await moment()
    await update(server, 'guests', id, { party: 'Friends' })
    const edit = (name: string) => ({
      action: 'update' as const,
      table: 'guests',
      id,
      data: { name },
      timestamp: seenAt,
    })
    const { conflicts } = await push(server, { changes: [edit('B'), edit('C')], as: ben })
    expect(conflicts).toEqual([])
    expect((await row(server, wedding, id))?.data.name).toBe('C')
    const { entries } = await get(server, historyReply, `/records/${id}/history`)
    expect(entries.filter(({ field }) => field === 'name').map(({ to }) => to)).toEqual(['A', 'B', 'C'])
  })
})

describe('server_wins', () => {
  it('is the default: the conflicting field stays, the others apply, and the losing value is in history', async () => {
    const { id, seenAt, reply, data } = await late(
      'timeline_items',
      { title: 'A', startTime: T1500 },
      { startTime: T1520 },
      { startTime: T1530, title: 'B' },
    )
    expect(data).toMatchObject({ startTime: T1520, title: 'B' })
    expect(reply.processed).toEqual([{ changeId: id, serverId: id, action: 'update' }])
    expect(reply.conflicts).toEqual([
      {
        changeId: id,
        table: 'timeline_items',
        conflict: {
          hasConflict: true,
          conflictId: expect.any(String),
          conflictType: 'concurrent_edit',
          conflictFields: ['startTime'],
          severity: 'critical',
          serverId: id,
          serverData: { title: 'A', startTime: T1520, wedding_id: wedding },
          serverTimestamp: expect.any(String),
          clientTimestamp: seenAt,
        },
        resolution: { strategy: 'server_wins', applied: false, serverId: id, mergedData: null },
      },
    ])
    const { entries } = await get(server, historyReply, `/records/${id}/history`)
    expect(entries.filter(({ field }) => field === 'startTime')).toMatchObject([
      { from: null, to: T1500, by: ana.userId },
      { from: T1500, to: T1520, by: ana.userId },
      { from: null, to: T1530, by: ben.userId, device: ben.deviceId, dot: expect.stringMatching(/:0$/) },
    ])
  })

  it('without other fields, the change is not processed', async () => {
    const { reply } = await late('guests', { name: 'A' }, { name: 'B' }, { name: 'C' }, 'server_wins')
    expect(reply.processed).toEqual([])
    expect(reply.failures).toEqual([])
  })

  it('keeps a losing text readable', async () => {
    const { id, data } = await late('tasks', { title: 'A', notes: 'one' }, { notes: 'two' }, { notes: 'AAA' })
    expect(data?.notes).toBe('two')
    const { entries } = await get(server, historyReply, `/records/${id}/history`)
    expect(entries.filter(({ field }) => field === 'notes').map(({ to }) => to)).toEqual(['one', 'two', 'AAA'])
  })

  it('skip does the same, under its own name', async () => {
    const { reply, data } = await late('guests', { name: 'A' }, { name: 'B' }, { name: 'C' }, 'skip')
    expect(data?.name).toBe('B')
    expect(reply.conflicts[0]?.resolution).toMatchObject({ strategy: 'skip', applied: false })
  })
})

describe('client_wins', () => {
  it('writes over what others wrote, and says that this settled a conflict', async () => {
    const { id, reply, data } = await late('guests', { name: 'A' }, { name: 'B' }, { name: 'C' }, 'client_wins')
    expect(data?.name).toBe('C')
    expect(reply.processed).toEqual([{ changeId: id, serverId: id, action: 'resolved' }])
    expect(reply.conflicts[0]?.resolution).toEqual({
      strategy: 'client_wins',
      applied: true,
      serverId: id,
      mergedData: null,
    })
    expect((await row(server, wedding, id))?.siblings).toBeUndefined()
  })
})

describe('merge', () => {
  it('goes by the policy of each field', async () => {
    const { id, reply, data } = await late(
      'timeline_items',
      { title: 'A', tags: ['x'], fixed: false, description: 'The bride walks in.' },
      { title: 'B', tags: ['x', 'ana'], fixed: true, description: 'The bride walks in slowly.' },
      { title: 'C', tags: ['x', 'ben'], fixed: false, description: 'The happy bride walks in.' },
      'merge',
    )
    expect(data).toMatchObject({ title: 'C', fixed: true, description: 'The happy bride walks in slowly.' })
    expect(new Set(data?.tags as string[])).toEqual(new Set(['x', 'ana', 'ben']))
    expect(reply.processed).toEqual([{ changeId: id, serverId: id, action: 'resolved' }])
    expect(reply.conflicts).toHaveLength(1)
    expect(reply.conflicts[0]?.resolution).toEqual({ strategy: 'merge', applied: true, serverId: id, mergedData: data })
    expect(reply.conflicts[0]?.conflict.conflictFields).toEqual(
      expect.arrayContaining(['title', 'tags', 'description']),
    )
  })

  it('takes the larger number where the policy says so', async () => {
    const id = await createWedding(server, { guestCount: 100 })
    const timestamp = await moment()
    await update(server, 'weddings', id, { guestCount: 120 })
    const batch = { as: ben, options: { conflictResolution: 'merge_automatic' } }
    await update(server, 'weddings', id, { guestCount: 110 }, { change: { timestamp }, batch })
    expect((await row(server, id, id))?.data.guestCount).toBe(120)
  })

  it('leaves fields with policy ask to a person, each under the id of the queue', async () => {
    const { id, reply } = await late(
      'timeline_items',
      { title: 'A', startTime: T1500, location: 'Garden' },
      { title: 'B', startTime: T1520, location: 'Hall' },
      { title: 'C', startTime: T1530, location: 'Terrace' },
      'merge',
    )
    const open = reply.conflicts.filter(({ resolution }) => !resolution.applied)
    expect(open.map(({ conflict }) => conflict.conflictFields)).toEqual([['startTime'], ['location']])
    const { conflicts } = await get(server, conflictsReply, `/conflicts?weddingId=${wedding}`)
    const queued = conflicts.filter(({ recordId }) => recordId === id).map(({ conflictId }) => conflictId)
    expect(open.map(({ conflict }) => conflict.conflictId).sort()).toEqual(queued.sort())
    expect(reply.processed).toEqual([{ changeId: id, serverId: id, action: 'resolved' }])
  })
})

describe('manual', () => {
  it('keeps both values, shows what everybody saw, and waits for a person', async () => {
    const { id, reply } = await late('guests', { name: 'A' }, { name: 'B' }, { name: 'C', party: 'P' }, 'merge_manual')
    const now = await row(server, wedding, id)
    expect(now?.data).toMatchObject({ name: 'B', party: 'P' })
    expect(now?.siblings?.name).toMatchObject([
      { value: 'B', by: ana.userId, device: ana.deviceId },
      { value: 'C', by: ben.userId, device: ben.deviceId },
    ])
    expect(reply.conflicts).toMatchObject([{ resolution: { strategy: 'manual', applied: false } }])
    expect(reply.processed).toEqual([{ changeId: id, serverId: id, action: 'update' }])
    const { conflicts } = await get(server, conflictsReply, `/conflicts?weddingId=${wedding}`)
    expect(conflicts.map(({ conflictId }) => conflictId)).toContain(reply.conflicts[0]?.conflict.conflictId)
  })

  it('merges what cannot be in conflict, such as texts', async () => {
    const { reply, data } = await late(
      'tasks',
      { title: 'A', notes: 'a' },
      { notes: 'a b' },
      { notes: 'z a' },
      'manual',
    )
    expect(data?.notes).toBe('z a b')
    expect(reply.conflicts).toMatchObject([{ resolution: { strategy: 'merge', applied: true } }])
  })

  it('the same late value once more does not settle the conflict', async () => {
    const { id, seenAt } = await late('guests', { name: 'A' }, { name: 'B' }, { name: 'C' }, 'manual')
    await update(server, 'guests', id, { name: 'B' }, { change: { timestamp: seenAt }, batch: { as: ben } })
    expect((await row(server, wedding, id))?.siblings?.name).toHaveLength(2)
  })
})

describe('deletions', () => {
  /** Ana changes the guest after Ben has seen it; then Ben deletes it. */
  async function lateDelete(strategy: string) {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    const timestamp = await moment()
    await update(server, 'guests', id, { tableNumber: 7 })
    const change = { action: 'delete' as const, table: 'guests', id, timestamp }
    const reply = await push(server, { changes: [change], as: ben, options: { conflictResolution: strategy } })
    return { id, reply, now: await row(server, wedding, id) }
  }

  it.each([
    ['server_wins', false, []],
    ['skip', false, []],
    ['client_wins', true, ['resolved']],
    ['merge', false, []],
    ['manual', false, []],
  ])('of what changed meanwhile, %s', async (strategy, applied, processed) => {
    const { id, reply, now } = await lateDelete(strategy)
    expect(reply.conflicts).toMatchObject([
      {
        conflict: { conflictType: 'delete_conflict', severity: 'high' },
        resolution: { strategy, applied, serverId: id },
      },
    ])
    expect(reply.processed.map(({ action }) => action)).toEqual(processed)
    expect(now?.deleted ?? false).toBe(applied)
    const { conflicts } = await get(server, conflictsReply, `/conflicts?weddingId=${wedding}`)
    const waits = conflicts.filter(({ recordId }) => recordId === id)
    expect(waits).toHaveLength(strategy === 'merge' || strategy === 'manual' ? 1 : 0)
    expect(waits[0]?.conflictId).toBe(waits[0] && reply.conflicts[0]?.conflict.conflictId)
  })

  /** Ana deletes the guest after Ben has seen it; then Ben edits it. */
  async function lateEdit(strategy: string) {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    const timestamp = await moment()
    await push(server, { changes: [{ action: 'delete', table: 'guests', id }] })
    const batch = { as: ben, options: { conflictResolution: strategy } }
    const reply = await update(server, 'guests', id, { name: 'B' }, { change: { timestamp }, batch })
    return { id, reply, now: await row(server, wedding, id) }
  }

  it.each([
    ['server_wins', false, true],
    ['skip', false, true],
    ['client_wins', true, false],
    ['merge', false, false],
    ['manual', false, false],
  ])('an edit of what was deleted, %s', async (strategy, applied, deleted) => {
    const { id, reply, now } = await lateEdit(strategy)
    expect(reply.conflicts).toMatchObject([{ conflict: { conflictType: 'delete_conflict' }, resolution: { applied } }])
    expect(now?.deleted ?? false).toBe(deleted)
    const { entries } = await get(server, historyReply, `/records/${id}/history`)
    expect(entries.filter(({ field }) => field === 'name').map(({ to }) => to)).toContain('B')
  })

  it.each(['server_wins', 'skip', 'client_wins', 'merge', 'manual'])(
    '[DEL4] an edit by who knows of the deletion brings the record back, %s',
    async (conflictResolution) => {
      const id = await create(server, wedding, 'guests', { name: 'A', tableNumber: 7 })
      await push(server, { changes: [{ action: 'delete', table: 'guests', id }] })
      const clientVersion = String((await row(server, wedding, id))?.version)
      const edit = (data: Record<string, unknown>) =>
        update(server, 'guests', id, data, {
          change: { clientVersion },
          batch: { as: ben, options: { conflictResolution } },
        })
      expect((await edit({ name: 'B' })).conflicts).toEqual([])
      const now = await row(server, wedding, id)
      expect(now?.deleted ?? false).toBe(false)
      expect(now?.data).toMatchObject({ name: 'B', tableNumber: 7 })
    },
  )

  it('[DEL4] saying again what stands there brings it back as well', async () => {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    await push(server, { changes: [{ action: 'delete', table: 'guests', id }] })
    const clientVersion = String((await row(server, wedding, id))?.version)
    const reply = await update(server, 'guests', id, { name: 'A' }, { change: { clientVersion }, batch: { as: ben } })
    expect(reply.conflicts).toEqual([])
    expect((await row(server, wedding, id))?.deleted ?? false).toBe(false)
  })

  it('of what is deleted already is reported, and changes nothing', async () => {
    const { id } = await lateDelete('client_wins')
    const version = (await row(server, wedding, id))?.version
    const reply = await push(server, { changes: [{ action: 'delete', table: 'guests', id }] })
    expect(reply.conflicts).toMatchObject([{ conflict: { conflictType: 'delete_conflict' } }])
    expect((await row(server, wedding, id))?.version).toBe(version)
  })
})
