/** What the live channel of a hub tells of what did not come over REST, and who may come in by which door. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import type { LiveEvent } from '../../../model/rest/live.ts'
import { removeQuarantined, setAside } from '../../../model/sync/quarantine.ts'
import { openRefusals } from '../../../model/sync/refusals.ts'
import type { Install } from '../../../server/install/install.ts'
import { LIVE_PATH } from '../../../server/live/live.ts'
import { COMPOSITIONS, type Member, type Server } from '../rest/contract/compositions.ts'
import { newRecord, newWedding } from '../rest/contract/situation.ts'
import { follow, type Line } from './line.ts'

let server: Server
let install: Install
let wedding: string
const lines: Line[] = []

beforeAll(async () => {
  server = await COMPOSITIONS['the hub']()
  if (!server.install) throw new Error('the hub is an install')
  install = server.install
  wedding = await newWedding(server)
})
afterAll(async () => {
  for (const { socket } of lines) socket.terminate()
  await server.close()
})

async function listen({ token }: Member, origin = server.url, options = {}): Promise<Line> {
  const line = follow(new WebSocket(`${origin.replace(/^http/, 'ws')}${LIVE_PATH}`, ['wedsync', token], options))
  lines.push(line)
  await line.next(({ type }) => type === 'status')
  return line
}

/** Something happens in the wedding, so that it is looked at. */
const stir = () => newRecord(server, wedding, 'tasks', { title: 'Stir' })

const roundOf = z.object({ round: z.number() })

const letterOf = (recordId: string, state: 'added' | 'gone') => (event: LiveEvent) =>
  event.type === 'deadletter' && event.recordId === recordId && event.state === state

it('tells of records that were set aside, and when they are put away, those who may enter the wedding', async () => {
  const owner = await listen(server.owner)
  const elsewhere = await listen(server.member('owner', []))
  const id = randomUUID()
  const { state } = install.store
  await setAside(state, wedding, 'somePeer', new Map([[id, { reason: 'it is damaged', raw: { id } }]]))
  await stir()
  expect(await owner.next(letterOf(id, 'added'))).toMatchObject({ weddingId: wedding, reason: 'it is damaged' })
  await removeQuarantined(state, { scope: wedding, id, peer: 'somePeer' })
  await stir()
  await owner.next(letterOf(id, 'gone'))
  expect(elsewhere.events.filter(({ type }) => type === 'deadletter')).toEqual([])
})

it('tells of records that a peer does not take, and when it takes them after all', async () => {
  const owner = await listen(server.owner)
  const id = await newRecord(server, wedding, 'guests', { name: 'Ida' })
  const { state, changes } = install.store
  const refusals = await openRefusals(state, { ownEpoch: changes.epoch, peerEpoch: 'cloudEpoch0', protocol: 1 })
  await refusals.note(wedding, [id], [{ id, reason: 'too many guests' }], true)
  await stir()
  expect(await owner.next(letterOf(id, 'added'))).toMatchObject({ weddingId: wedding, reason: 'too many guests' })
  await refusals.note(wedding, [id], [], true)
  await stir()
  await owner.next(letterOf(id, 'gone'))
})

it('tells who is in a wedding and what they do there, and that they are gone', async () => {
  const owner = await listen(server.owner)
  const elsewhere = await listen(server.member('planner', []))
  const devices = (event: LiveEvent) => (event.type === 'presence' && event.weddingId === wedding ? event.devices : [])
  let nth = 0
  const say = (state: unknown) => {
    nth += 1
    const statement = { deviceId: 'tablet', nth, scope: wedding, state }
    install.sync.presence.hear({ type: 'presence', devices: [statement] }, { tell: () => undefined })
  }
  say({ record: 'guest 7' })
  await owner.next((event) => devices(event).some(({ state }) => JSON.stringify(state) === '{"record":"guest 7"}'))
  say(null)
  await owner.next((event) => event.type === 'presence' && devices(event).length === 0)
  expect(elsewhere.events.filter(({ type }) => type === 'presence')).toEqual([])
  // Whoever comes now is told how things stand.
  say({ record: 'guest 8' })
  const late = await listen(server.member('planner'))
  await late.next((event) => devices(event).length === 1)
})

it('cuts off a client that does not read, keeps little for it, and goes on telling the others', async () => {
  const PRESENT = 190
  const ROUNDS = 30
  const reader = await listen(server.owner)
  const idler = await listen(server.owner, server.url, { perMessageDeflate: false })
  let idlerGot = 0
  idler.socket.on('message', (data) => {
    idlerGot += data.toString().length
  })
  const say = (round: number, devices: number) => {
    const statements = Array.from({ length: devices }, (_, n) => ({
      deviceId: `crowd ${n}`,
      nth: round,
      scope: wedding,
      state: { round, note: 'x'.repeat(1_900) },
    }))
    install.sync.presence.hear({ type: 'presence', devices: statements }, { tell: () => undefined })
  }
  const isOf = (round: number) => (event: LiveEvent) =>
    event.type === 'presence' &&
    event.devices.some(({ deviceId, state }) => deviceId === 'crowd 0' && roundOf.parse(state).round === round)
  idler.socket.pause()
  let told = 0
  for (let round = 1; round <= ROUNDS; round++) {
    say(round, PRESENT)
    told += JSON.stringify(await reader.next(isOf(round))).length
  }
  idler.socket.resume()
  expect(await idler.closed).toBe('1006 ')
  // What the system's own buffers hold (some megabytes) is what it may still get.
  expect(idlerGot).toBeLessThan(told - 4_000_000)
  for (let n = 0; n < PRESENT; n++) {
    const gone = { deviceId: `crowd ${n}`, nth: ROUNDS + 1, scope: wedding, state: null }
    install.sync.presence.hear({ type: 'presence', devices: [gone] }, { tell: () => undefined })
  }
}, 60_000)

it('is open on the LAN to members alone, over TLS', async () => {
  const url = install.lan()?.url ?? ''
  expect(url).toMatch(/^https:/)
  // The certificate is pinned by whoever joined; here only the door behind it is tried.
  const trusting = { rejectUnauthorized: false }
  const line = await listen(server.member('planner'), url, trusting)
  expect(line.events[0]).toMatchObject({ type: 'reset', reason: 'start' })
  const wrong = follow(new WebSocket(`${url.replace(/^http/, 'ws')}${LIVE_PATH}`, ['wedsync', 'wrong'], trusting))
  expect(await wrong.closed).toContain('401')
  const foreign = new WebSocket(
    `${url.replace(/^http/, 'ws')}${LIVE_PATH}`,
    ['wedsync', server.stranger.token],
    trusting,
  )
  expect(await follow(foreign).closed).toContain('401')
})
