import { describe, expect, expectTypeOf, it } from 'vitest'
import { allRecords, batchOf, pushChanges } from '../../../model/client/calls.ts'
import { type Client, createClient, type Fetch } from '../../../model/client/client.ts'
import type { RecordRow } from '../../../model/rest/records.ts'
import { ROUTES } from '../../../model/rest/routes.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const WEDDING = '7f0d5c3e-2a51-4f3d-9a57-1f6a0e4d8b11'
const REQUEST = '0b9d4a3e-5c52-4f3d-8a57-1f6a0e4d8b12'

interface Sent {
  readonly url: string
  readonly init: Parameters<Fetch>[1]
}

/** A client of which the answers are given, one after the other. */
function clientOf(answers: readonly { readonly status?: number; readonly body: unknown }[]): {
  readonly api: Client<typeof ROUTES>
  readonly sent: Sent[]
} {
  const sent: Sent[] = []
  const left = [...answers]
  const api = createClient(ROUTES, {
    server: 'http://127.0.0.1:4700',
    token: 'secret',
    async fetch(url, init) {
      sent.push({ url, init })
      const { status = 200, body } = left.shift() ?? { body: undefined }
      return { status, text: async () => (typeof body === 'string' ? body : JSON.stringify(body)) }
    },
  })
  return { api, sent }
}

const row = (id: string): RecordRow => ({
  table: 'guests',
  id,
  data: {},
  version: 1,
  updatedAt: '2027-06-12T10:00:00Z',
  updatedBy: null,
})

describe('a call', () => {
  it('goes to the path of its route, with its token, parameters and query encoded', async () => {
    const { api, sent } = clientOf([{ body: { records: [], cursor: null, hasMore: false } }])
    await api.records({ params: { id: 'a/b?c' }, query: { table: 'guests & co', cursor: undefined } })
    expect(sent).toEqual([
      {
        url: 'http://127.0.0.1:4700/api/offline/weddings/a%2Fb%3Fc/records?table=guests%20%26%20co',
        init: { method: 'GET', headers: { Authorization: 'Bearer secret' } },
      },
    ])
  })

  it('sends a body as JSON, and an empty object where everything may be left out', async () => {
    const { api, sent } = clientOf([
      { status: 500, body: '' },
      { status: 500, body: '' },
    ])
    await api.createJoin({ body: { role: 'vendor' } })
    await api.createJoin()
    expect(sent.map(({ init }) => [init.method, init.headers['Content-Type'], init.body])).toEqual([
      ['POST', 'application/json', '{"role":"vendor"}'],
      ['POST', 'application/json', '{}'],
    ])
  })

  it('has the types of its route', () => {
    const { api } = clientOf([])
    expectTypeOf(api.weddings).parameter(0).toEqualTypeOf<undefined | Readonly<Record<never, never>>>()
    expectTypeOf(api.records).parameter(0).toExtend<{ readonly params: { id: string } }>()
    expectTypeOf<
      Extract<Awaited<ReturnType<typeof api.records>>, { ok: true }>['value']['records'][number]
    >().toEqualTypeOf<RecordRow>()
  })
})

describe('an answer', () => {
  it('is given back as its schema says', async () => {
    const health = { status: 'ok', role: 'hub', version: '0.1.0', uptimeSeconds: 3 }
    const { api } = clientOf([{ body: health }])
    expect(mustBeOk(await api.health())).toEqual(health)
  })

  it('without a body is the success of a route that says nothing', async () => {
    const { api } = clientOf([{ status: 204, body: '' }])
    expect(await api.revokeDevice({ params: { deviceId: 'x' } })).toEqual({ ok: true, value: undefined })
  })

  it('that is no success is an error with status, code and words', async () => {
    const body = { error: 'FORBIDDEN', code: 'FORBIDDEN', requestId: REQUEST, message: 'Only an owner may' }
    const { api } = clientOf([{ status: 403, body }])
    expect(await api.weddings()).toMatchObject({
      ok: false,
      error: { kind: 'refused', status: 403, code: 'FORBIDDEN', message: 'Only an owner may', reply: body },
    })
  })

  it('that tells faults as a list of issues is understood too', async () => {
    const details = [{ code: 'invalid_type', path: ['metrics', 0], message: 'expected string' }]
    const body = { error: 'VALIDATION_ERROR', code: 'VALIDATION_ERROR', requestId: REQUEST, details }
    const { api } = clientOf([{ status: 400, body }])
    const report = await api.reportDevice({ params: { deviceId: 'x' }, body: {} })
    expect(report).toMatchObject({ ok: false, error: { kind: 'refused', reply: { details } } })
  })

  it.each([
    ['is not JSON', 200, '<html>'],
    ['is another one than the schema says', 200, { weddings: 3 }],
    ['is a refusal of something else', 502, '<html>'],
    ['is a refusal without a code', 404, { error: 'no' }],
    ['has a status that the route does not have', 202, { weddings: [] }],
  ])('that %s is not understood', async (_what, status, body) => {
    const { api } = clientOf([{ status, body }])
    expect(await api.weddings()).toMatchObject({ ok: false, error: { kind: 'not-understood', status } })
  })

  it('that does not come is an error, too', async () => {
    const api = createClient(ROUTES, { server: '', fetch: () => Promise.reject(new Error('no line')) })
    expect(await api.weddings()).toEqual({ ok: false, error: { kind: 'unreachable', message: 'no line' } })
  })
})

describe('all records of a table', () => {
  it('are read page after page', async () => {
    const [first, second] = [row(WEDDING), row(REQUEST)]
    const { api, sent } = clientOf([
      { body: { records: [first], cursor: WEDDING, hasMore: true } },
      { body: { records: [second], cursor: REQUEST, hasMore: false } },
    ])
    expect(mustBeOk(await allRecords(api, WEDDING, 'guests'))).toEqual([first, second])
    expect(sent.map(({ url }) => new URL(url).search)).toEqual([
      '?limit=500&table=guests',
      `?limit=500&table=guests&cursor=${WEDDING}`,
    ])
  })
})

describe('changes made now', () => {
  const options = { now: '2027-06-12T10:00:00.000Z', batchId: REQUEST }
  const change = { action: 'create', table: 'guests', id: WEDDING, data: { name: 'Ida' } } as const

  it('make a batch that the route takes', () => {
    expect(ROUTES.push.body.parse(batchOf([change], options))).toMatchObject({
      changes: [{ ...change, timestamp: options.now }],
      options: { conflictResolution: 'client_wins' },
    })
  })

  it('do not take a dry run for done', async () => {
    const dryRun = {
      success: true,
      dryRun: true,
      sessionId: REQUEST,
      validation: { valid: true, conflicts: [], errors: [], warnings: [] },
    }
    const { api } = clientOf([{ body: dryRun }])
    expect(await pushChanges(api, [change], options)).toMatchObject({ ok: false, error: { kind: 'not-understood' } })
  })
})
