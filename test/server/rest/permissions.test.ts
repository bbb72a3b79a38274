/** `POST /sync`: who may not, and that then nothing of the batch is done. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ana,
  ben,
  couple,
  create,
  createWedding,
  errorOf,
  member,
  photographer,
  pushRaw,
  row,
  startServer,
  stored,
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
  wedding = await createWedding(server)
})
afterAll(() => server.close())

describe('403 for the whole batch', () => {
  const refused = async (change: Record<string, unknown>, as = ana) => {
    const id = randomUUID()
    const fine = { action: 'create' as const, table: 'tasks', id, data: { title: 'fine', wedding_id: wedding } }
    const mine = { action: 'update' as const, table: 'guests', id: randomUUID(), data: { name: 'X' }, ...change }
    const reply = await pushRaw(server, { changes: [fine, mine], as })
    expect([reply.status, errorOf(reply).code]).toEqual([403, 'FORBIDDEN'])
    expect(await stored(server, id)).toBeUndefined()
  }

  it('a record of another team, whatever is done to it', async () => {
    const theirs = await createWedding(server, {}, stranger)
    const guest = await create(server, theirs, 'guests', { name: 'Theirs' }, stranger)
    await refused({ id: guest })
    await refused({ id: guest, action: 'delete' })
    await refused({ id: guest, action: 'create', data: { name: 'X', wedding_id: wedding } })
    await refused({ id: theirs, table: 'weddings', data: { name: 'Mine now' } })
    await refused({ id: guest, table: 'spaceships' })
  })

  it('a record outside the weddings of the grant, and a new one there', async () => {
    const other = await createWedding(server)
    const guest = await create(server, other, 'guests', { name: 'Other' })
    const limited = member('Lim', { role: 'planner', weddings: [wedding] })
    server.admit(limited)
    await refused({ id: guest }, limited)
    await refused({ action: 'create', data: { name: 'X', wedding_id: other } }, limited)
    await refused({ action: 'create', data: { name: 'X', wedding_id: randomUUID() } }, limited)
    await refused({ action: 'create', table: 'weddings', data: { name: 'X', date: '2027-01-01' } }, limited)
  })

  it('a record of one wedding under the name of another', async () => {
    const other = await createWedding(server)
    const guest = await create(server, other, 'guests', { name: 'Other' })
    await refused({ id: guest, data: { name: 'X', wedding_id: wedding } })
    await refused({ id: guest, action: 'create', data: { name: 'X', wedding_id: wedding } })
  })

  it('the id of a wedding that another team has taken', async () => {
    const id = randomUUID()
    await server.store.claimScopes(stranger.team, [id])
    await refused({ id, action: 'create', table: 'weddings', data: { name: 'X', date: '2027-01-01' } })
  })

  it('fields and tables that the role may not write', async () => {
    const item = await create(server, wedding, 'timeline_items', { title: 'Ceremony' })
    const florist = await create(server, wedding, 'vendors', { name: 'Flor', estimated: 100 })
    const guest = await create(server, wedding, 'guests', { name: 'Dana' })
    const note = await create(server, wedding, 'client_notes', { content: 'x', visibility: 'internal' })
    await refused({ id: guest }, viewer)
    await refused({ id: guest, action: 'delete' }, viewer)
    await refused({ id: guest }, vendor)
    await refused({ id: guest }, photographer)
    await refused({ id: item, table: 'timeline_items', data: { title: 'X' } }, photographer)
    await refused({ id: item, table: 'timeline_items', action: 'delete', data: {} }, photographer)
    await refused({ id: florist, table: 'vendors', data: { estimated: 1 } }, ben)
    await refused({ id: florist, table: 'vendors', data: { contractStatus: 'x' } }, couple)
    await refused({ id: note, table: 'client_notes', data: { content: 'y' } }, couple)
    await refused({ id: guest, data: { email: 'blind@example.org' } }, viewer)
  })

  it('and not what the role may write', async () => {
    const item = await create(server, wedding, 'timeline_items', { title: 'Ceremony' })
    const own = await update(
      server,
      'timeline_items',
      item,
      { status: 'completed', done: true },
      { batch: { as: photographer } },
    )
    expect(own.processed).toHaveLength(1)
    await create(server, wedding, 'photo_groups', { name: 'Grandparents' }, photographer)
    const withoutMoney = await create(server, wedding, 'vendors', { name: 'Band' }, ben)
    expect((await row(server, wedding, withoutMoney))?.updatedBy).toBe(ben.userId)
  })
})
