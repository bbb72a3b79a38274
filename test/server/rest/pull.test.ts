/** `GET /sync` and `serverChanges` of `POST /sync`: nothing is missed, by time and by cursor. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeStamp } from '../../../model/merge/clock.ts'
import { createRecord } from '../../../model/merge/edit.ts'
import { type PullReply, pullReply, type ServerChange } from '../../../model/rest/sync.ts'
import {
  ana,
  ben,
  call,
  couple,
  create,
  createWedding,
  errorOf,
  get,
  LONG_AGO,
  type Member,
  member,
  moment,
  photographer,
  push,
  startServer,
  type TestServer,
  update,
  vendor,
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

async function createMany(count: number, as = ana): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => randomUUID())
  for (let from = 0; from < count; from += 100) {
    const changes = ids.slice(from, from + 100).map((id, index) => ({
      action: 'create' as const,
      table: 'guests',
      id,
      data: { name: `Guest ${from + index}`, wedding_id: wedding },
    }))
    await push(server, { changes, as })
  }
  return ids
}

const pull = (query: string, as: Member = ana): Promise<PullReply> => get(server, pullReply, `/sync${query}`, as)

/** Pages with the cursor until there is no more. */
async function pullAll(
  first: string,
  as: Member = ana,
  between?: () => Promise<void>,
): Promise<readonly ServerChange[]> {
  const rows: ServerChange[] = []
  for (let query = first; ; ) {
    const page = await pull(query, as)
    rows.push(...page.serverChanges)
    if (!page.hasMore) return rows
    await between?.()
    query = `?cursor=${page.cursor}&limit=40`
  }
}

describe('status', () => {
  it('counts what waits and what failed, and gives no rows without since', async () => {
    const reply = await pull('')
    expect(reply.status).toEqual({
      queuedItems: 3,
      failedItems: 2,
      syncInProgress: true,
      lastSyncTime: expect.any(String),
      lastSuccessfulSync: expect.any(String),
    })
    expect(reply.serverChanges).toEqual([])
    expect((await pull('', ben)).status.lastSyncTime).toBeNull()
  })

  it.each([
    '?since=yesterday',
    '?since=2026-01-01T00:00:00%2B02:00',
    '?limit=0',
    '?limit=101',
    '?limit=x',
    '?cursor=x',
  ])('%s is 400', async (query) => {
    const reply = await call(server, `/sync${query}`, { as: ana })
    expect([reply.status, errorOf(reply).code]).toEqual([400, 'VALIDATION_ERROR'])
  })
})

describe('since a time', () => {
  it('rows have both names of the table, the kind of change, data and time, oldest first', async () => {
    const id = await create(server, wedding, 'guests', { name: 'Dana' })
    const since = await moment()
    const other = await create(server, wedding, 'tasks', { title: 'Flowers' })
    await update(server, 'guests', id, { name: 'Dora' })
    await push(server, { changes: [{ action: 'delete', table: 'tasks', id: other }] })
    const { serverChanges } = await pull(`?since=${since}`)
    expect(serverChanges).toEqual([
      {
        table: 'guests',
        table_name: 'guests',
        id,
        action: 'update',
        data: { name: 'Dora', wedding_id: wedding },
        timestamp: expect.any(String),
        version: 2,
      },
      expect.objectContaining({ id: other, action: 'delete', data: { wedding_id: wedding } }),
    ])
    expect(serverChanges.map(({ timestamp }) => timestamp)).toEqual(serverChanges.map((r) => r.timestamp).sort())
    const later = await pull(`?since=${LONG_AGO}`)
    expect(later.serverChanges.find((each) => each.id === id)?.action).toBe('create')
  })

  it('at most 100, and paging by cursor gives each once', async () => {
    const ids = await createMany(230)
    const first = await pull(`?since=${LONG_AGO}`)
    expect([first.serverChanges.length, first.hasMore]).toEqual([100, true])
    const rows = await pullAll(`?since=${LONG_AGO}&limit=40`)
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids, wedding].sort())
    const times = rows.map(({ timestamp }) => timestamp)
    expect(times).toEqual([...times].sort())
  })

  it('nextSyncTime of one call is enough to miss nothing in the next, also within one millisecond', async () => {
    const stamp = makeStamp(Date.now(), 0)
    const ids = Array.from({ length: 150 }, () => randomUUID())
    await server.store.changes.update(ids, () =>
      ids.map((id, index) => {
        // 60 in one millisecond and then one in each: the page of 100 ends in between.
        const author = { actor: 'aaaaaaaaaaa', stamp: index < 60 ? stamp : makeStamp(Date.now() + index, 0) }
        return { record: createRecord({ id, scope: wedding, table: 'guests', data: { name: 'x' } }, author) }
      }),
    )
    const seen = new Set<string>()
    let lastSyncTime = LONG_AGO
    for (let hasMore = true; hasMore; ) {
      const reply = await push(server, { changes: [], lastSyncTime })
      for (const { id } of reply.serverChanges) seen.add(id)
      ;({ hasMore } = reply)
      lastSyncTime = reply.nextSyncTime
    }
    expect(seen).toEqual(new Set([...ids, wedding]))
  })
})

describe('from a cursor', () => {
  it('what changes while a client pages is not missed', async () => {
    const ids = await createMany(120)
    const added: string[] = []
    const rows = await pullAll(`?since=${LONG_AGO}&limit=40`, ben, async () => {
      added.push(await create(server, wedding, 'guests', { name: 'Late' }))
      await update(server, 'guests', ids[0] ?? '', { name: `Renamed ${added.length}` })
    })
    const latest = new Map(rows.map((each) => [each.id, each.data.name]))
    for (const id of [...ids, ...added]) expect(latest.has(id)).toBe(true)
    expect(latest.get(ids[0] ?? '')).toBe(`Renamed ${added.length}`)
  })

  it('an edit of long ago that arrives now is news to a cursor, whatever the clocks say', async () => {
    const { cursor, timestamp } = await pull(`?since=${LONG_AGO}`)
    const id = randomUUID()
    const author = { actor: 'aaaaaaaaaaa', stamp: makeStamp(Date.parse('2024-01-01'), 0) }
    await server.store.changes.update([id], () => [
      {
        record: createRecord({ id, scope: wedding, table: 'guests', data: { name: 'Old' } }, author),
        from: 'bbbbbbbbbbb',
      },
    ])
    expect((await pull(`?since=${timestamp}`)).serverChanges).toEqual([])
    const news = await pull(`?cursor=${cursor}`)
    expect(news.serverChanges.map((each) => each.id)).toEqual([id])
    expect((await pull(`?cursor=${news.cursor}`)).serverChanges).toEqual([])
  })

  it('a wedding that is new to the caller comes whole', async () => {
    const guest = member('Gus', { role: 'planner', weddings: [] })
    server.admit(guest)
    const { cursor } = await pull('', guest)
    server.admit({ ...guest, grant: { role: 'planner', weddings: [wedding] } })
    const { serverChanges } = await pull(`?cursor=${cursor}`, guest)
    expect(serverChanges.map(({ id }) => id)).toEqual([wedding])
  })

  it('a cursor of another store starts from the beginning', async () => {
    const elsewhere = Buffer.from(JSON.stringify({ e: 'otherepoch1', s: { [wedding]: 999 } })).toString('base64url')
    expect((await pull(`?cursor=${elsewhere}`)).serverChanges.map(({ id }) => id)).toEqual([wedding])
  })

  it('may stand in POST /sync too', async () => {
    const { cursor } = await push(server, { changes: [] })
    const id = await create(server, wedding, 'guests', { name: 'Dana' }, ben)
    const reply = await push(server, { changes: [], cursor })
    expect(reply.serverChanges.map((each) => each.id)).toEqual([id])
  })
})

describe('what this very call wrote', () => {
  it('is left out, unless somebody else changed the record too', async () => {
    const shared = await create(server, wedding, 'guests', { name: 'Dana' })
    const lastSyncTime = await moment()
    await update(server, 'guests', shared, { tableNumber: 3 }, { batch: { as: ben } })
    const own = randomUUID()
    const { serverChanges } = await push(server, {
      changes: [
        { action: 'create', table: 'guests', id: own, data: { name: 'Own', wedding_id: wedding } },
        { action: 'update', table: 'guests', id: shared, data: { party: 'Friends' } },
      ],
      lastSyncTime,
    })
    expect(serverChanges.map(({ id }) => id)).toEqual([shared])
    expect(serverChanges[0]?.data).toMatchObject({ tableNumber: 3, party: 'Friends' })
    const next = await pull(`?since=${lastSyncTime}`, ben)
    expect(next.serverChanges.map(({ id }) => id).sort()).toEqual([own, shared].sort())
  })

  it('is left out of what a cursor gives as well', async () => {
    const { cursor } = await push(server, { changes: [] })
    const own = {
      action: 'create' as const,
      table: 'guests',
      id: randomUUID(),
      data: { name: 'Own', wedding_id: wedding },
    }
    expect((await push(server, { changes: [own], cursor })).serverChanges).toEqual([])
  })
})

describe('who may read what', () => {
  it('classes and tables of the role only, and no news of what they cannot see', async () => {
    const guest = await create(server, wedding, 'guests', { name: 'Dana', email: 'd@example.org', dietary: 'vegan' })
    const note = await create(server, wedding, 'client_notes', { content: 'secret', visibility: 'private' })
    const seenBy = async (as: Member, since = LONG_AGO) => {
      const { serverChanges } = await pull(`?since=${since}`, as)
      return new Map(serverChanges.map(({ id, data }) => [id, data]))
    }
    expect((await seenBy(photographer)).get(guest)).toEqual({ name: 'Dana', dietary: 'vegan', wedding_id: wedding })
    expect((await seenBy(photographer)).has(note)).toBe(false)
    expect((await seenBy(couple)).has(note)).toBe(false)
    expect((await seenBy(vendor)).has(guest)).toBe(false)
    expect((await seenBy(ana)).get(note)).toMatchObject({ content: 'secret' })
    const since = await moment()
    await update(server, 'guests', guest, { email: 'new@example.org' })
    expect((await seenBy(photographer, since)).size).toBe(0)
    expect((await seenBy(ana, since)).size).toBe(1)
  })

  it('the version of a row is good as clientVersion, even for who sees only a part', async () => {
    const guest = await create(server, wedding, 'timeline_items', { title: 'A', internalNotes: 'x' })
    await update(server, 'timeline_items', guest, { internalNotes: 'y' })
    const { serverChanges } = await pull(`?since=${LONG_AGO}`, photographer)
    const clientVersion = String(serverChanges.find(({ id }) => id === guest)?.version)
    const reply = await update(
      server,
      'timeline_items',
      guest,
      { status: 'completed' },
      {
        change: { clientVersion },
        batch: { as: photographer },
      },
    )
    expect(reply.conflicts).toEqual([])
  })
})
