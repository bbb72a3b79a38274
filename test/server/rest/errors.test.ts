import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { healthReply } from '../../../model/rest/health.ts'
import { ana, batchBody, call, createWedding, errorOf, startServer, type TestServer } from './support.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

const PROTECTED = [
  ['POST', '/sync'],
  ['GET', '/sync'],
  ['PUT', '/sync/resolve'],
  ['GET', '/weddings'],
  ['GET', `/weddings/${randomUUID()}/records`],
  ['GET', '/conflicts'],
  ['GET', `/records/${randomUUID()}/history`],
  ['GET', '/status'],
  ['POST', '/hub'],
  ['POST', '/hub/joins'],
] as const

describe('who asks', () => {
  it('health needs no token and tells nothing personal', async () => {
    const reply = await call(server, '/health')
    expect(reply.status).toBe(200)
    expect(healthReply.strict().parse(reply.body)).toMatchObject({ status: 'ok', role: 'hub', version: '0.1.0' })
  })

  it.each(PROTECTED)('%s %s without a token, or with a wrong one, is 401', async (method, path) => {
    const headers = [
      {},
      { authorization: 'Bearer nobody' },
      { authorization: 'Basic Ana' },
      { 'x-user-id': ana.userId },
    ]
    for (const given of headers) {
      const reply = await call(server, path, { method, headers: given })
      expect(reply.status).toBe(401)
      expect(errorOf(reply)).toEqual({ error: 'Unauthorized', code: 'UNAUTHENTICATED', requestId: expect.any(String) })
    }
  })

  it('identity is checked before the body is read', async () => {
    const reply = await call(server, '/sync', { method: 'POST', body: '{"changes": [' })
    expect(reply.status).toBe(401)
  })

  it('x-user-id must name the user of the token, in any case of letters', async () => {
    const foreign = await call(server, '/weddings', { as: ana, headers: { 'x-user-id': randomUUID() } })
    expect([foreign.status, errorOf(foreign).code]).toEqual([403, 'FORBIDDEN'])
    const own = await call(server, '/weddings', { as: ana, headers: { 'x-user-id': ana.userId.toUpperCase() } })
    expect(own.status).toBe(200)
  })

  it('a store that does not answer makes health degraded', async () => {
    const broken = await startServer()
    const { state } = broken.store
    state.get = () => Promise.reject(new Error('disk'))
    try {
      expect((await call(broken, '/health')).body).toMatchObject({ status: 'degraded' })
      expect(broken.logged.map(({ event }) => event)).toContain('rest:store-silent')
    } finally {
      await broken.close()
    }
  })
})

describe('what is asked', () => {
  it('unknown routes are 404 and wrong methods 405, both JSON', async () => {
    const unknown = await call(server, '/nothing', { as: ana })
    expect([unknown.status, errorOf(unknown).code]).toEqual([404, 'NOT_FOUND'])
    const wrong = await call(server, '/sync', { as: ana, method: 'DELETE' })
    expect([wrong.status, errorOf(wrong).code]).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect((await call(server, '/health', { method: 'POST' })).status).toBe(405)
  })

  it('a path that cannot be decoded is 400', async () => {
    const reply = await call(server, '/weddings/%E0%A4%A/records', { as: ana })
    expect([reply.status, errorOf(reply).code]).toEqual([400, 'BAD_REQUEST'])
  })

  it.each(['{"changes": [', 'nonsense', '{"a":1}}', "{'a':1}"])(
    'malformed JSON %s is 400 INVALID_JSON',
    async (body) => {
      const reply = await call(server, '/sync', { method: 'POST', as: ana, body })
      expect(reply.status).toBe(400)
      expect(errorOf(reply)).toMatchObject({ error: 'INVALID_JSON', code: 'INVALID_JSON', details: expect.any(String) })
      expect(reply.text).not.toContain('nonsense')
    },
  )

  it('an empty body counts as an empty object, which lacks its fields', async () => {
    const reply = await call(server, '/sync', { method: 'POST', as: ana })
    expect(reply.status).toBe(400)
    const { errors, timestamp } = errorOf(reply)
    expect(errors).toEqual([
      expect.stringMatching(/^changes: /),
      expect.stringMatching(/^lastSyncTime: /),
      expect.stringMatching(/^batchId: /),
    ])
    expect(Date.parse(timestamp ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  it.each(['[]', '"text"', 'null', '7'])('a body %s is a fault of the root', async (body) => {
    const reply = await call(server, '/sync', { method: 'POST', as: ana, body })
    expect([reply.status, errorOf(reply).errors?.[0]]).toEqual([400, expect.stringMatching(/^(root|changes): /)])
  })

  const change = { action: 'update', table: 'guests', id: randomUUID(), data: {}, timestamp: '2026-01-01T00:00:00Z' }
  it.each([
    ['changes.0.action', { ...change, action: 'upsert' }],
    ['changes.0.table', { ...change, table: 'x'.repeat(51) }],
    ['changes.0.id', { ...change, id: '17' }],
    ['changes.0.data', { ...change, data: [] }],
    ['changes.0.data', { ...change, data: undefined }],
    ['changes.0.timestamp', { ...change, timestamp: '2026-01-01T00:00:00+02:00' }],
    ['changes.0.priority', { ...change, priority: 11 }],
    ['changes.0.retryCount', { ...change, retryCount: -1 }],
  ])('names the path %s of a fault', async (path, faulty) => {
    const body = { ...batchBody({ changes: [] }), changes: [faulty] }
    const reply = await call(server, '/sync', { method: 'POST', as: ana, body })
    expect(reply.status).toBe(400)
    expect(errorOf(reply)).toMatchObject({
      error: 'VALIDATION_ERROR',
      code: 'VALIDATION_ERROR',
      errors: [expect.stringContaining(`${path}: `)],
    })
  })

  it.each([
    [{ options: { conflictResolution: 'mine' } }, 'options.conflictResolution'],
    [{ options: { maxRetries: 11 } }, 'options.maxRetries'],
    [{ options: { timeoutMs: 10 } }, 'options.timeoutMs'],
    [{ deviceInfo: { deviceId: 'x' } }, 'deviceInfo.appVersion'],
    [{ lastSyncTime: 'yesterday' }, 'lastSyncTime'],
    [{ batchId: 'b' }, 'batchId'],
    [{ cursor: 'bm90IGEgY3Vyc29y' }, 'cursor'],
  ])('refuses %j', async (part, path) => {
    const body = { ...batchBody({ changes: [] }), ...part }
    const reply = await call(server, '/sync', { method: 'POST', as: ana, body })
    expect([reply.status, errorOf(reply).errors?.[0]]).toEqual([400, expect.stringContaining(`${path}: `)])
  })

  it('takes 100 changes and refuses 101', async () => {
    const changes = Array.from({ length: 101 }, () => ({ ...change, id: randomUUID() }))
    const body = { ...batchBody({ changes: [] }), changes }
    const reply = await call(server, '/sync', { method: 'POST', as: ana, body })
    expect([reply.status, errorOf(reply).errors?.[0]]).toEqual([400, expect.stringMatching(/^changes: /)])
    const fits = await call(server, '/sync', { method: 'POST', as: ana, body: { ...body, changes: changes.slice(1) } })
    expect(fits.status).toBe(200)
  })

  it('a body of 10 MB is 413, and the server goes on', async () => {
    const body = { ...batchBody({ changes: [] }), padding: 'x'.repeat(10 * 1024 * 1024) }
    const reply = await call(server, '/sync', { method: 'POST', as: ana, body })
    expect([reply.status, errorOf(reply).code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    expect((await call(server, '/health')).status).toBe(200)
  })

  it('nesting deeper than 16 levels is 413, however deep', async () => {
    for (const levels of [17, 20_000]) {
      const data = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
      const body = JSON.stringify(batchBody({ changes: [{ action: 'update', table: 'guests', id: randomUUID() }] }))
      const reply = await call(server, '/sync', {
        method: 'POST',
        as: ana,
        body: body.replace('"data":{}', `"data":${data}`),
      })
      expect([reply.status, errorOf(reply).code]).toEqual([413, 'NESTING_TOO_DEEP'])
    }
  })

  it('unknown keys at the top level are dropped silently', async () => {
    const body = { ...batchBody({ changes: [] }), somethingNew: { a: 1 } }
    expect((await call(server, '/sync', { method: 'POST', as: ana, body })).status).toBe(200)
  })

  it('sets no CORS headers and names the request', async () => {
    const reply = await call(server, '/weddings', { as: ana, headers: { origin: 'https://evil.example' } })
    expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('what nobody expected', () => {
  it('is logged, and answered 500 without a word about the inside', async () => {
    const broken = await startServer()
    const wedding = await createWedding(broken)
    const { changes } = broken.store
    changes.inScope = () => Promise.reject(new Error('SELECT secret FROM guests failed in /srv/app/server/x.ts'))
    try {
      const reply = await call(broken, `/weddings/${wedding}/records`, { as: ana })
      expect(reply.status).toBe(500)
      expect(errorOf(reply)).toMatchObject({
        error: 'INTERNAL_ERROR',
        code: 'INTERNAL_ERROR',
        details: expect.any(String),
      })
      expect(broken.logged).toContainEqual({
        event: 'rest:failed',
        fields: expect.objectContaining({ requestId: errorOf(reply).requestId, fault: 'Error' }),
      })
    } finally {
      await broken.close()
    }
  })

  it('of POST /sync repeats the session', async () => {
    const broken = await startServer({ weddingsOf: () => Promise.reject(new Error('no')) })
    try {
      const reply = await call(broken, '/sync', { method: 'POST', as: ana, body: batchBody({ changes: [] }) })
      expect(reply.status).toBe(500)
      expect(errorOf(reply)).toMatchObject({ code: 'INTERNAL_ERROR', sessionId: expect.any(String) })
    } finally {
      await broken.close()
    }
  })
})
