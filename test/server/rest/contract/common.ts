/** §0: what all routes share. */
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { ALL_ROUTES, type RouteName } from '../../../../model/rest/routes.ts'
import { ask, bad, good, type Server } from './compositions.ts'
import { batch, newWedding, push, refused } from './situation.ts'

export function commonRows(open: () => Server): void {
  it('[0.1][1.8.4] answers under /api/offline, and health without a token', async () => {
    const { role, url } = open()
    expect((await ask(open(), 'health')).body).toMatchObject({ status: 'ok', role, uptimeSeconds: expect.any(Number) })
    expect((await fetch(`${url}/offline/health`)).status).not.toBe(200)
  })

  it('[0.2] the token names the caller; x-user-id must say the same', async () => {
    const server = open()
    const foreign = await bad(server, 'weddings', { headers: { 'x-user-id': randomUUID() } })
    expect([foreign.status, foreign.code]).toEqual([403, 'FORBIDDEN'])
    expect(await good(server, 'weddings', { headers: { 'x-user-id': server.owner.userId } })).toBeDefined()
  })

  it('[0.3][0.12] without identity 401, with code and requestId', async () => {
    const { status, body } = await ask(open(), 'push', { body: batch([]) })
    expect([status, body]).toEqual([
      401,
      { error: 'Unauthorized', code: 'UNAUTHENTICATED', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ])
  })

  it.each(ALL_ROUTES.filter(({ access }) => access !== 'anyone').map(({ name }) => name))(
    '[0.3] %s without identity is 401, whatever else is wrong with it',
    async (name) => {
      const { status } = await ask(open(), name as RouteName, {
        params: { id: 'x', deviceId: 'x', userId: 'x', date: 'x' },
      })
      expect(status).toBe(401)
    },
  )

  it('[0.11] identity is checked before the body is read', async () => {
    expect((await ask(open(), 'push', { body: '{"changes": [' })).status).toBe(401)
  })

  it.each(['2026-01-01T00:00:00+02:00', '2026-01-01', 'yesterday', 5])(
    '[0.4] the date-time %j is refused',
    async (time) => {
      expect(await refused(open(), [], { lastSyncTime: time })).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
    },
  )

  it.each(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456Z'])('[0.4] the date-time %s is taken', async (time) => {
    expect((await push(open(), [], { lastSyncTime: time })).success).toBe(true)
  })

  it('[0.5] a UUID of any version is taken, anything else is not', async () => {
    const server = open()
    expect((await push(server, [], { batchId: '018f3f5e-7b1a-7c3d-8e2f-0123456789ab' })).success).toBe(true)
    expect((await refused(server, [], { batchId: '17' })).errors).toEqual([expect.stringMatching(/^batchId: /)])
  })

  it('[0.6] an object is nested 16 levels deep at most, and a body holds 5 MB', async () => {
    const server = open()
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })
    expect(await refused(server, [{ table: 'guests', id: randomUUID(), data: nested(17) }])).toMatchObject({
      status: 413,
    })
    const padding = 'x'.repeat(5 * 1024 * 1024)
    expect(await refused(server, [], { padding })).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' })
  })

  it('[0.7] unknown top-level keys are dropped silently', async () => {
    expect((await push(open(), [], { somethingNew: 1 })).success).toBe(true)
  })

  it('[0.8] an empty body is an empty object, which lacks its fields', async () => {
    expect((await bad(open(), 'push')).errors).toEqual([
      expect.stringMatching(/^changes: /),
      expect.stringMatching(/^lastSyncTime: /),
      expect.stringMatching(/^batchId: /),
    ])
  })

  it.each(['push', 'resolve', 'resolveMany', 'reportDevice', 'analyticsReport'] as const)(
    '[0.9] %s: a body that is not JSON is 400 INVALID_JSON',
    async (name) => {
      const reply = await bad(open(), name, { params: { deviceId: 'x' }, body: '{"a":' })
      expect(reply).toMatchObject({
        status: 400,
        error: 'INVALID_JSON',
        message: expect.any(String),
        details: expect.any(String),
      })
    },
  )

  it('[0.10] faults come as paths with dots, with the time', async () => {
    const reply = await refused(open(), [{ table: 'guests', id: 'x', action: 'upsert' }])
    expect(reply).toMatchObject({
      status: 400,
      error: 'VALIDATION_ERROR',
      message: expect.any(String),
      errors: [expect.stringMatching(/^changes\.0\.action: /), expect.stringMatching(/^changes\.0\.id: /)],
      timestamp: expect.any(String),
    })
    expect((await bad(open(), 'push', { body: '[]' })).errors).toEqual([expect.stringMatching(/^root: /)])
  })

  it('[0.13] two routes tell faults as the list of issues', async () => {
    const reply = await bad(open(), 'reportDevice', { params: { deviceId: 'ipad' }, body: { isOnline: 'yes' } })
    const issue = { code: expect.any(String), path: ['isOnline'], message: expect.any(String) }
    expect(reply).toMatchObject({ status: 400, error: 'VALIDATION_ERROR', details: [issue] })
    const report = await bad(open(), 'analyticsReport', { body: {} })
    expect(report).toMatchObject({
      status: 400,
      details: expect.arrayContaining([expect.objectContaining({ path: ['startTime'] })]),
    })
  })

  it('[0.2] a token of another team opens nothing of this one', async () => {
    const server = open()
    const wedding = await newWedding(server)
    const { status, body } = await ask(server, 'records', { as: server.stranger, params: { id: wedding } })
    // Only the cloud knows other teams at all.
    expect(status).toBe(server.role === 'cloud' ? 404 : 401)
    expect(JSON.stringify(body)).not.toContain('Ana')
  })
}
