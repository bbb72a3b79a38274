/** What is somebody's own, over REST: the same as a sync with the server gives them. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { encodeRecord } from '../../../../model/merge/codec.ts'
import { createRecord } from '../../../../model/merge/edit.ts'
import { setAside } from '../../../../model/sync/quarantine.ts'
import { LIVE_PATH } from '../../../../server/live/live.ts'
import { follow, type Line } from '../../live/line.ts'
import { bad, COMPOSITIONS, good, type Member, type Server } from './compositions.ts'
import { clash, newRecord, newWedding, push, refused, rowOf, shown } from './situation.ts'

interface Stage {
  readonly server: Server
  readonly wedding: string
  readonly row: string
  readonly task: string
  readonly contact: string
  readonly member: Member
  /** The same of another firm. */
  readonly other: { readonly row: string; readonly task: string; readonly contact: string; readonly member: Member }
}

async function firm(server: Server, wedding: string, name: string) {
  const row = await newRecord(server, wedding, 'vendors', { name, estimated: 900, contractStatus: 'signed' })
  const task = await newRecord(server, wedding, 'tasks', { title: `For ${name}`, assignees: [row] })
  const contact = await newRecord(server, wedding, 'vendor_contacts', { name, vendorId: row, email: 'kim@example.org' })
  return { row, task, contact, member: server.vendor(row) }
}

async function setStage(server: Server): Promise<Stage> {
  const wedding = await newWedding(server)
  const own = await firm(server, wedding, 'The Band')
  const other = await firm(server, wedding, 'The Florist')
  await newRecord(server, wedding, 'guests', { name: 'Ada' })
  return { server, wedding, ...own, other }
}

const sorted = (values: Iterable<string>) => [...values].sort()

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

  it('[ROL1] shows a vendor its own row, contacts and tasks in full, of others what everybody sees, and one after the other', async () => {
    const { wedding, row, task, contact, member, other } = stage
    for (const [as, own, foreign] of [
      [member, { row, task, contact }, other],
      [other.member, other, { row, task, contact }],
      [member, { row, task, contact }, other],
    ] as const) {
      for (const rows of await shown(stage, as)) {
        expect(sorted(rows.keys())).toEqual(
          sorted([wedding, ...Object.values({ ...own, member: '' }), foreign.row, foreign.contact].filter(Boolean)),
        )
        expect(rows.get(own.row)).toMatchObject({ estimated: 900 })
        expect(rows.get(own.contact)).toMatchObject({ email: 'kim@example.org' })
        expect(rows.get(own.row)).not.toHaveProperty('contractStatus')
        expect(rows.get(foreign.row)).not.toHaveProperty('estimated')
        expect(rows.get(foreign.contact)).not.toHaveProperty('email')
      }
    }
  })

  it('[ROL1] tells of what is given to it, and of no other vendor’s, to whoever keeps a cursor', async () => {
    const { server, wedding, row, member, other } = stage
    const cursors = await Promise.all(
      [member, other.member].map(async (as) => (await good(server, 'pull', { as })).cursor ?? ''),
    )
    const task = await newRecord(server, wedding, 'tasks', { title: 'New', assignees: [row] })
    const news = async (as: Member, cursor = '') =>
      (await good(server, 'pull', { as, query: `?cursor=${encodeURIComponent(cursor)}` })).serverChanges.map(
        ({ id }) => id,
      )
    expect(await news(member, cursors[0])).toEqual([task])
    expect(await news(other.member, cursors[1])).toEqual([])
  })

  it('[ROL2] counts and proves what a vendor holds, each for itself', async () => {
    const { server, wedding, member, other } = stage
    const summary = async (as: Member) =>
      (await good(server, 'weddings', { as })).weddings.find(({ id }) => id === wedding)
    const [own, others, everything] = [await summary(member), await summary(other.member), await summary(server.owner)]
    expect(own?.digest).not.toBe(others?.digest)
    expect((await summary(member))?.digest).toBe(own?.digest)
    const { records } = await good(server, 'records', { as: member, params: { id: wedding }, query: '?limit=500' })
    expect(own?.records).toBe(records.length)
    expect(everything?.records).toBeGreaterThan(records.length)
  })

  it('[ROL1] shows the history and the conflicts of what is its own alone', async () => {
    const { server, wedding, row, task, member, other } = stage
    expect((await good(server, 'history', { as: member, params: { id: task } })).entries).not.toEqual([])
    expect(await bad(server, 'history', { as: other.member, params: { id: task } })).toMatchObject({ status: 404 })
    const base = { title: 'x', assignees: [row] }
    const { id, conflictId } = await clash(server, wedding, 'tasks', base, { status: 'a' }, { status: 'b' })
    const waiting = async (as: Member) =>
      (await good(server, 'conflicts', { as })).conflicts.map((entry) => entry.conflictId)
    expect(await waiting(member)).toEqual([conflictId])
    expect(await waiting(other.member)).toEqual([])
    const body = { conflictId, resolution: { strategy: 'use_client' } }
    expect(await bad(server, 'resolve', { as: other.member, body })).toMatchObject({ status: 404 })
    expect((await good(server, 'resolve', { as: member, body })).resolution.applied).toBe(true)
    expect((await rowOf(server, wedding, id))?.data.status).toBe('b')
    const due = await clash(server, wedding, 'tasks', base, { dueDate: '2026-09-01' }, { dueDate: '2026-09-02' })
    const theirs = { conflictId: due.conflictId, resolution: { strategy: 'use_client' } }
    expect(await bad(server, 'resolve', { as: member, body: theirs })).toMatchObject({ status: 403 })
  })

  it('[ROL1] lets a vendor write of its own what a sync lets it, and no more', async () => {
    const { server, wedding, row, task, member, other } = stage
    const issue = crypto.randomUUID()
    const { failures } = await push(
      server,
      [
        { table: 'vendors', id: row, data: { status: 'on-site', eta: '2026-09-12T14:10:00Z' } },
        { table: 'tasks', id: task, data: { done: true } },
        { action: 'create', table: 'issues', id: issue, data: { title: 'No power', wedding_id: wedding } },
        { table: 'issues', id: issue, data: { severity: 'high' } },
      ],
      {},
      member,
    )
    expect(failures).toEqual([])
    expect((await rowOf(server, wedding, row))?.data).toMatchObject({ status: 'on-site', eta: '2026-09-12T14:10:00Z' })
    const [rows] = await shown(stage, member)
    expect(rows?.get(issue)).toMatchObject({ title: 'No power', severity: 'high' })
    await push(server, [{ table: 'issues', id: issue, data: { status: 'solved' } }], {}, member)
    expect((await shown(stage, other.member))[0]?.has(issue)).toBe(false)

    for (const change of [
      { table: 'vendors', id: row, data: { name: 'The Florist' } },
      { table: 'vendors', id: row, data: { estimated: 1 } },
      { table: 'vendors', id: other.row, data: { status: 'delayed' } },
      { table: 'tasks', id: other.task, data: { done: true } },
      { table: 'tasks', id: task, data: { title: 'x' } },
      { table: 'issues', id: issue, data: { title: 'x' }, as: other.member },
      { action: 'create', table: 'tasks', id: crypto.randomUUID(), data: { title: 'x', wedding_id: wedding } },
    ]) {
      const { as = member, ...asked } = { as: undefined, ...change }
      expect((await refused(server, [asked], {}, { as: as ?? member })).status, JSON.stringify(asked)).toBe(403)
    }
  })

  it('[ROL1] gives a photographer what they wrote themselves, and its bytes, which no other photographer gets', async () => {
    const { server, wedding } = stage
    const writer = server.member('planner')
    const content = { content: 'Shy uncle', visibility: 'internal' }
    const note = await newRecord(server, wedding, 'client_notes', content, server.member('photographer'))
    expect((await shown(stage, server.member('photographer')))[0]?.has(note)).toBe(false)
    const bytes = randomBytes(50)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await newRecord(server, wedding, 'documents', { filename: 'plan.pdf', sha256, sizeBytes: 50 }, writer)
    const url = `${server.url}/api/offline/blobs/${sha256}`
    const fetchAs = (as: Member, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { authorization: `Bearer ${as.token}` } })
    expect((await fetchAs(writer, { method: 'PUT', body: bytes })).status).toBe(201)
    const same = server.member('photographer', 'all', writer.userId)
    expect((await fetchAs(same)).status).toBe(200)
    expect((await fetchAs(server.member('photographer'))).status).toBe(404)
  })

  it('[ROL1] tells a vendor of the conflicts of its own over the live channel, and not of another’s', async () => {
    const { server, wedding, row, member, other } = stage
    const [line, otherLine] = await Promise.all(
      [member, other.member].map(async ({ token }) => {
        const url = `${server.url.replace('http', 'ws')}${LIVE_PATH}`
        const opened = follow(new WebSocket(url, { headers: { authorization: `Bearer ${token}` } }))
        lines.push(opened)
        await opened.next(({ type }) => type === 'status')
        return opened
      }),
    )
    const raise = (assignee: string) =>
      clash(server, wedding, 'tasks', { title: 'x', assignees: [assignee] }, { status: 'a' }, { status: 'b' })
    const [own, theirs] = [await raise(row), await raise(other.row)]
    await line?.next((event) => event.type === 'conflict' && event.conflictId === own.conflictId)
    await otherLine?.next((event) => event.type === 'conflict' && event.conflictId === theirs.conflictId)
    const told = [line, otherLine].map((each) =>
      each?.events.flatMap((event) => (event.type === 'conflict' ? [event.recordId] : [])),
    )
    expect(told).toEqual([[own.id], [theirs.id]])
  })

  it('[ROL1] tells a vendor of what was set aside of its own, and not that something was which it does not see', async () => {
    const { server, wedding, row, member } = stage
    const { state } = server.install?.store ?? expect.fail('an install')
    const author = { actor: 'somebody___', stamp: '0mj8k2p1x000' }
    const [task, guest] = [
      { table: 'tasks', data: { title: 'x', assignees: [row] } },
      { table: 'guests', data: { name: 'Ada', dietary: 'vegan' } },
    ].map((what) => createRecord({ id: crypto.randomUUID(), scope: wedding, ...what }, author))
    if (!task || !guest) throw new Error('two records')
    const entries = [task, guest].map((record) => [record.id, { reason: 'no', raw: encodeRecord(record) }] as const)
    await setAside(state, wedding, 'peer-epoch1', new Map(entries))
    const failed = async (as: Member) =>
      (await good(server, 'queue', { as })).items
        .filter(({ status, recordId }) => status === 'failed' && [task.id, guest.id].includes(recordId))
        .map(({ recordId }) => recordId)
    expect(sorted(await failed(server.owner))).toEqual(sorted([task.id, guest.id]))
    expect(await failed(member)).toEqual([task.id])
  })

  it('[ROL1] follows at once when a vendor is given something, or somebody else’s name', async () => {
    const { server, wedding, member } = stage
    const item = await newRecord(server, wedding, 'timeline_items', {
      title: 'Set',
      assignedVendors: ['Night Ferries'],
    })
    const mine = { table: 'timeline_items', id: item, data: { status: 'in-progress' } }
    expect((await refused(server, [mine], {}, { as: member })).status).toBe(403)
    await push(server, [{ table: 'vendors', id: stage.row, data: { name: 'Night Ferries' } }])
    expect((await push(server, [mine], {}, member)).failures).toEqual([])
    await push(server, [{ table: 'timeline_items', id: item, data: { assignedVendors: ['The Florist'] } }])
    expect((await refused(server, [mine], {}, { as: member })).status).toBe(403)
  })
})

describe('the cloud', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage(await COMPOSITIONS['the cloud']())
  })
  afterAll(() => stage?.server.close())

  it('[ROL1] shows a vendor what every vendor sees, as a sync with it does', async () => {
    const { wedding, row, contact, member, other } = stage
    for (const as of [member, other.member]) {
      for (const rows of await shown(stage, as)) {
        expect(sorted(rows.keys())).toEqual(sorted([wedding, row, contact, other.row, other.contact]))
        expect(rows.get(row)).not.toHaveProperty('estimated')
      }
    }
  })

  it('[ROL1] lets it write its own row, which ids tell', async () => {
    const { server, row, member, other } = stage
    const change = { table: 'vendors', id: row, data: { status: 'on-site' } }
    expect((await push(server, [change], {}, member)).failures).toEqual([])
    expect((await refused(server, [change], {}, { as: other.member })).status).toBe(403)
  })
})
