/** §1.1 and §1.2: pushing a batch, pulling what is new. */
import { createHash, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../../model/canonicalJson.ts'
import { bad, good, type Server } from './compositions.ts'
import { clash, dataOf, LONG_AGO, newRecord, newWedding, push, refused, rowOf, tryOut } from './situation.ts'

const T1500 = '2026-09-12T15:00:00Z'
const T1520 = '2026-09-12T15:20:00Z'
const T1530 = '2026-09-12T15:30:00Z'

export function pushRows(open: () => Server): void {
  let wedding: string
  beforeAll(async () => {
    wedding = await newWedding(open())
  })
  const guest = (name = 'Dana') => newRecord(open(), wedding, 'guests', { name })
  const change = (more: Readonly<Record<string, unknown>>) => ({ table: 'guests', id: randomUUID(), ...more })

  describe('the request', () => {
    it('[1.1.1] takes 0 to 100 changes', async () => {
      const many = Array.from({ length: 101 }, () => change({}))
      expect((await push(open(), [])).processed).toEqual([])
      expect((await push(open(), many.slice(1))).failures).toHaveLength(100)
      expect((await refused(open(), many)).errors).toEqual([expect.stringMatching(/^changes: /)])
    })

    it('[1.1.2] creates, updates and deletes', async () => {
      const id = await guest()
      const { processed } = await push(open(), [{ table: 'guests', id, data: { name: 'Dora' } }])
      expect(processed).toEqual([{ changeId: id, serverId: id, action: 'update' }])
      expect(await dataOf(open(), wedding, id)).toMatchObject({ name: 'Dora' })
      await push(open(), [{ action: 'delete', table: 'guests', id }])
      expect(await dataOf(open(), wedding, id)).toBeUndefined()
      expect((await refused(open(), [change({ action: 'upsert' })])).status).toBe(400)
    })

    it('[1.1.3] a table has 1–50 characters, and one that is not on the list is a failure of the item', async () => {
      expect((await refused(open(), [change({ table: '' })])).status).toBe(400)
      expect((await refused(open(), [change({ table: 'x'.repeat(51) })])).status).toBe(400)
      const { failures } = await push(open(), [change({ table: 'users; DROP TABLE records' })])
      expect(failures).toMatchObject([{ retryable: false, error: expect.stringContaining('Unknown table') }])
    })

    it('[1.1.4] id is the record and the name of the change; with recordId only the latter', async () => {
      const [id, recordId] = [randomUUID(), randomUUID()]
      const data = { name: 'Dana', wedding_id: wedding }
      const { processed } = await push(open(), [{ action: 'create', table: 'guests', id, recordId, data }])
      expect(processed).toEqual([{ changeId: id, serverId: recordId, action: 'create' }])
    })

    it('[1.1.5] data is an object, may be empty for a deletion, and cannot set what the server sets', async () => {
      for (const data of [[], 'x', null]) expect((await refused(open(), [change({ data })])).status).toBe(400)
      const id = await guest()
      const data = { name: 'Dora', id: randomUUID(), user_id: randomUUID(), version: 99, created_at: LONG_AGO }
      await push(open(), [{ table: 'guests', id, data }])
      const row = await rowOf(open(), wedding, id)
      expect([row?.data, row?.version]).toEqual([{ name: 'Dora', wedding_id: wedding }, 2])
      await push(open(), [{ action: 'delete', table: 'guests', id, data: {} }])
      expect((await rowOf(open(), wedding, id))?.deleted).toBe(true)
    })

    it('[1.1.6] timestamp says up to when the author had seen the record', async () => {
      const id = await newRecord(open(), wedding, 'timeline_items', { title: 'Dinner', startTime: T1500 })
      await push(open(), [{ table: 'timeline_items', id, data: { startTime: T1520 } }])
      const late = { table: 'timeline_items', id, data: { startTime: T1530 }, timestamp: LONG_AGO }
      expect((await push(open(), [late])).conflicts).toHaveLength(1)
      expect((await push(open(), [{ ...late, timestamp: new Date().toISOString() }])).conflicts).toEqual([])
    })

    it('[1.1.7] clientVersion is the version that the edit was based on', async () => {
      const id = await newRecord(open(), wedding, 'timeline_items', { title: 'Dinner', startTime: T1500 })
      const clientVersion = String((await rowOf(open(), wedding, id))?.version)
      await push(open(), [{ table: 'timeline_items', id, data: { startTime: T1520 } }])
      const stale = { table: 'timeline_items', id, data: { startTime: T1530 }, clientVersion }
      const { conflicts, processed } = await push(open(), [stale])
      expect([conflicts[0]?.conflict.conflictFields, processed]).toEqual([['startTime'], []])
    })

    it('[1.1.8][1.1.10] deviceId, priority, retryCount and lastError are taken, within their bounds', async () => {
      const id = await guest()
      const more = { deviceId: 'ipad', priority: 10, retryCount: 2, lastError: 'timeout' }
      expect((await push(open(), [{ table: 'guests', id, data: { name: 'x' }, ...more }])).processed).toHaveLength(1)
      for (const wrong of [{ priority: 0 }, { priority: 11 }, { retryCount: -1 }, { lastError: 3 }, { deviceId: 3 }]) {
        expect((await refused(open(), [change(wrong)])).status).toBe(400)
      }
    })

    it('[1.1.9][1.1.15] a checksum is SHA-256 of canonical JSON, and looked at only when asked', async () => {
      const id = await guest()
      const data = { name: 'Dora', outfit: { b: 1, a: 2 } }
      const checksum = createHash('sha256').update(canonicalJson(data)).digest('hex')
      const options = { validateChecksums: true }
      expect((await push(open(), [{ table: 'guests', id, data, checksum }], { options })).processed).toHaveLength(1)
      const wrong = await push(
        open(),
        [
          { table: 'guests', id, data, checksum: 'f'.repeat(64) },
          { table: 'guests', id, data },
        ],
        { options },
      )
      expect(wrong.failures.map(({ error, retryable }) => [error, retryable])).toEqual([
        ['checksum: Does not match the data', false],
        ['checksum: Required', false],
      ])
      expect((await push(open(), [{ table: 'guests', id, data, checksum: 'wrong' }])).failures).toEqual([])
    })

    it('[1.1.11] lastSyncTime is required and the lower bound of serverChanges', async () => {
      const id = await guest()
      expect((await push(open(), [], { lastSyncTime: LONG_AGO })).serverChanges.length).toBeGreaterThan(0)
      const { serverChanges } = await push(open(), [], { lastSyncTime: new Date(Date.now() + 60_000).toISOString() })
      expect(serverChanges.map((row) => row.id)).not.toContain(id)
      expect((await refused(open(), [], { lastSyncTime: undefined })).status).toBe(400)
    })

    it('[1.1.12] a batch is done once for each user, and its reply is given again', async () => {
      const batchId = randomUUID()
      const create = { action: 'create', table: 'guests', data: { name: 'Dana', wedding_id: wedding } }
      const first = await push(open(), [{ ...create, id: randomUUID() }], { batchId })
      const again = await push(open(), [{ ...create, id: randomUUID() }], { batchId })
      expect(again).toEqual({ ...first, replayed: true })
      const other = await push(open(), [{ ...create, id: randomUUID() }], { batchId }, open().member('planner'))
      expect(other.replayed).toBeUndefined()
    })

    it('[1.1.13] deviceInfo needs three names, and tells the server of the device', async () => {
      const deviceId = `ipad-${randomUUID()}`
      const deviceInfo = { deviceId, appVersion: '2.1', platform: 'ios', connectionQuality: 'poor' }
      await push(open(), [], { deviceInfo })
      const { status } = await good(open(), 'deviceStatus', { params: { deviceId } })
      expect(status).toMatchObject({ appVersion: '2.1', platform: 'ios', connectionQuality: 'poor' })
      for (const missing of ['deviceId', 'appVersion', 'platform']) {
        const body = { deviceInfo: { ...deviceInfo, [missing]: undefined } }
        expect((await refused(open(), [], body)).errors).toEqual([expect.stringContaining(`deviceInfo.${missing}`)])
      }
      const quality = { deviceInfo: { ...deviceInfo, connectionQuality: 'fair' } }
      expect((await refused(open(), [], quality)).status).toBe(400)
      // Of a call that is refused is kept that it was made, and nothing that the device says of itself.
      const foreign = { action: 'update', table: 'guests', id: randomUUID(), data: { name: 'Ida' } } as const
      const viewer = open().member('viewer')
      const told = { deviceInfo: { ...deviceInfo, deviceId: `viewers-${randomUUID()}` } }
      expect((await refused(open(), [foreign], told, { as: viewer })).status).toBe(403)
      const params = { deviceId: told.deviceInfo.deviceId }
      const { status: known } = await good(open(), 'deviceStatus', { params, as: viewer })
      expect(known.connectionQuality).toBe('unknown')
      expect(known).not.toHaveProperty('platform')
    })

    it.each(['client_wins', 'server_wins', 'merge', 'manual', 'merge_automatic', 'merge_manual', 'skip'])(
      '[1.1.14] conflictResolution %s is taken',
      async (conflictResolution) => {
        expect((await push(open(), [], { options: { conflictResolution } })).success).toBe(true)
      },
    )

    it('[1.1.14] server_wins is the default, and other words are refused', async () => {
      expect((await refused(open(), [], { options: { conflictResolution: 'mine' } })).status).toBe(400)
      const id = await newRecord(open(), wedding, 'timeline_items', { title: 'Dinner', startTime: T1500 })
      const { conflicts } = await push(open(), [
        { table: 'timeline_items', id, data: { startTime: T1530 }, timestamp: LONG_AGO },
      ])
      expect(conflicts[0]?.resolution.strategy).toBe('server_wins')
    })

    it('[1.1.17] maxRetries and timeoutMs have bounds', async () => {
      expect((await push(open(), [], { options: { maxRetries: 10, timeoutMs: 1_000 } })).success).toBe(true)
      for (const options of [{ maxRetries: 11 }, { maxRetries: -1 }, { timeoutMs: 999 }, { timeoutMs: 300_001 }]) {
        expect((await refused(open(), [], { options })).status).toBe(400)
      }
    })
  })

  describe('the reply', () => {
    it('[1.1.18][1.1.19][1.1.24][1.1.25] success, a new session each time, time for the next call, ms', async () => {
      const [a, b] = [await push(open(), []), await push(open(), [])]
      expect(a).toMatchObject({ success: true, processingTime: expect.any(Number) })
      expect(a.sessionId).not.toBe(b.sessionId)
      const id = await guest('Late')
      const { serverChanges } = await push(open(), [], { lastSyncTime: b.nextSyncTime })
      expect(serverChanges.map((row) => row.id)).toContain(id)
    })

    it('[1.1.20] processed names the action, or resolved where a conflict was settled by writing', async () => {
      const id = await newRecord(open(), wedding, 'timeline_items', { title: 'Dinner', startTime: T1500 })
      const late = { table: 'timeline_items', id, data: { startTime: T1530 }, timestamp: LONG_AGO }
      const { processed } = await push(open(), [late], { options: { conflictResolution: 'client_wins' } })
      expect(processed).toEqual([{ changeId: id, serverId: id, action: 'resolved' }])
    })

    it('[1.1.21][1.1.26][1.1.27] every conflict is listed, with what is known of it and what was done', async () => {
      const id = await newRecord(open(), wedding, 'timeline_items', { title: 'Dinner', startTime: T1500 })
      const late = { table: 'timeline_items', id, data: { startTime: T1530, title: 'Supper' }, timestamp: LONG_AGO }
      const { conflicts } = await push(open(), [late])
      expect(conflicts).toEqual([
        {
          changeId: id,
          table: 'timeline_items',
          conflict: {
            hasConflict: true,
            conflictId: expect.any(String),
            conflictType: 'concurrent_edit',
            conflictFields: ['startTime', 'title'],
            severity: 'critical',
            serverId: id,
            serverData: expect.objectContaining({ startTime: T1500, title: 'Dinner' }),
            serverTimestamp: expect.any(String),
            clientTimestamp: LONG_AGO,
          },
          resolution: { strategy: 'server_wins', applied: false, serverId: id, mergedData: null },
        },
      ])
    })

    it('[1.1.22][1.1.33][1.1.35] an item that fails says why and whether to try again; the others go on', async () => {
      const id = await guest()
      const { failures, processed } = await push(open(), [
        { action: 'create', table: 'guests', id: randomUUID(), data: { wedding_id: wedding } },
        { table: 'guests', id, data: { name: 'Dora' } },
      ])
      expect(failures).toEqual([
        { changeId: expect.any(String), table: 'guests', error: expect.stringContaining('name'), retryable: false },
      ])
      expect(processed.map(({ changeId }) => changeId)).toEqual([id])
    })

    it('[1.1.23] serverChanges: both names of the table, deletions, oldest first, at most 100, more by the cursor', async () => {
      const server = open()
      const own = await newWedding(server)
      const ids = Array.from({ length: 130 }, () => randomUUID())
      const create = (id: string) => ({ action: 'create', table: 'guests', id, data: { name: id, wedding_id: own } })
      await push(server, ids.slice(0, 100).map(create))
      await push(server, ids.slice(100).map(create))
      await push(server, [{ action: 'delete', table: 'guests', id: ids[0] }])
      const viewer = server.member('viewer', [own])
      const first = await push(server, [], { lastSyncTime: LONG_AGO }, viewer)
      expect([first.serverChanges.length, first.hasMore]).toEqual([100, true])
      const second = await push(server, [], { cursor: first.cursor }, viewer)
      const all = [...first.serverChanges, ...second.serverChanges]
      expect(second.hasMore).toBe(false)
      expect(new Set(all.map(({ id }) => id))).toEqual(new Set([own, ...ids]))
      const times = first.serverChanges.map(({ timestamp }) => timestamp)
      expect(times).toEqual([...times].sort())
      const deleted = all.find(({ action }) => action === 'delete')
      expect(deleted).toMatchObject({ id: ids[0], table: 'guests', table_name: 'guests', data: { wedding_id: own } })
    })

    it('[1.1.16][1.1.28] a dry run says what would happen and writes nothing, not even a metric or an audit entry', async () => {
      const server = open()
      const id = await newRecord(server, wedding, 'timeline_items', { title: 'Dinner', startTime: T1500 })
      const before = await good(server, 'userStatus', { params: { userId: server.owner.userId } })
      const audited = await auditLength(server)
      const late = { table: 'timeline_items', id, data: { startTime: T1530 }, timestamp: LONG_AGO }
      const fresh = { action: 'create', table: 'weddings', id: randomUUID(), data: { name: 'New', date: '2027-01-01' } }
      const conflict = await tryOut(server, [late, fresh], { options: { conflictResolution: 'manual' } })
      expect(conflict).toMatchObject({
        success: true,
        dryRun: true,
        validation: { valid: true, errors: [], warnings: [] },
      })
      expect(conflict.validation.conflicts).toMatchObject([{ changeId: id, table: 'timeline_items' }])
      const faulty = await tryOut(server, [
        { action: 'create', table: 'guests', id: randomUUID(), data: { wedding_id: wedding } },
      ])
      expect(faulty.validation).toMatchObject({ valid: false, errors: [{ error: expect.any(String) }] })
      const after = await good(server, 'userStatus', { params: { userId: server.owner.userId } })
      expect({ ...after, timestamp: '' }).toEqual({ ...before, timestamp: '' })
      expect(await auditLength(server)).toBe(audited)
      expect((await good(server, 'weddings')).weddings.map((each) => each.id)).not.toContain(fresh.id)
      expect(await dataOf(server, wedding, id)).toMatchObject({ startTime: T1500 })
    })
  })

  describe('the rules', () => {
    it('[1.1.29] a record that the caller may not touch refuses the whole batch', async () => {
      const server = open()
      const foreign = await newWedding(server)
      const theirs = await newRecord(server, foreign, 'guests', { name: 'Dana' })
      const limited = server.member('planner', [wedding])
      const own = { action: 'create', table: 'guests', id: randomUUID(), data: { name: 'x', wedding_id: wedding } }
      for (const action of ['update', 'delete', 'create']) {
        const change = { action, table: 'guests', id: theirs, data: { name: 'stolen', wedding_id: foreign } }
        expect(await refused(server, [own, change], {}, { as: limited })).toMatchObject({
          status: 403,
          code: 'FORBIDDEN',
        })
      }
      expect(await rowOf(server, wedding, own.id)).toBeUndefined()
      const viewer = { as: server.member('viewer') }
      expect((await refused(server, [own], {}, viewer)).status).toBe(403)
    })

    it('[1.1.30] a vanished record is a delete_conflict of the item, an id never seen its failure', async () => {
      const id = await guest()
      await push(open(), [{ action: 'delete', table: 'guests', id }])
      const { conflicts, failures } = await push(open(), [
        { table: 'guests', id, data: { name: 'Dora' } },
        { table: 'guests', id: randomUUID(), data: { name: 'Dora' } },
      ])
      expect(conflicts).toMatchObject([{ changeId: id, conflict: { conflictType: 'delete_conflict' } }])
      expect(failures).toHaveLength(1)
    })

    it('[1.1.31] untouched fields and equal values apply, what another changed is the conflict', async () => {
      const id = await newRecord(open(), wedding, 'timeline_items', {
        title: 'Dinner',
        startTime: T1500,
        location: 'Hall',
      })
      const clientVersion = String((await rowOf(open(), wedding, id))?.version)
      await push(open(), [{ table: 'timeline_items', id, data: { startTime: T1520, location: 'Garden' } }])
      const data = { startTime: T1530, location: 'Garden', title: 'Supper' }
      const { conflicts, processed } = await push(open(), [{ table: 'timeline_items', id, data, clientVersion }])
      expect(conflicts.map(({ conflict }) => conflict.conflictFields)).toEqual([['startTime']])
      expect(processed).toEqual([{ changeId: id, serverId: id, action: 'update' }])
      expect(await dataOf(open(), wedding, id)).toMatchObject({ title: 'Supper', startTime: T1520, location: 'Garden' })
    })

    it.each([
      ['client_wins', { strategy: 'client_wins', applied: true }, T1530, false],
      ['server_wins', { strategy: 'server_wins', applied: false }, T1520, false],
      ['skip', { strategy: 'skip', applied: false }, T1520, false],
      ['manual', { strategy: 'manual', applied: false }, T1520, true],
      ['merge', { strategy: 'merge', applied: false }, T1520, true],
    ])('[1.1.32] %s', async (conflictResolution, resolution, shown, waits) => {
      const id = await newRecord(open(), wedding, 'timeline_items', { title: 'Dinner', startTime: T1500 })
      const clientVersion = String((await rowOf(open(), wedding, id))?.version)
      await push(open(), [{ table: 'timeline_items', id, data: { startTime: T1520 } }])
      const change = { table: 'timeline_items', id, data: { startTime: T1530 }, clientVersion, timestamp: LONG_AGO }
      const { conflicts } = await push(open(), [change], { options: { conflictResolution } })
      expect(conflicts[0]?.resolution).toMatchObject(resolution)
      expect(await dataOf(open(), wedding, id)).toMatchObject({ startTime: shown })
      const pending = (await good(open(), 'conflicts')).conflicts.filter(({ recordId }) => recordId === id)
      expect(pending).toHaveLength(waits ? 1 : 0)
    })

    it('[1.1.32] merge gives the merged row back', async () => {
      const id = await newRecord(open(), wedding, 'guests', { name: 'Dana', tags: ['a'] })
      const change = { table: 'guests', id, data: { tags: ['b'] }, timestamp: LONG_AGO }
      const { conflicts } = await push(open(), [change], { options: { conflictResolution: 'merge' } })
      expect(conflicts[0]?.resolution).toMatchObject({ applied: true, mergedData: { tags: ['a', 'b'] } })
    })

    it('[1.1.34] each call stores one row about itself', async () => {
      const server = open()
      const planner = server.member('planner')
      const params = { deviceId: planner.deviceId }
      await push(
        server,
        [{ action: 'create', table: 'guests', id: randomUUID(), data: { name: 'A', wedding_id: wedding } }],
        {},
        planner,
      )
      await push(
        server,
        [{ action: 'create', table: 'guests', id: randomUUID(), data: { wedding_id: wedding } }],
        {},
        planner,
      )
      await push(server, [], {}, planner)
      const { performance } = await good(server, 'deviceStatus', { as: planner, params })
      expect(performance).toMatchObject({
        totalSyncSessions: 3,
        totalFailures: 1,
        totalConflicts: 0,
        successRate: 67,
        averageItemsPerBatch: expect.closeTo(2 / 3),
        averageProcessingTime: expect.any(Number),
      })
    })
  })

  describe('GET /sync', () => {
    it('[1.2.1] since, cursor and limit have bounds', async () => {
      for (const query of [
        '?since=yesterday',
        '?since=2026-01-01T00:00:00%2B02:00',
        '?limit=0',
        '?limit=101',
        '?cursor=x',
      ]) {
        expect(await bad(open(), 'pull', { query })).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
      }
      const page = await good(open(), 'pull', { query: `?since=${LONG_AGO}&limit=1` })
      expect([page.serverChanges.length, page.hasMore]).toEqual([1, true])
      expect((await good(open(), 'pull', { query: `?cursor=${page.cursor}` })).serverChanges.length).toBeGreaterThan(0)
    })

    it('[1.2.2] tells the state of the sync in camelCase', async () => {
      const reply = await good(open(), 'pull')
      expect(reply).toMatchObject({ success: true, timestamp: expect.any(String) })
      expect(Object.keys(reply.status).sort()).toEqual(
        ['failedItems', 'lastSuccessfulSync', 'lastSyncTime', 'queuedItems', 'syncInProgress'].sort(),
      )
      expect(reply.status.lastSyncTime).toEqual(expect.any(String))
      const unseen = await good(open(), 'pull', { as: open().member('planner') })
      expect([unseen.status.lastSyncTime, unseen.status.lastSuccessfulSync]).toEqual([null, null])
    })

    it('[1.2.3] without since there are no rows', async () => {
      expect((await good(open(), 'pull')).serverChanges).toEqual([])
    })
  })

  it('[1.1.21] what waits for a person has the id to settle it by', async () => {
    const { conflictId } = await clash(
      open(),
      wedding,
      'guests',
      { name: 'D' },
      { rsvpStatus: 'attending' },
      { rsvpStatus: 'declined' },
    )
    expect((await good(open(), 'conflicts')).conflicts.map((each) => each.conflictId)).toContain(conflictId)
  })
}

/** How many entries the audit of an install has; 0 elsewhere. */
async function auditLength({ install }: Server): Promise<number> {
  if (!install) return 0
  const rows = install.store.database.prepare('SELECT count(*) AS n FROM audit').all()
  return Number(Object.values(rows[0] ?? {})[0])
}
