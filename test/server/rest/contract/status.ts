/** §1.3, §1.7 and §1.8: devices, people, the queue, the day before. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { ask, bad, good, type Member, type Server } from './compositions.ts'
import { clash, newRecord, newWedding, push } from './situation.ts'

const today = new Date().toISOString().slice(0, 10)

export function statusRows(open: () => Server): void {
  let wedding: string
  beforeAll(async () => {
    wedding = await newWedding(open(), today)
  })

  const device = (deviceId: string, as?: Member) =>
    good(open(), 'deviceStatus', { params: { deviceId }, ...(as && { as }) })
  const report = (deviceId: string, body: unknown, as?: Member) =>
    good(open(), 'reportDevice', { params: { deviceId }, body, ...(as && { as }) })

  describe('a device', () => {
    it('[1.3.1] without an id is 400', async () => {
      for (const name of ['deviceStatus', 'reportDevice'] as const) {
        for (const deviceId of ['', '%20']) expect((await bad(open(), name, { params: { deviceId } })).status).toBe(400)
      }
      expect((await ask(open(), 'deviceStatus', { params: { deviceId: 'x' } })).status).toBe(401)
    })

    it('[1.3.2] of another user is 404', async () => {
      const server = open()
      const deviceId = `ipad-${randomUUID()}`
      await report(deviceId, {}, server.member('planner'))
      expect((await bad(server, 'deviceStatus', { params: { deviceId } })).status).toBe(404)
      expect((await bad(server, 'reportDevice', { params: { deviceId }, body: {} })).status).toBe(404)
    })

    it('[1.3.3] that never registered has the default status and a score of 100', async () => {
      expect(await device('never-seen')).toEqual({
        success: true,
        deviceId: 'never-seen',
        status: { isOnline: false, lastSyncTime: null, syncInProgress: false, connectionQuality: 'unknown' },
        queue: {
          totalItems: 0,
          pendingItems: 0,
          processingItems: 0,
          failedItems: 0,
          estimatedCompletionMs: 0,
          estimatedCompletionTime: null,
          items: [],
        },
        conflicts: { total: 0, requiresManualResolution: 0, pending: [] },
        performance: {
          healthScore: 100,
          averageProcessingTime: null,
          maxProcessingTime: null,
          averageItemsPerBatch: null,
          totalSyncSessions: 0,
          totalConflicts: 0,
          totalFailures: 0,
          averageThroughput: null,
          successRate: 100,
          conflictRate: 0,
        },
        lastUpdated: expect.any(String),
      })
    })

    it('[1.3.4] tells what it said of itself and when it last synced', async () => {
      const planner = open().member('planner')
      await push(open(), [], {}, planner)
      await report(planner.deviceId, { isOnline: true, connectionQuality: 'excellent', appVersion: '3' }, planner)
      expect((await device(planner.deviceId, planner)).status).toMatchObject({
        isOnline: true,
        lastSyncTime: expect.any(String),
        syncInProgress: false,
        connectionQuality: 'excellent',
        appVersion: '3',
        lastActivity: expect.any(String),
      })
    })

    it('[1.3.5][1.3.6] has in its queue what it wrote and no upstream has got, the most urgent first', async () => {
      const server = open()
      const planner = server.member('planner')
      await newRecord(server, wedding, 'tasks', { title: 'Flowers' }, planner)
      await newRecord(server, wedding, 'timeline_items', { title: 'Dinner' }, planner)
      const { queue, performance } = await device(planner.deviceId, planner)
      if (server.role !== 'local') {
        // It has no upstream, so there is nothing to be sent.
        expect(queue).toMatchObject({ totalItems: 0, items: [], estimatedCompletionTime: null })
        return
      }
      expect(queue).toMatchObject({ totalItems: 2, pendingItems: 2, processingItems: 0, failedItems: 0 })
      expect(queue.estimatedCompletionMs).toBeCloseTo(2 * (performance.averageProcessingTime ?? 0))
      expect(queue.estimatedCompletionTime).toEqual(expect.any(String))
      expect(queue.items.map(({ priority }) => priority)).toEqual([10, 9])
      expect(queue.items[0]).toEqual({
        id: expect.any(String),
        operation_type: 'create',
        priority: 10,
        status: 'pending',
        created_at: expect.any(String),
        updated_at: expect.any(String),
        retry_count: expect.any(Number),
        last_error: expect.any(String),
        data_size_bytes: expect.any(Number),
        estimated_processing_time_ms: performance.averageProcessingTime,
      })
    })

    it('[1.3.7] has the conflicts over what it wrote, with what can be done about them', async () => {
      const { id, conflictId, late } = await clash(open(), wedding, 'guests', { name: 'D' }, { seat: 1 }, { seat: 2 })
      const { conflicts } = await device(late.deviceId, late)
      expect(conflicts).toEqual({
        total: 1,
        requiresManualResolution: 1,
        pending: [
          {
            id: conflictId,
            sync_queue_id: null,
            conflict_type: 'concurrent_edit',
            table_name: 'guests',
            record_id: id,
            created_at: expect.any(String),
            priority: expect.any(Number),
            resolution_options: ['use_client', 'use_server', 'merge_automatic', 'merge_manual', 'skip'],
          },
        ],
      })
    })

    it('[1.3.8] is scored by its sessions of the last seven days', async () => {
      const planner = open().member('planner')
      const faulty = { action: 'create', table: 'guests', id: randomUUID(), data: { wedding_id: wedding } }
      for (let n = 0; n < 3; n++) await push(open(), [], {}, planner)
      await push(open(), [faulty], {}, planner)
      const { performance } = await device(planner.deviceId, planner)
      expect(performance).toMatchObject({ totalSyncSessions: 4, totalFailures: 1, successRate: 75, conflictRate: 0 })
      expect(performance.healthScore).toBe(Math.round(80 * 0.75 + 20))
    })

    it('[1.3.9] PUT takes every field alone, within its bounds', async () => {
      const deviceId = `ipad-${randomUUID()}`
      const lastActivity = new Date().toISOString()
      for (const body of [
        {},
        { isOnline: false },
        { connectionQuality: 'poor' },
        { lastActivity },
        { appVersion: '1' },
      ]) {
        const reply = await report(deviceId, body)
        expect(reply).toEqual({ success: true, deviceId, status: expect.any(Object), updatedAt: expect.any(String) })
      }
      for (const body of [
        { isOnline: 1 },
        { connectionQuality: 'unknown' },
        { lastActivity: 'now' },
        { deviceInfo: {} },
      ]) {
        expect((await bad(open(), 'reportDevice', { params: { deviceId }, body })).status).toBe(400)
      }
    })

    it('[1.3.10] PUT registers a device, and leaves what it does not name', async () => {
      const deviceId = `ipad-${randomUUID()}`
      await report(deviceId, { isOnline: true, deviceInfo: { platform: 'ios', osVersion: '26', appVersion: '2' } })
      const { status } = await report(deviceId, { connectionQuality: 'good' })
      expect(status).toMatchObject({ isOnline: true, connectionQuality: 'good', platform: 'ios', appVersion: '2' })
    })

    it('[1.3.11] that was revoked may not report, and its token is worth nothing', async () => {
      const server = open()
      const planner = server.member('planner')
      await push(
        server,
        [{ action: 'create', table: 'tasks', id: randomUUID(), data: { title: 'x', wedding_id: wedding } }],
        {},
        planner,
      )
      const params = { deviceId: planner.deviceId }
      expect((await bad(server, 'revokeDevice', { params, as: server.member('planner') })).status).toBe(403)
      expect((await ask(server, 'revokeDevice', { params, as: server.owner })).status).toBe(204)
      expect((await ask(server, 'revokeDevice', { params, as: server.owner })).status).toBe(204)
      for (const name of ['reportDevice', 'deviceStatus', 'weddings'] as const) {
        expect(
          await bad(server, name, { params, as: planner, body: name === 'reportDevice' ? {} : undefined }),
        ).toMatchObject({ status: 403, code: 'REVOKED' })
      }
      const other = server.member('planner', 'all', planner.userId)
      expect(await bad(server, 'reportDevice', { params, as: other, body: {} })).toMatchObject({
        status: 403,
        code: 'REVOKED',
      })
      const { devices } = await good(server, 'devices')
      expect(devices.find(({ deviceId }) => deviceId === planner.deviceId)).toMatchObject({
        revokedAt: expect.any(String),
        online: false,
      })
      expect((await bad(server, 'revokeDevice', { params: { deviceId: 'nobody' } })).status).toBe(404)
      expect((await bad(server, 'revokeDevice', { params: { deviceId: server.owner.deviceId } })).status).toBe(409)
    })
  })

  describe('a person', () => {
    const status = (as: Member, query = '', userId = as.userId) =>
      good(open(), 'userStatus', { as, params: { userId }, query })

    it('[1.7.1] whose id is no UUID is 400', async () => {
      expect((await bad(open(), 'userStatus', { params: { userId: 'ana' } })).status).toBe(400)
      expect((await ask(open(), 'userStatus', { params: { userId: randomUUID() } })).status).toBe(401)
    })

    it('[1.7.2] may ask about themselves, and an owner about everybody of the team', async () => {
      const server = open()
      const planner = server.member('planner')
      await newRecord(server, wedding, 'tasks', { title: 'x' }, planner)
      const params = { userId: server.owner.userId }
      expect(await bad(server, 'userStatus', { as: planner, params })).toMatchObject({ status: 403, code: 'FORBIDDEN' })
      expect((await status(server.owner, '', planner.userId)).userId).toBe(planner.userId)
      expect((await bad(server, 'userStatus', { params: { userId: randomUUID() } })).status).toBe(403)
    })

    it('[1.7.3][1.7.4][1.7.8] has a last sync and devices, the newest first', async () => {
      const server = open()
      const planner = server.member('planner')
      const second = server.member('planner', 'all', planner.userId)
      await push(server, [], {}, planner)
      await push(server, [], { deviceInfo: { deviceId: second.deviceId, appVersion: '2', platform: 'ios' } }, second)
      const reply = await status(planner)
      expect(reply).toMatchObject({ success: true, userId: planner.userId, timestamp: expect.any(String) })
      expect(reply.syncStatus).toEqual({
        lastSyncTime: expect.any(String),
        lastSuccessfulSync: expect.any(String),
        syncInProgress: false,
        currentSessionId: null,
        deviceId: second.deviceId,
        appVersion: '2',
      })
      expect(reply.devices).toEqual([
        { device_id: second.deviceId, app_version: '2', last_seen: expect.any(String) },
        { device_id: planner.deviceId, app_version: null, last_seen: expect.any(String) },
      ])
    })

    it('[1.7.5] has a queue of the last seven days', async () => {
      const server = open()
      const planner = server.member('planner')
      await newRecord(server, wedding, 'tasks', { title: 'x' }, planner)
      const { queue } = await status(planner)
      const waiting = server.role === 'local' ? 1 : 0
      expect(queue).toEqual({
        totalItems: waiting + 1,
        pendingItems: waiting,
        processingItems: 0,
        failedItems: 0,
        completedItems: 1,
        oldestPendingItem: waiting === 1 ? expect.any(String) : null,
        averageProcessingTime: expect.any(Number),
      })
    })

    it('[1.7.6] has conflicts, by table and by how they were settled', async () => {
      const server = open()
      const late = server.member('planner')
      const settled = await clash(server, wedding, 'guests', { name: 'D' }, { seat: 1 }, { seat: 2 }, late)
      await clash(server, wedding, 'tasks', { title: 'T' }, { dueDate: '2026-01-01' }, { dueDate: '2026-01-02' }, late)
      await good(server, 'resolve', {
        body: { conflictId: settled.conflictId, resolution: { strategy: 'use_client' } },
      })
      expect((await status(late)).conflicts).toEqual({
        active: 1,
        resolved: 1,
        awaitingManualResolution: 1,
        conflictsByTable: { guests: 1, tasks: 1 },
        resolutionStrategies: { use_client: 1 },
      })
    })

    it('[1.7.7] has figures of the last day; without a sync, all is well and the network unknown', async () => {
      const planner = open().member('planner')
      expect((await status(planner)).performance).toEqual({
        averageSyncTime: 0,
        throughputPerSecond: 0,
        successRate: 100,
        errorRate: 0,
        last24HoursSyncs: 0,
        networkQuality: 'unknown',
      })
      await newRecord(open(), wedding, 'tasks', { title: 'x' }, planner)
      expect((await status(planner)).performance).toMatchObject({ last24HoursSyncs: 1, successRate: 100, errorRate: 0 })
    })

    it('[1.7.9] has a health with recommendations and alerts', async () => {
      const planner = open().member('planner')
      expect((await status(planner)).health).toEqual({
        status: 'healthy',
        recommendations: [expect.any(String)],
        alerts: [],
      })
      const faulty = { action: 'create', table: 'guests', id: randomUUID(), data: { wedding_id: wedding } }
      await push(open(), [faulty], {}, planner)
      expect((await status(planner)).health).toMatchObject({
        status: 'warning',
        alerts: [{ type: 'error_rate', severity: 'high' }],
      })
    })

    it('[1.7.10] flags choose blocks, and timeRange how far back they look', async () => {
      const { owner } = open()
      const keys = async (query: string) => Object.keys(await status(owner, query)).sort()
      const top = ['success', 'timestamp', 'userId']
      expect(await keys('?queue=true')).toEqual([...top, 'queue'].sort())
      expect(await keys('?conflicts=true&devices=true&timeRange=7d')).toEqual([...top, 'conflicts', 'devices'].sort())
      expect(await keys('?performance=true')).toEqual([...top, 'performance'].sort())
      expect(await keys('')).toEqual(
        [...top, 'conflicts', 'devices', 'health', 'performance', 'queue', 'syncStatus'].sort(),
      )
      const params = { userId: owner.userId }
      expect((await bad(open(), 'userStatus', { params, query: '?timeRange=30d' })).status).toBe(400)
    })
  })

  describe('the queue', () => {
    it('[1.8.1][1.8.2] what waits can be tried again at once and not removed; an unknown id is 404', async () => {
      const server = open()
      await newRecord(server, wedding, 'tasks', { title: 'x' })
      for (const name of ['removeQueued', 'retryQueued'] as const) {
        expect((await bad(server, name, { params: { id: randomUUID() } })).status).toBe(404)
        expect((await bad(server, name, { params: { id: 'x' } })).status).toBe(400)
      }
      const { items, totalItems } = await good(server, 'queue')
      if (server.role !== 'local') return expect([items, totalItems]).toEqual([[], 0])
      const id = items[0]?.id ?? ''
      expect(await good(server, 'retryQueued', { params: { id } })).toEqual({ success: true, id, status: 'retrying' })
      expect(await bad(server, 'removeQueued', { params: { id } })).toMatchObject({
        status: 409,
        code: 'STILL_WAITING',
      })
      expect(totalItems).toBe((await good(server, 'queue')).totalItems)
    })

    it('[1.8.1] what failed for good can be removed, and a copy is kept', async () => {
      const { install } = open()
      if (!install) return expect((await good(open(), 'queue')).failedItems).toBe(0)
      const { state } = install.store
      const recordId = randomUUID()
      const set = {
        id: recordId,
        scope: wedding,
        reason: 'the record cannot be joined',
        peer: 'peer',
        raw: { id: recordId },
      }
      await state.set(`quarantine/${wedding}/${set.id}`, set)
      const { items, failedItems } = await good(open(), 'queue')
      expect([items[0], failedItems]).toMatchObject([{ status: 'failed', last_error: set.reason, recordId: set.id }, 1])
      const id = items[0]?.id ?? ''
      await good(open(), 'retryQueued', { params: { id } })
      expect((await good(open(), 'queue')).failedItems).toBe(1)
      expect(await good(open(), 'removeQueued', { params: { id } })).toEqual({ success: true, id, removed: true })
      expect((await good(open(), 'queue')).failedItems).toBe(0)
      expect([...(await state.list('removed/')).values()]).toMatchObject([
        { id: recordId, scope: wedding, removedBy: open().owner.userId, removedAt: expect.any(String) },
      ])
    })
  })

  it('[1.8.3] the pre-load of a day: all its weddings, what the day cannot run without first, in pages', async () => {
    const server = open()
    const date = '2031-05-17'
    const [a, b] = [await newWedding(server, date), await newWedding(server, date)]
    const viewer = server.member('viewer', [a, b])
    for (const each of [a, b]) {
      await newRecord(server, each, 'guests', { name: 'Dana' })
      await newRecord(server, each, 'timeline_items', { title: 'Dinner' })
    }
    const params = { date }
    const whole = await good(server, 'preload', { as: viewer, params })
    expect(whole).toMatchObject({ success: true, date, hasMore: false })
    expect(whole.weddings.map(({ id, records }) => [id, records]).sort()).toEqual(
      [
        [a, 3],
        [b, 3],
      ].sort(),
    )
    const tables = whole.records.map(({ table }) => table)
    expect(tables).toEqual(['weddings', 'weddings', 'timeline_items', 'timeline_items', 'guests', 'guests'])
    const first = await good(server, 'preload', { as: viewer, params, query: '?limit=4' })
    const rest = await good(server, 'preload', { as: viewer, params, query: `?cursor=${first.cursor}` })
    expect([...first.records, ...rest.records]).toEqual(whole.records)
    expect((await good(server, 'preload', { params: { date: '2031-05-18' } })).weddings).toEqual([])
    for (const wrong of ['tomorrow', '2031-02-30']) {
      expect((await bad(server, 'preload', { params: { date: wrong } })).status).toBe(400)
    }
    expect((await bad(server, 'preload', { params, query: '?cursor=x' })).status).toBe(400)
  })

  it.each([
    ['PUT', '/cache/refresh'],
    ['DELETE', '/cache/cleanup'],
    ['POST', '/queue/batch'],
  ])('[1.8.5] %s %s is not there', async (method, path) => {
    const headers = { authorization: `Bearer ${open().owner.token}` }
    expect((await fetch(`${open().url}/api/offline${path}`, { method, headers })).status).toBe(404)
  })
}
