import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { LiveEvent } from '../../../model/rest/live.ts'
import { LIVE_PATH } from '../../../server/live/live.ts'
import { COMPOSITIONS, good, type Member, type Server } from '../rest/contract/compositions.ts'
import { clash, newWedding } from '../rest/contract/situation.ts'
import { follow, type Line } from './line.ts'

const lines: Line[] = []

function open(server: Server, token: string | undefined, query = '', how: 'header' | 'protocol' = 'protocol'): Line {
  const url = `${server.url.replace('http', 'ws')}${LIVE_PATH}${query}`
  const line = follow(
    how === 'protocol'
      ? new WebSocket(url, token === undefined ? [] : ['wedsync', token])
      : new WebSocket(url, { headers: { authorization: `Bearer ${token}` } }),
  )
  lines.push(line)
  return line
}

/** A line that has been told how things stand. */
async function listen(server: Server, { token }: Member, query = ''): Promise<Line> {
  const line = open(server, token, query)
  await line.next(({ type }) => type === 'status')
  return line
}

const conflictOf = (conflictId: string, state: 'raised' | 'settled') => (event: LiveEvent) =>
  event.type === 'conflict' && event.conflictId === conflictId && event.state === state

const lastId = ({ events }: Line): number => events.at(-1)?.id ?? 0

describe.each(Object.entries(COMPOSITIONS))('the live channel of %s', (_name, start) => {
  let server: Server
  let wedding: string
  beforeAll(async () => {
    server = await start()
    wedding = await newWedding(server)
  })
  afterAll(() => {
    for (const { socket } of lines.splice(0)) socket.terminate()
  })

  const clashInBudget = () =>
    clash(
      server,
      wedding,
      'budget_items',
      { name: 'Flowers', category: 'decoration' },
      { category: 'flowers' },
      { category: 'church' },
    )

  it('takes the token at the upgrade or in the first message, and begins with a reset and the status', async () => {
    const { token } = server.owner
    const inMessage = open(server, undefined)
    await once(inMessage.socket, 'open')
    expect(inMessage.events).toEqual([])
    inMessage.socket.send(JSON.stringify({ token }))
    for (const line of [inMessage, open(server, token), open(server, token, '', 'header')]) {
      await line.next(({ type }) => type === 'status')
      expect(line.events[0]).toMatchObject({ type: 'reset', reason: 'start' })
      expect(line.events[1]).toMatchObject({ type: 'status', role: server.role })
    }
  })

  it('a subprotocol that is the token alone is accepted', async () => {
    const { token } = server.owner
    const line = follow(new WebSocket(`${server.url.replace('http', 'ws')}${LIVE_PATH}`, token))
    lines.push(line)
    expect(await line.next(({ type }) => type === 'reset')).toMatchObject({ reason: 'start' })
  })

  it('tells nothing to whoever has no good token', async () => {
    expect(await open(server, 'wrong').closed).toContain('401')
    expect(await open(server, 'wrong', '', 'header').closed).toContain('401')
    const line = open(server, undefined)
    await once(line.socket, 'open')
    line.socket.send(JSON.stringify({ token: 'wrong' }))
    expect(await line.closed).toBe('4401 UNAUTHENTICATED')
    const babbler = open(server, undefined)
    await once(babbler.socket, 'open')
    babbler.socket.send('[[[')
    expect(await babbler.closed).toBe('4400 VALIDATION_ERROR')
    expect([...line.events, ...babbler.events]).toEqual([])
    expect(await open(server, server.owner.token, '?since=x').closed).toBe('4400 VALIDATION_ERROR')
  })

  it('a plain request is told to ask for an upgrade', async () => {
    const headers = { authorization: `Bearer ${server.owner.token}` }
    const reply = await fetch(`${server.url}${LIVE_PATH}`, { headers })
    expect(reply.status).toBe(426)
    expect(await reply.json()).toMatchObject({ code: 'UPGRADE_REQUIRED' })
  })

  it('tells of conflicts raised and settled those who may read them, and nobody else', async () => {
    const owner = await listen(server, server.owner)
    const vendor = await listen(server, server.member('vendor'))
    const elsewhere = await listen(server, server.member('planner', []))
    const stranger = open(server, server.stranger.token)
    await Promise.race([stranger.next(({ type }) => type === 'status'), stranger.closed])
    const { conflictId, id } = await clashInBudget()
    expect(await owner.next(conflictOf(conflictId, 'raised'))).toMatchObject({
      weddingId: wedding,
      table: 'budget_items',
      recordId: id,
      fields: ['category'],
    })
    await good(server, 'resolve', { body: { conflictId, resolution: { strategy: 'use_server' } } })
    await owner.next(conflictOf(conflictId, 'settled'))
    expect(
      [vendor, elsewhere, stranger].flatMap(({ events }) => events.filter(({ type }) => type === 'conflict')),
    ).toEqual([])
  })

  it('goes on behind the event that a client has seen, and says so where it cannot', async () => {
    const planner = server.member('planner')
    const first = await listen(server, planner)
    const witness = await listen(server, server.member('planner'))
    const seen = lastId(first)
    first.socket.terminate()
    const { conflictId } = await clashInBudget()
    await witness.next(conflictOf(conflictId, 'raised'))
    const again = open(server, planner.token, `?since=${seen}`)
    await again.next(conflictOf(conflictId, 'raised'))
    expect(again.events.map(({ id }) => id)).toEqual(again.events.map((_, i) => seen + 1 + i))
    const lost = open(server, planner.token, '?since=7')
    expect(await lost.next(() => true)).toMatchObject({ type: 'reset', reason: 'gap' })
  })

  it('hangs up on a device that is shut out, and lets it in no more', async () => {
    const joined = server.member('planner')
    await good(server, 'reportDevice', { as: joined, params: { deviceId: joined.deviceId }, body: { isOnline: true } })
    await newRecordBy(joined)
    const line = await listen(server, joined)
    const { devices } = await good(server, 'devices')
    expect(devices.map(({ deviceId }) => deviceId)).toContain(joined.deviceId)
    await good(server, 'revokeDevice', { params: { deviceId: joined.deviceId } })
    expect(await line.closed).toBe('4403 REVOKED')
    expect(await open(server, joined.token).closed).toBe('4403 REVOKED')
  })

  it('stops in less than five seconds with open lines, and hangs up on them', async () => {
    const line = await listen(server, server.owner)
    const startMs = performance.now()
    await server.close()
    expect(performance.now() - startMs).toBeLessThan(5_000)
    expect(await line.closed).toMatch(/^100[16]/)
  })

  /** Whoever has written something is known to the team. */
  async function newRecordBy(member: Member): Promise<void> {
    const id = crypto.randomUUID()
    const change = { action: 'create', table: 'tasks', id, data: { title: 'Call', wedding_id: wedding } }
    const at = new Date().toISOString()
    const body = { changes: [{ ...change, timestamp: at }], lastSyncTime: at, batchId: crypto.randomUUID() }
    await good(server, 'push', { as: member, body })
  }
})
