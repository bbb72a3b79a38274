/** `POST /sync`: what is written, what is refused, and that a batch is done once. */
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { dryRunReply } from '../../../model/rest/sync.ts'
import {
  ana,
  batchBody,
  ben,
  call,
  create,
  createWedding,
  errorOf,
  member,
  push,
  pushRaw,
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
  wedding = await createWedding(server)
})
afterAll(() => server.close())

describe('writing', () => {
  it('creates, updates and deletes, in one call and in order', async () => {
    const id = randomUUID()
    const reply = await push(server, {
      changes: [
        { action: 'create', table: 'guests', id, data: { name: 'Dana', wedding_id: wedding } },
        { action: 'update', table: 'guests', id, data: { tableNumber: 4 } },
        { action: 'update', table: 'guests', id, data: { tableNumber: 5 } },
      ],
    })
    expect(reply.processed).toEqual(
      (['create', 'update', 'update'] as const).map((action) => ({ changeId: id, serverId: id, action })),
    )
    expect([reply.conflicts, reply.failures]).toEqual([[], []])
    expect(await row(server, wedding, id)).toMatchObject({
      table: 'guests',
      data: { name: 'Dana', tableNumber: 5, wedding_id: wedding },
      updatedBy: ana.userId,
    })
    const gone = await push(server, { changes: [{ action: 'delete', table: 'guests', id }] })
    expect(gone.processed).toEqual([{ changeId: id, serverId: id, action: 'delete' }])
    expect(await row(server, wedding, id)).toMatchObject({ deleted: true, data: { wedding_id: wedding } })
  })

  it('with recordId, id names the change and recordId the record; ids have one spelling', async () => {
    const [id, recordId] = [randomUUID().toUpperCase(), randomUUID()]
    const data = { title: 'Ceremony', weddingId: wedding }
    const change = { action: 'create' as const, table: 'timeline_items', id, recordId: recordId.toUpperCase(), data }
    const { processed } = await push(server, { changes: [change] })
    expect(processed).toEqual([{ changeId: id, serverId: recordId, action: 'create' }])
    expect(await row(server, wedding, recordId)).toMatchObject({ data: { title: 'Ceremony' } })
  })

  it('a wedding and its records may come in one batch', async () => {
    const [id, item] = [randomUUID(), randomUUID()]
    const { failures } = await push(server, {
      changes: [
        { action: 'create', table: 'weddings', id, data: { name: 'B & C', date: '2027-05-01' } },
        { action: 'create', table: 'timeline_items', id: item, data: { title: 'First', wedding_id: id } },
      ],
    })
    expect(failures).toEqual([])
    expect(await row(server, id, item)).toMatchObject({ data: { title: 'First' } })
  })

  it('what the server sets cannot be set, and unknown fields are kept', async () => {
    const id = await create(server, wedding, 'tasks', {
      title: 'Flowers',
      id: randomUUID(),
      version: 99,
      user_id: randomUUID(),
      created_at: 'x',
      updated_at: 'x',
      updated_by: 'x',
      device_id: 'x',
      somethingNew: { a: [1] },
    })
    const { data } = (await row(server, wedding, id)) ?? {}
    expect(data).toEqual({ title: 'Flowers', somethingNew: { a: [1] }, wedding_id: wedding })
  })

  it('keeps NUL, emoji and lone surrogates as they are', async () => {
    const title = 'a\u0000b 💍 \ud800'
    const id = await create(server, wedding, 'tasks', { title })
    expect((await row(server, wedding, id))?.data.title).toBe(title)
  })
})

describe('single items that fail', () => {
  const failing = async (change: Record<string, unknown>, options: Record<string, unknown> = {}) => {
    const fine = randomUUID()
    const id = randomUUID()
    const { failures, processed } = await push(server, {
      changes: [
        { action: 'create', table: 'guests', id, data: { name: 'X', wedding_id: wedding }, ...change },
        { action: 'create', table: 'tasks', id: fine, data: { title: 'fine', wedding_id: wedding } },
      ],
      options,
    })
    if (!options.validateChecksums) expect(processed.map(({ changeId }) => changeId)).toEqual([fine])
    expect(failures[0]?.retryable).toBe(false)
    expect(await stored(server, id)).toBeUndefined()
    return failures[0]?.error
  }

  it('an unknown table, also one that hurts', async () => {
    expect(await failing({ table: 'spaceships' })).toBe('table: Unknown table "spaceships"')
    expect(await failing({ table: 'x"; DROP TABLE records; --' })).toMatch(/^table: Unknown table/)
    expect(await failing({ table: '__proto__' })).toMatch(/^table: Unknown table/)
    expect(await failing({ table: 'actors' })).toMatch(/^table: Unknown table/)
  })

  it('data that is not of the table', async () => {
    const bad = { title: 'x', startTime: '15:20', wedding_id: wedding }
    expect(await failing({ table: 'timeline_items', data: bad })).toBe('startTime: Invalid ISO datetime')
    expect(await failing({ data: { wedding_id: wedding } })).toBe('name: Required')
    expect(await failing({ data: { name: null, wedding_id: wedding } })).toBe('name: Required')
  })

  it('keys that are nobody’s', async () => {
    const poisoned = JSON.parse(`{"name":"X","wedding_id":"${wedding}","__proto__":{"polluted":1}}`)
    expect(await failing({ data: poisoned })).toBe('__proto__: Not a possible field name')
    const nested = JSON.parse(`{"name":"X","wedding_id":"${wedding}","extra":{"deep":[{"__proto__":{"polluted":1}}]}}`)
    expect(await failing({ data: nested })).toBe('extra: Contains a key __proto__')
    expect(await failing({ data: { name: 'X', wedding_id: wedding, $deleted: true } })).toMatch(/^\$deleted: /)
    expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted')
  })

  it('no wedding, a wedding that is none, and one that does not exist', async () => {
    expect(await failing({ data: { name: 'X' } })).toBe('wedding_id: Required')
    expect(await failing({ data: { name: 'X', wedding_id: 'w' } })).toBe('wedding_id: Invalid UUID')
    expect(await failing({ data: { name: 'X', wedding_id: randomUUID() } })).toBe(
      'wedding_id: There is no such wedding',
    )
  })

  it('a record whose wedding fails in the same batch', async () => {
    const [id, item] = [randomUUID(), randomUUID()]
    const { failures } = await push(server, {
      changes: [
        { action: 'create', table: 'weddings', id, data: { name: 'No date' } },
        { action: 'create', table: 'tasks', id: item, data: { title: 'x', wedding_id: id } },
      ],
    })
    expect(failures.map(({ error }) => error)).toEqual(['date: Required', 'wedding_id: There is no such wedding'])
  })

  it('an update or delete of an id that was never seen', async () => {
    expect(await failing({ action: 'update', data: { name: 'X' } })).toBe('id: There is no such record')
    expect(await failing({ action: 'delete', data: {} })).toBe('id: There is no such record')
  })

  it('a record of another table', async () => {
    const id = await create(server, wedding, 'guests', { name: 'Dana' })
    const { failures } = await update(server, 'tasks', id, { title: 'x' })
    expect(failures).toEqual([
      { changeId: id, table: 'tasks', error: 'table: The record is in guests', retryable: false },
    ])
  })

  it('a change of what decides who may read the record', async () => {
    const id = await create(server, wedding, 'client_notes', { content: 'secret', visibility: 'internal' })
    const { failures } = await update(server, 'client_notes', id, { visibility: 'public' })
    expect(failures[0]?.error).toMatch(/^data: This would change who may read/)
  })

  it('a record that would become too large for any replica', async () => {
    const big = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`field${n}`, 'x'.repeat(9_999)]))
    expect(await failing({ data: { name: 'X', wedding_id: wedding, ...big } })).toMatch(/^data: .*too large/)
  })

  it('with validateChecksums, a missing or wrong checksum; a right one passes', async () => {
    const options = { validateChecksums: true }
    expect(await failing({}, options)).toBe('checksum: Required')
    expect(await failing({ checksum: 'a'.repeat(64) }, options)).toBe('checksum: Does not match the data')
    const data = { wedding_id: wedding, name: 'Zoë', extra: { b: 1, a: { d: 2, c: 3 } } }
    const checksum = createHash('sha256').update(canonicalJson(data)).digest('hex')
    const change = { action: 'create' as const, table: 'guests', id: randomUUID(), data, checksum }
    expect((await push(server, { changes: [change], options })).failures).toEqual([])
  })
})

describe('a batch is done once', () => {
  it('the second time, the stored reply comes back', async () => {
    const id = randomUUID()
    const body = batchBody({
      changes: [{ action: 'create', table: 'guests', id, data: { name: 'Dana', wedding_id: wedding } }],
    })
    const first = await call(server, '/sync', { method: 'POST', as: ana, body })
    const version = (await row(server, wedding, id))?.version
    const second = await call(server, '/sync', { method: 'POST', as: ana, body })
    expect(second.body).toEqual({ ...(first.body as object), replayed: true })
    expect((await row(server, wedding, id))?.version).toBe(version)
  })

  it('two at once are one', async () => {
    const id = randomUUID()
    const body = batchBody({
      changes: [{ action: 'create', table: 'guests', id, data: { name: 'Dana', wedding_id: wedding } }],
    })
    const replies = await Promise.all([1, 2, 3].map(() => call(server, '/sync', { method: 'POST', as: ana, body })))
    const replayed = replies.map(({ body: reply }) => (reply as { replayed?: boolean }).replayed ?? false)
    expect(replayed.sort()).toEqual([false, true, true])
    const record = await stored(server, id)
    expect(record && viewRecord(record).version).toBe(1)
  })

  it('another user with the same batchId is another batch', async () => {
    const batchId = randomUUID()
    const change = () => ({
      action: 'create' as const,
      table: 'tasks',
      id: randomUUID(),
      data: { title: 'x', wedding_id: wedding },
    })
    await push(server, { changes: [change()], batchId })
    const other = await push(server, { changes: [change()], batchId, as: ben })
    expect([other.replayed, other.processed.length]).toEqual([undefined, 1])
  })

  it('a batch that was refused may be sent again', async () => {
    const limited = member('Later', { role: 'viewer', weddings: 'all' })
    server.admit(limited)
    const change = {
      action: 'create' as const,
      table: 'tasks',
      id: randomUUID(),
      data: { title: 'x', wedding_id: wedding },
    }
    const batch = { changes: [change], batchId: randomUUID(), as: limited }
    expect((await pushRaw(server, batch)).status).toBe(403)
    server.admit({ ...limited, grant: { role: 'planner', weddings: 'all' } })
    expect((await push(server, batch)).processed).toHaveLength(1)
  })
})

describe('a dry run', () => {
  it('reports and writes nothing at all', async () => {
    const guest = await create(server, wedding, 'guests', { name: 'Dana', rsvpStatus: 'pending' })
    const before = await everything()
    const reply = await pushRaw(server, {
      changes: [
        { action: 'create', table: 'guests', id: randomUUID(), data: { name: 'New', wedding_id: wedding } },
        { action: 'update', table: 'guests', id: guest, data: { rsvpStatus: 'declined' }, clientVersion: '0' },
        { action: 'update', table: 'guests', id: guest, data: { rsvpStatus: 'perhaps' } },
      ],
      options: { dryRun: true },
      as: member('Ben', ben.grant),
    })
    const { validation, dryRun } = dryRunReply.parse(reply.body)
    expect(dryRun).toBe(true)
    expect(validation.valid).toBe(false)
    expect(validation.conflicts).toEqual([
      { changeId: guest, table: 'guests', conflict: expect.objectContaining({ conflictFields: ['rsvpStatus'] }) },
    ])
    expect(validation.errors).toEqual([{ changeId: guest, error: expect.stringMatching(/^rsvpStatus: /) }])
    expect(await everything()).toEqual(before)
  })

  it('is valid with a conflict alone', async () => {
    const guest = await create(server, wedding, 'guests', { name: 'Dana' })
    const change = { action: 'update' as const, table: 'guests', id: guest, data: { name: 'Eve' }, clientVersion: '0' }
    const reply = await pushRaw(server, { changes: [change], options: { dryRun: true } })
    expect(dryRunReply.parse(reply.body).validation).toMatchObject({
      valid: true,
      conflicts: [{ changeId: guest }],
      errors: [],
    })
  })

  it('is refused where the batch would be', async () => {
    const guest = await create(server, wedding, 'guests', { name: 'Dana' })
    const change = { action: 'delete' as const, table: 'guests', id: guest }
    expect((await pushRaw(server, { changes: [change], options: { dryRun: true }, as: viewer })).status).toBe(403)
  })

  async function everything(): Promise<unknown> {
    const { changes, state } = server.store
    const heads: Record<string, number> = {}
    for (const scope of await changes.scopes()) heads[scope] = await changes.head(scope)
    return { heads, state: Object.fromEntries(await state.list('')) }
  }
})

it('a cursor that is none refuses the call before anything of it is written', async () => {
  const id = crypto.randomUUID()
  const change = { action: 'create', table: 'guests', id, data: { name: 'Ida', wedding_id: wedding } } as const
  const reply = await pushRaw(server, { changes: [change], cursor: 'none' })
  expect([reply.status, errorOf(reply).errors]).toEqual([400, ['cursor: Not a cursor of this server']])
  expect(await stored(server, id)).toBeUndefined()
})

describe('an edit of sealed values', () => {
  it('[SEA12] is refused where values are open', async () => {
    const wedding = await createWedding(server)
    const id = await create(server, wedding, 'guests', { name: 'Ida' })
    const actor = 'AAAAAAAAAAA'
    const edit = {
      base: 'open',
      actor,
      stamp: '0mj8k2p1x000',
      units: { open: { counter: 1, tag: 'AAAAAAAAAAA', seen: {} } },
    }
    const data = { seat: { $sealed: { keyId: '0', data: 'AAAA' }, dot: `${actor}:1` } }
    const change = { action: 'update', table: 'guests', id, data, timestamp: new Date().toISOString(), edit } as const
    const before = await stored(server, id)
    const { failures } = await push(server, { changes: [change] })
    expect(failures[0]?.error).toMatch(/edit: Values are open here/)
    expect(await stored(server, id)).toEqual(before)
  })
})
