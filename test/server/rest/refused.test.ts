/** Records of ours that a peer does not take: in the queue with the reason, offered again or taken off the list on demand. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type QueueEntry, queueReply } from '../../../model/rest/queue.ts'
import { MAX_OFFERS, openRefusals } from '../../../model/sync/refusals.ts'
import {
  ana,
  ben,
  call,
  create,
  createWedding,
  get,
  photographer,
  row,
  startServer,
  type TestServer,
} from './support.ts'

const CLOUD = 'cloudEpoch0'
const PROTOCOL = 1

let server: TestServer
let wedding: string
let guest: string
beforeAll(async () => {
  const peer = { isConnected: true, attempts: 0, nextRetryMs: undefined, problem: undefined }
  server = await startServer({
    outgoing: { peers: async () => [{ ...peer, kind: 'cloud', epoch: CLOUD }], poke: () => undefined },
  })
  wedding = await createWedding(server)
  guest = await create(server, wedding, 'guests', { name: 'Ida' })
})
afterAll(() => server.close())

/** What a session with the peer notes. */
function session() {
  const { changes, state } = server.store
  return openRefusals(state, { ownEpoch: changes.epoch, peerEpoch: CLOUD, protocol: PROTOCOL })
}

async function refuse(times = 1): Promise<void> {
  for (let n = 0; n < times; n++) {
    await (await session()).note(wedding, [guest], [{ id: guest, reason: 'too many guests' }], true)
  }
}

async function failed(): Promise<readonly QueueEntry[]> {
  const { items, failedItems } = await get(server, queueReply, '/queue/pending')
  const all = items.filter(({ status }) => status === 'failed')
  expect(failedItems).toBe(all.length)
  return all
}

async function refusedItem(): Promise<QueueEntry> {
  const [item] = await failed()
  if (!item) throw new Error('nothing failed')
  return item
}

it('is in the queue with the reason, the peer and how often it was offered', async () => {
  expect(await failed()).toEqual([])
  await refuse(MAX_OFFERS)
  expect(await failed()).toMatchObject([
    { recordId: guest, weddingId: wedding, table: 'guests', upstream: 'cloud', last_error: 'too many guests' },
  ])
  expect((await refusedItem()).retry_count).toBe(MAX_OFFERS)
})

it('is offered no more by itself, and once more if somebody asks', async () => {
  expect((await session()).due()).toEqual(new Map())
  const { id } = await refusedItem()
  expect((await call(server, `/queue/retry/${id}`, { method: 'PUT', as: ben })).status).toBe(200)
  expect((await session()).due()).toEqual(new Map([[wedding, [guest]]]))
  // Taken at last: nothing failed any more.
  await (await session()).note(wedding, [guest], [], true)
  expect(await failed()).toEqual([])
})

it('is taken off the list by whoever may, until it is refused again; the record stays', async () => {
  await refuse()
  const { id } = await refusedItem()
  const remove = (as = ben) => call(server, `/sync/queue/${id}`, { method: 'DELETE', as })
  expect((await remove(photographer)).status).toBe(403)
  expect((await remove()).status).toBe(200)
  expect(await failed()).toEqual([])
  expect((await remove()).status).toBe(404)
  expect((await row(server, wedding, guest, ana))?.data.name).toBe('Ida')
  await refuse()
  expect((await refusedItem()).retry_count).toBe(2)
})
