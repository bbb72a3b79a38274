/** `GET /weddings`, records, history, status and the hub. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { installStatus } from '../../../model/database/status.ts'
import { exportReply } from '../../../model/rest/export.ts'
import { historyReply } from '../../../model/rest/history.ts'
import { hubReply, joinReply } from '../../../model/rest/hub.ts'
import { recordsReply } from '../../../model/rest/records.ts'
import { weddingsReply } from '../../../model/rest/weddings.ts'
import { err } from '../../../model/result.ts'
import { auditEntry } from '../../../server/audit/entry.ts'
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
  member,
  photographer,
  push,
  startServer,
  stranger,
  type TestServer,
  update,
  vendor,
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

const weddings = async (as: Member = ana) => (await get(server, weddingsReply, '/weddings', as)).weddings

describe('GET /weddings', () => {
  it('tells name, date, count, digest and completeness of the weddings of the grant', async () => {
    const other = await createWedding(server, { name: 'Other' })
    await createWedding(server, { name: 'Theirs' }, stranger)
    const gone = await create(server, wedding, 'tasks', { title: 'x' })
    await push(server, { changes: [{ action: 'delete', table: 'tasks', id: gone }] })
    expect((await weddings()).map(({ id }) => id)).toEqual([wedding, other].sort())
    const limited = member('Lim', { role: 'planner', weddings: [wedding] })
    server.admit(limited)
    expect(await weddings(limited)).toEqual([
      {
        id: wedding,
        name: 'Ana & Luis',
        date: '2026-09-12',
        records: 1,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        complete: true,
        behindBy: 0,
        quarantined: 0,
        peers: [],
      },
    ])
  })

  it('digests are equal for equal roles, change with every edit, and cover only what the role may read', async () => {
    const guest = await create(server, wedding, 'guests', { name: 'Dana' })
    const digest = async (as: Member) => (await weddings(as))[0]?.digest
    const before = { ana: await digest(ana), ben: await digest(ben), phil: await digest(photographer) }
    expect(before.ana).toBe(before.ben)
    await update(server, 'guests', guest, { email: 'd@example.org' })
    expect(await digest(ana)).not.toBe(before.ana)
    expect(await digest(ana)).toBe(await digest(ben))
    expect(await digest(photographer)).toBe(before.phil)
    expect((await weddings(vendor))[0]?.records).toBe(1)
  })

  it('leaves out a wedding that was deleted', async () => {
    await push(server, { changes: [{ action: 'delete', table: 'weddings', id: wedding }] })
    expect(await weddings()).toEqual([])
  })
})

describe('GET /weddings/:id/records', () => {
  const records = (query = '', as: Member = ana) =>
    get(server, recordsReply, `/weddings/${wedding}/records${query}`, as)

  it('pages in order of id and misses nothing', async () => {
    const ids = [wedding]
    for (let n = 0; n < 12; n++)
      ids.push(await create(server, wedding, n % 2 ? 'guests' : 'tasks', { name: 'x', title: 'x' }))
    const hidden = ids[3] ?? ''
    await push(server, {
      changes: [
        { action: 'delete', table: 'guests', id: hidden },
        { action: 'delete', table: 'tasks', id: hidden },
      ],
    })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await records(`?limit=5${cursor === null ? '' : `&cursor=${cursor}`}`)
      expect(page.records.length).toBeLessThanOrEqual(5)
      seen.push(...page.records.map(({ id }) => id))
      expect(page.cursor).toBe(seen.at(-1))
      cursor = page.hasMore ? page.cursor : null
    } while (cursor !== null)
    const live = (await records('?limit=500')).records.map(({ id }) => id)
    expect(seen).toEqual(live)
    expect(seen).toEqual([...seen].sort())
    expect((await records('?limit=500&deleted=true')).records.length).toBeGreaterThanOrEqual(live.length)
  })

  it('gives one table, deleted records only when asked, and nothing for an unknown table', async () => {
    const id = await create(server, wedding, 'guests', { name: 'Dana' })
    await create(server, wedding, 'tasks', { title: 'x' })
    await push(server, { changes: [{ action: 'delete', table: 'guests', id }] })
    expect((await records('?table=guests')).records).toEqual([])
    expect((await records('?table=guests&deleted=true')).records).toMatchObject([{ id, deleted: true }])
    expect((await records('?table=tasks')).records).toHaveLength(1)
    expect(await records('?table=spaceships')).toEqual({ records: [], cursor: null, hasMore: false })
  })

  it('shows to each role its classes', async () => {
    const data = { name: 'Dana', email: 'd@example.org', dietary: 'vegan' }
    const id = await create(server, wedding, 'guests', data)
    const seenBy = async (as: Member) => (await records('?table=guests', as)).records.find((row) => row.id === id)?.data
    expect(await seenBy(ana)).toEqual({ ...data, wedding_id: wedding })
    expect(await seenBy(couple)).toEqual({ ...data, wedding_id: wedding })
    expect(await seenBy(photographer)).toEqual({ name: 'Dana', dietary: 'vegan', wedding_id: wedding })
    expect(await seenBy(viewer)).toEqual({ name: 'Dana', wedding_id: wedding })
    expect(await seenBy(vendor)).toBeUndefined()
  })

  it.each(['?limit=0', '?limit=501', '?limit=-1', '?cursor=x', '?deleted=perhaps'])('%s is 400', async (query) => {
    const reply = await call(server, `/weddings/${wedding}/records${query}`, { as: ana })
    expect([reply.status, errorOf(reply).code]).toEqual([400, 'VALIDATION_ERROR'])
  })

  it('404 for a wedding that is unknown, of another team, outside the grant, or no id at all', async () => {
    const theirs = await createWedding(server, {}, stranger)
    const limited = member('Lim', { role: 'planner', weddings: [randomUUID()] })
    server.admit(limited)
    const asked = [
      [randomUUID(), ana],
      [theirs, ana],
      [wedding, limited],
      ['17', ana],
      [ana.team, ana],
    ] as const
    for (const [id, as] of asked) {
      const reply = await call(server, `/weddings/${id}/records`, { as })
      expect([reply.status, errorOf(reply).code]).toEqual([404, 'NOT_FOUND'])
    }
  })
})

describe('GET /records/:id/history', () => {
  it('tells who changed what from what to what, oldest first', async () => {
    const id = await create(server, wedding, 'tasks', { title: 'A', tags: ['x'], notes: 'one' })
    await update(server, 'tasks', id, { title: 'B', tags: ['y'] }, { batch: { as: ben } })
    await update(server, 'tasks', id, { notes: 'one two' })
    await push(server, { changes: [{ action: 'delete', table: 'tasks', id }] })
    const { entries } = await get(server, historyReply, `/records/${id}/history`)
    const short = entries.map(({ field, from, to, by }) => [field, from, to, by === ben.userId ? 'Ben' : 'Ana'])
    expect(short.slice(0, 3)).toEqual(
      expect.arrayContaining([
        ['title', null, 'A', 'Ana'],
        ['tags', null, 'x', 'Ana'],
        ['notes', null, 'one', 'Ana'],
      ]),
    )
    expect(short.slice(3)).toEqual([
      ['tags', 'x', null, 'Ben'],
      ['tags', null, 'y', 'Ben'],
      ['title', 'A', 'B', 'Ben'],
      ['notes', 'one', 'one two', 'Ana'],
      ['$deleted', false, true, 'Ana'],
    ])
    expect(entries[0]?.dot).toMatch(/^[\w-]{11}:1$/)
  })

  it('hides the classes that the role may not read, values of the past included', async () => {
    const id = await create(server, wedding, 'guests', { name: 'Dana', email: 'old@example.org' })
    await update(server, 'guests', id, { email: 'new@example.org' })
    const reply = await call(server, `/records/${id}/history`, { as: viewer })
    expect(reply.text).not.toContain('example.org')
    expect(historyReply.parse(reply.body).entries.map(({ field }) => field)).toEqual(['name'])
  })

  it('404 for what is unknown, foreign or unreadable', async () => {
    const note = await create(server, wedding, 'client_notes', { content: 'x', visibility: 'private' })
    const asked = [
      [randomUUID(), ana],
      [wedding, stranger],
      [note, couple],
      ['x', ana],
    ] as const
    for (const [id, as] of asked) expect((await call(server, `/records/${id}/history`, { as })).status).toBe(404)
  })
})

describe('GET /status', () => {
  it('is what the server says of itself', async () => {
    expect((await get(server, installStatus, '/status')).quarantined).toBe(2)
  })
})

describe('the hub', () => {
  const post = (path: string, as: Member, body: unknown = {}) => call(server, path, { method: 'POST', as, body })

  it('is started by who may serve, and by nobody else', async () => {
    expect(hubReply.parse((await post('/hub', ana)).body).url).toMatch(/^https:/)
    expect((await post('/hub', ben)).status).toBe(200)
    for (const as of [couple, photographer, vendor, viewer]) expect((await post('/hub', as)).status).toBe(403)
  })

  it('a server that cannot become one says so', async () => {
    const without = await startServer({}, ['startHub', 'createJoin'])
    const busy = await startServer({
      startHub: async () => err({ kind: 'cannot-listen' }),
      createJoin: async () => undefined,
    })
    try {
      const hub = await call(without, '/hub', { method: 'POST', as: ana })
      expect([hub.status, errorOf(hub).code]).toEqual([404, 'HUB_NOT_AVAILABLE'])
      for (const each of [without, busy]) {
        const join = await call(each, '/hub/joins', { method: 'POST', as: ana })
        expect([join.status, errorOf(join).code]).toEqual([404, 'JOINS_NOT_AVAILABLE'])
      }
      const failed = await call(busy, '/hub', { method: 'POST', as: ana })
      expect([failed.status, errorOf(failed).code]).toEqual([409, 'HUB_NOT_STARTED'])
    } finally {
      for (const each of [without, busy]) await each.close()
    }
  })

  it('makes links: planner for all weddings and a day, unless told otherwise', async () => {
    const usual = joinReply.parse((await post('/hub/joins', ana)).body)
    expect(usual.join).toContain('{"role":"planner","weddings":"all","expiresInSeconds":86400}')
    const asked = { role: 'Bride', weddings: [wedding.toUpperCase()], expiresInSeconds: 60 }
    const special = joinReply.parse((await post('/hub/joins', ana, asked)).body)
    expect(special.join).toContain(`{"role":"couple","weddings":["${wedding}"],"expiresInSeconds":60}`)
  })

  it.each([
    [{ role: 'king' }, 'role'],
    [{ expiresInSeconds: 59 }, 'expiresInSeconds'],
    [{ expiresInSeconds: 30 * 86_400 + 1 }, 'expiresInSeconds'],
    [{ weddings: [] }, 'weddings'],
    [{ via: 'pigeon' }, 'via'],
  ])('refuses %j', async (body, path) => {
    const reply = await post('/hub/joins', ana, body)
    expect([reply.status, errorOf(reply).errors?.[0]]).toEqual([400, expect.stringContaining(`${path}: `)])
  })

  it('says so when there is no cloud to join through', async () => {
    const reply = await post('/hub/joins', ana, { via: 'cloud' })
    expect([reply.status, errorOf(reply).code]).toEqual([404, 'JOINS_NOT_AVAILABLE'])
  })

  it('nobody gives away more than they have', async () => {
    for (const as of [couple, photographer, vendor, viewer]) expect((await post('/hub/joins', as)).status).toBe(403)
    expect((await post('/hub/joins', ben, { role: 'owner' })).status).toBe(403)
    const limited = member('Lim', { role: 'owner', weddings: [wedding] })
    server.admit(limited)
    expect((await post('/hub/joins', limited, { weddings: 'all' })).status).toBe(403)
    expect((await post('/hub/joins', limited, { weddings: [randomUUID()] })).status).toBe(403)
    expect((await post('/hub/joins', limited)).text).toContain(wedding)
  })
})

describe('GET /weddings/:id/export', () => {
  const files = async (query: string, as: Member = ana) =>
    get(server, exportReply, `/weddings/${wedding}/export?${query}`, as)

  it('gives out what the caller may read, and no more', async () => {
    await create(server, wedding, 'guests', { name: 'Ida', phone: '+351 912', dietary: 'no nuts' })
    const gone = await create(server, wedding, 'guests', { name: 'Gone' })
    await push(server, { changes: [{ action: 'delete', table: 'guests', id: gone }] })
    const all = await files('format=json')
    expect(all).toMatchObject({ records: 2, left: [], files: [{ name: 'wedding.json' }] })
    expect(all.files[0]?.text).toContain('+351 912')
    expect(all.files[0]?.text).not.toContain('Gone')
    expect((await files('format=json', viewer)).files[0]?.text).not.toContain('+351 912')
    const csv = await files('format=csv&table=guests')
    expect(csv.files.map(({ name }) => name)).toEqual(['guests.csv'])
    expect((await files('format=vcf')).records).toBe(1)
  })

  it('is refused to strangers, for unknown weddings and unknown formats', async () => {
    const status = async (path: string, as: Member = ana) => (await call(server, path, { as })).status
    expect(await status(`/weddings/${wedding}/export?format=json`, stranger)).toBe(404)
    expect(await status(`/weddings/${randomUUID()}/export?format=json`)).toBe(404)
    expect(await status(`/weddings/${wedding}/export?format=pdf`)).toBe(400)
    expect(await status(`/weddings/${wedding}/export`)).toBe(400)
  })

  it('is put on record before it is done and after, without a value', async () => {
    await files('format=ics', ben)
    const entries = []
    for (const chain of await server.context.books.audit.chains()) {
      for await (const link of server.context.books.audit.links(chain))
        entries.push(auditEntry.parse(JSON.parse(link.entry)))
    }
    const ours = entries.filter(({ event, details }) => event === 'export' && details.weddingId === wedding)
    expect(ours).toMatchObject([
      { phase: 'begun', user: { id: ben.userId }, classification: 'restricted', details: { format: 'ics' } },
      { phase: 'done', details: { records: 0, left: 0 } },
    ])
  })

  it('is not made of values that are sealed here', async () => {
    await create(server, wedding, 'guests', { name: 'Ida' })
    const sealed = { $sealed: { keyId: '0', data: 'AAAA' } }
    const [guest] = await server.store.changes.inScope(wedding, { table: 'guests' })
    if (!guest) throw new Error('no guest')
    const units = new Map(guest.units)
    const open = guest.units.get('open')
    if (!open) throw new Error('no unit')
    const [name] = open.registers.get('name') ?? []
    if (!name) throw new Error('no name')
    const later = { ...name.edit, counter: name.edit.counter + 1 }
    units.set('open', {
      vector: new Map([...open.vector, [later.actor, later.counter]]),
      registers: new Map([...open.registers, ['name', [{ edit: later, value: sealed }]]]),
    })
    await server.store.changes.update([guest.id], () => [{ record: { ...guest, units } }])
    const reply = await call(server, `/weddings/${wedding}/export?format=csv`, { as: ana })
    expect([reply.status, errorOf(reply).code]).toEqual([409, 'SEALED'])
  })
})
