/** Who caters reads the guests with their diets over REST, as a sync with the server gives them; at the cloud nobody does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { encodeRecord } from '../../../../model/merge/codec.ts'
import { createRecord } from '../../../../model/merge/edit.ts'
import { setAside } from '../../../../model/sync/quarantine.ts'
import { LIVE_PATH } from '../../../../server/live/live.ts'
import { follow, type Line } from '../../live/line.ts'
import { bad, COMPOSITIONS, good, type Member, type Server } from './compositions.ts'
import { clash, newRecord, newWedding, push, refused, shown } from './situation.ts'

interface Stage {
  readonly server: Server
  readonly wedding: string
  readonly guest: string
  readonly kitchen: Member
  /** Another firm, and its row. */
  readonly florist: Member
  readonly flowers: string
}

const GUEST = {
  name: 'Ada',
  tableNumber: 4,
  rsvpStatus: 'attending',
  dietary: 'vegan',
  phone: '555-0100',
  notes: 'shy',
}
/** What a caterer sees of it. */
const { phone: _phone, notes: _notes, ...WITH_DIET } = GUEST

async function setStage(server: Server): Promise<Stage> {
  const wedding = await newWedding(server)
  const row = await newRecord(server, wedding, 'vendors', { name: 'The Kitchen', type: 'Catering' })
  const flowers = await newRecord(server, wedding, 'vendors', { name: 'Fern', type: 'florist' })
  const guest = await newRecord(server, wedding, 'guests', GUEST)
  await newRecord(server, wedding, 'tasks', { title: 'Rings' })
  await newRecord(server, wedding, 'budget_items', { name: 'Food', amount: 9_000, vendorId: row })
  return { server, wedding, guest, kitchen: server.vendor(row), florist: server.vendor(flowers), flowers }
}

describe.each(['the local server', 'the hub'] as const)('%s', (name) => {
  let stage: Stage
  const lines: Line[] = []
  beforeAll(async () => {
    stage = await setStage(await COMPOSITIONS[name]())
  })
  afterAll(async () => {
    for (const { socket } of lines) socket.terminate()
    await stage?.server.close()
  })

  it('[ROL6][INV6] shows a caterer the guests with their diets, and a florist none', async () => {
    const { wedding, guest, kitchen, florist } = stage
    for (const rows of await shown(stage, kitchen)) {
      expect(rows.get(guest)).toEqual({ ...WITH_DIET, wedding_id: wedding })
      // The wedding, two vendors and the guest: no task, no budget.
      expect([...rows.keys()]).toHaveLength(4)
    }
    for (const rows of await shown(stage, florist)) expect(rows.has(guest)).toBe(false)
    const csv = async (as: Member) =>
      JSON.stringify(
        await good(stage.server, 'exportWedding', { as, params: { id: wedding }, query: '?format=csv&table=guests' }),
      )
    expect(await csv(kitchen)).toContain('vegan')
    expect(await csv(kitchen)).not.toContain('555-0100')
    expect(await csv(florist)).not.toContain('Ada')
  })

  it('[ROL6][ROL2] counts for the caterer what it sees, and tells its cursor of a new answer', async () => {
    const { server, wedding, guest, kitchen, florist } = stage
    const summary = async (as: Member) =>
      (await good(server, 'weddings', { as })).weddings.find(({ id }) => id === wedding)
    expect([(await summary(kitchen))?.records, (await summary(florist))?.records]).toEqual([4, 3])
    const cursors = [kitchen, florist].map(async (as) => (await good(server, 'pull', { as })).cursor ?? '')
    const [own = '', other = ''] = await Promise.all(cursors)
    await push(server, [{ table: 'guests', id: guest, data: { seat: 2 } }])
    const news = async (as: Member, cursor: string) =>
      (await good(server, 'pull', { as, query: `?cursor=${encodeURIComponent(cursor)}` })).serverChanges.map(
        ({ id }) => id,
      )
    expect(await news(kitchen, own)).toEqual([guest])
    expect(await news(florist, other)).toEqual([])
    await push(server, [{ table: 'guests', id: guest, data: { seat: null } }])
  })

  it('[ROL6] tells a caterer of two answers that are not decided, which it does not decide', async () => {
    const { server, wedding, kitchen, florist } = stage
    const lineOf = async ({ token }: Member): Promise<Line> => {
      const url = `${server.url.replace('http', 'ws')}${LIVE_PATH}`
      const opened = follow(new WebSocket(url, { headers: { authorization: `Bearer ${token}` } }))
      lines.push(opened)
      await opened.next(({ type }) => type === 'status')
      return opened
    }
    const [line, other] = [await lineOf(kitchen), await lineOf(florist)]
    const answers = [{ dietary: 'fish' }, { dietary: 'nothing with fins' }] as const
    const { id, conflictId } = await clash(server, wedding, 'guests', { name: 'Eda' }, ...answers)
    await line.next((event) => event.type === 'conflict' && event.conflictId === conflictId)
    const waiting = async (as: Member) =>
      (await good(server, 'conflicts', { as })).conflicts.map((entry) => entry.conflictId)
    expect([await waiting(kitchen), await waiting(florist)]).toEqual([[conflictId], []])
    expect((await good(server, 'history', { as: kitchen, params: { id } })).entries).not.toEqual([])
    expect(await bad(server, 'history', { as: florist, params: { id } })).toMatchObject({ status: 404 })
    const body = { conflictId, resolution: { strategy: 'use_client' } }
    expect(await bad(server, 'resolve', { as: kitchen, body })).toMatchObject({ status: 403 })
    expect(await bad(server, 'resolve', { as: florist, body })).toMatchObject({ status: 404 })
    const raised = await clash(server, wedding, 'vendors', { name: 'DJ' }, { name: 'DJ A' }, { name: 'DJ B' })
    await other.next((event) => event.type === 'conflict' && event.conflictId === raised.conflictId)
    expect(other.events.filter((event) => event.type === 'conflict' && event.conflictId === conflictId)).toEqual([])
  })

  it('[ROL6] tells a caterer that what somebody typed of a guest was set aside, and no florist', async () => {
    const { server, wedding, kitchen, florist } = stage
    const { state } = server.install?.store ?? expect.fail('an install')
    const author = { actor: 'somebody___', stamp: '0mj8k2p1x000' }
    const what = { id: crypto.randomUUID(), scope: wedding, table: 'guests', data: { name: 'Ida', dietary: 'vegan' } }
    const raw = encodeRecord(createRecord(what, author))
    await setAside(state, wedding, 'peer-epoch1', new Map([[what.id, { reason: 'no', raw }]]))
    const failed = async (as: Member) =>
      (await good(server, 'queue', { as })).items.some(({ recordId }) => recordId === what.id)
    expect([await failed(kitchen), await failed(florist)]).toEqual([true, false])
  })

  it('[ROL6] lets a caterer write nothing of guests', async () => {
    const { server, wedding, guest, kitchen } = stage
    for (const change of [
      { table: 'guests', id: guest, data: { dietary: 'beef' } },
      { table: 'guests', id: guest, data: { tableNumber: 9 } },
      { action: 'delete', table: 'guests', id: guest },
      { action: 'create', table: 'guests', id: crypto.randomUUID(), data: { name: 'Ida', wedding_id: wedding } },
    ]) {
      expect((await refused(server, [change], {}, { as: kitchen })).status, JSON.stringify(change)).toBe(403)
    }
    expect((await shown(stage, server.owner))[0]?.get(guest)).toMatchObject({ dietary: 'vegan', tableNumber: 4 })
  })

  it('[ROL6][INV6] lets no vendor make itself a caterer, by its row or by one that it makes', async () => {
    const { server, wedding, guest, florist, flowers } = stage
    const unmade = crypto.randomUUID()
    const data = { name: 'Fern Food', type: 'caterer', wedding_id: wedding }
    const hopeful = server.vendor(flowers, unmade)
    for (const as of [florist, hopeful]) {
      for (const change of [
        { table: 'vendors', id: flowers, data: { type: 'caterer' } },
        { table: 'vendors', id: flowers, data: { status: 'on-site', type: 'caterer' } },
        { action: 'create', table: 'vendors', id: unmade, data },
      ]) {
        expect((await refused(server, [change], {}, { as })).status, JSON.stringify(change)).toBe(403)
      }
      for (const rows of await shown(stage, as)) expect([rows.has(guest), rows.has(unmade)]).toEqual([false, false])
    }
  })

  it('[ROL6] follows at once when a planner changes the type, and when the row is deleted', async () => {
    const { server, guest, florist, flowers } = stage
    const sees = async () => (await shown(stage, florist)).map((rows) => rows.has(guest))
    const change = (more: object) => push(server, [{ table: 'vendors', id: flowers, ...more }])
    await change({ data: { type: 'caterer' } })
    expect(await sees()).toEqual([true, true, true])
    await change({ data: { type: 'florist' } })
    expect(await sees()).toEqual([false, false, false])
    await change({ data: { type: 'caterer' } })
    await change({ action: 'delete' })
    expect(await sees()).toEqual([false, false, false])
  })
})

describe('the cloud', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage(await COMPOSITIONS['the cloud']())
  })
  afterAll(() => stage?.server.close())

  it('[ROL6] shows a caterer no guest, as a sync with it does not', async () => {
    for (const rows of await shown(stage, stage.kitchen)) expect(rows.has(stage.guest)).toBe(false)
  })
})
