/** What somebody typed against their role and was taken back: in the queue with the reason, and made again by whoever may. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../../model/merge/record.ts'
import { queueReply } from '../../../model/rest/queue.ts'
import { drafts, keepDraft } from '../../../model/sync/drafts.ts'
import {
  ana,
  ben,
  call,
  createWedding,
  get,
  photographer,
  row,
  startServer,
  type TestServer,
  vendor,
} from './support.ts'

let server: TestServer
let wedding: string
beforeAll(async () => {
  // The device is the vendor's own.
  server = await startServer({ isOwn: ({ userId }) => userId === vendor.userId })
  wedding = await createWedding(server)
})
afterAll(() => server.close())

async function keep(record: CausalRecord, fields: readonly string[]): Promise<void> {
  const [first] = liveValues(record)
  const { edit } = first ?? expect.fail('a value')
  await keepDraft(server.store.state, 'hub-epoch-1', { record, edit, fields, reason: 'may not create' })
}

it('[ROL5] a record that was taken out is made again as a new one by whoever may, and is no draft then', async () => {
  const guest = { id: randomUUID(), scope: wedding, table: 'guests', data: { name: 'Eda', dietary: 'no nuts' } }
  const record = createRecord(guest, { actor: 'camera_____', stamp: '0mj8k2p1x000' })
  const fields = ['$created', 'name', 'dietary']
  await keep(record, fields)
  const { items } = await get(server, queueReply, '/queue/pending')
  const draft = items.find(({ recordId }) => recordId === guest.id)
  expect(draft).toMatchObject({ status: 'failed', operation_type: 'create', last_error: 'may not create' })
  const retry = (as = ben) => call(server, `/queue/retry/${draft?.id}`, { method: 'PUT', as })
  expect((await retry(photographer)).status).toBe(403)
  expect(await row(server, wedding, guest.id, ana)).toBeUndefined()
  expect((await drafts(server.store.state)).size).toBe(1)
  expect((await retry()).status).toBe(200)
  expect((await row(server, wedding, guest.id, ana))?.data).toMatchObject({ name: 'Eda', dietary: 'no nuts' })
  const written = (await server.store.changes.records([guest.id])).get(guest.id)
  expect([...(written?.units.get('open')?.vector.keys() ?? [])]).not.toContain('camera_____')
  expect((await drafts(server.store.state)).size).toBe(0)
})

it('[ROL5] is shown to whoever typed it at their own device, also where their role sees no such record', async () => {
  const guest = { id: randomUUID(), scope: wedding, table: 'guests', data: { name: 'Ida' } }
  const record = createRecord(guest, { actor: 'camera_____', stamp: '0mj8k2p1x001' })
  await keep(record, ['$created', 'name'])
  const shown = async (as = vendor) => (await get(server, queueReply, '/queue/pending', as)).items
  expect(await shown()).toMatchObject([{ recordId: guest.id, status: 'failed', last_error: 'may not create' }])
  const { id } = (await shown())[0] ?? expect.fail('no draft')
  expect((await call(server, `/sync/queue/${id}`, { method: 'DELETE', as: vendor })).status).toBe(200)
  expect(await shown()).toEqual([])
})
