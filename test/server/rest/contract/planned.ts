/** §1.5 and §1.6: what is asked is checked, and there is no answer yet. */
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { ask, bad, type Server } from './compositions.ts'

const NOT_YET = { status: 501, code: 'NOT_IMPLEMENTED', error: expect.any(String), requestId: expect.any(String) }

export function plannedRows(open: () => Server): void {
  const resource = { resourceType: 'wedding', resourceId: randomUUID(), priority: 'high' }

  it.each([
    { resources: [] },
    { resources: [resource] },
    { resources: [{ ...resource, expirationPolicy: 'never_expire', preloadData: true, compressionLevel: 'none' }] },
    { resources: [], weddingDate: '2026-09-12T12:00:00Z', deviceInfo: { deviceId: 'x', storageQuotaMB: 10_000 } },
    { resources: [], globalSettings: { weddingDayBoostFactor: 10, maxCacheSizeMB: 5_000 } },
  ])('[1.5.1] POST /cache/priority of %j is 501', async (body) => {
    expect(await bad(open(), 'setCachePriorities', { body })).toMatchObject(NOT_YET)
  })

  it.each([
    [{ resources: [{ ...resource, resourceType: 'band' }] }, 'resources.0.resourceType'],
    [{ resources: [{ ...resource, resourceId: 'x' }] }, 'resources.0.resourceId'],
    [{ resources: [{ ...resource, priority: 'urgent' }] }, 'resources.0.priority'],
    [{ resources: [{ ...resource, expirationPolicy: 'soon' }] }, 'resources.0.expirationPolicy'],
    [{ resources: [{ ...resource, customExpiration: 'soon' }] }, 'resources.0.customExpiration'],
    [{ resources: [{ ...resource, preloadData: 1 }] }, 'resources.0.preloadData'],
    [{ resources: [{ ...resource, compressionLevel: 'max' }] }, 'resources.0.compressionLevel'],
    [{ resources: [], weddingDate: 'soon' }, 'weddingDate'],
    [{ resources: [], deviceInfo: {} }, 'deviceInfo.deviceId'],
    [{ resources: [], deviceInfo: { deviceId: 'x', storageQuotaMB: 0 } }, 'deviceInfo.storageQuotaMB'],
    [{ resources: [], globalSettings: { enableProactiveCaching: 1 } }, 'globalSettings.enableProactiveCaching'],
    [{ resources: [], globalSettings: { maxCacheSizeMB: 9 } }, 'globalSettings.maxCacheSizeMB'],
    [{ resources: [], globalSettings: { weddingDayBoostFactor: 11 } }, 'globalSettings.weddingDayBoostFactor'],
    [
      { resources: [], globalSettings: { autoCleanupThresholdPercent: 96 } },
      'globalSettings.autoCleanupThresholdPercent',
    ],
  ])('[1.5.2] %j is 400', async (body, path) => {
    const reply = await bad(open(), 'setCachePriorities', { body })
    expect(reply).toMatchObject({ status: 400, errors: [expect.stringContaining(`${path}: `)] })
  })

  it('[1.5.3] GET /cache/priority is 501, and 401 without identity', async () => {
    expect(await bad(open(), 'cachePriorities', { query: '?deviceId=x&resourceType=photo' })).toMatchObject(NOT_YET)
    expect((await bad(open(), 'cachePriorities', { query: '?resourceType=band' })).status).toBe(400)
    expect((await ask(open(), 'cachePriorities')).status).toBe(401)
  })

  it.each(['', '?timeRange=1h', '?timeRange=90d&deviceId=x&details=true'])(
    '[1.6.1] GET /queue/analytics%s is 501',
    async (query) => {
      expect(await bad(open(), 'analytics', { query })).toMatchObject(NOT_YET)
    },
  )

  it('[1.6.2] an unknown time range is 400', async () => {
    expect((await bad(open(), 'analytics', { query: '?timeRange=1y' })).status).toBe(400)
  })

  const report = { startTime: '2026-01-01T00:00:00Z', endTime: '2026-02-01T00:00:00Z', metrics: ['throughput'] }
  it('[1.6.3] POST /queue/analytics is 501', async () => {
    const filters = { deviceId: 'x', operationType: 'delete', priority: 10, status: 'failed' }
    expect(await bad(open(), 'analyticsReport', { body: { ...report, groupBy: 'week', filters } })).toMatchObject(
      NOT_YET,
    )
  })

  it.each([
    [{ startTime: 'x' }, 'startTime'],
    [{ endTime: '2025-12-31T00:00:00Z' }, 'endTime'],
    [{ endTime: '2027-01-03T00:00:00Z' }, 'endTime'],
    [{ metrics: ['mood'] }, 'metrics'],
    [{ groupBy: 'year' }, 'groupBy'],
    [{ filters: { priority: 11 } }, 'filters'],
    [{ filters: { operationType: 'upsert' } }, 'filters'],
    [{ filters: { status: 'open' } }, 'filters'],
  ])('[1.6.4] %j is 400', async (part, path) => {
    const reply = await bad(open(), 'analyticsReport', { body: { ...report, ...part } })
    expect(reply).toMatchObject({
      status: 400,
      details: [expect.objectContaining({ path: expect.arrayContaining([path]) })],
    })
  })
}
