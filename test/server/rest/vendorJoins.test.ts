/** Letting in a vendor: which rows of `vendors` are its own. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JoinRequest } from '../../../server/rest/context.ts'
import { ana, call, create, createWedding, startServer, type TestServer } from './support.ts'

let server: TestServer
let band: string
let guest: string
const asked: JoinRequest[] = []
beforeAll(async () => {
  server = await startServer({
    createJoin: async (request) => {
      asked.push(request)
      const link = 'wedsync://join?x'
      return { joinId: 'the-join', join: link, browser: link, expiresAt: new Date().toISOString() }
    },
  })
  const wedding = await createWedding(server)
  band = await create(server, wedding, 'vendors', { name: 'The Band' })
  guest = await create(server, wedding, 'guests', { name: 'Ada' })
})
afterAll(() => server.close())

const join = (body: object) => call(server, '/hub/joins', { method: 'POST', as: ana, body })

it('[ROL1] names them in the grant', async () => {
  expect((await join({ role: 'vendor', vendors: [band.toUpperCase()] })).status).toBe(200)
  expect(asked.at(-1)).toMatchObject({ role: 'vendor', vendors: [band] })
  expect((await join({ role: 'vendor' })).status).toBe(200)
  expect(asked.at(-1)).not.toHaveProperty('vendors')
})

it.each<{ what: string; body: () => object; error: RegExp }>([
  { what: 'of another role', body: () => ({ role: 'planner', vendors: [band] }), error: /Only a vendor/ },
  { what: 'that is no vendor', body: () => ({ role: 'vendor', vendors: [guest] }), error: /There is no vendor/ },
  {
    what: 'that nobody has made',
    body: () => ({ role: 'vendor', vendors: [crypto.randomUUID()] }),
    error: /no vendor/,
  },
  { what: 'at all', body: () => ({ role: 'vendor', vendors: [] }), error: /vendors/ },
])('[ROL1] lets nobody in with a row $what', async ({ body, error }) => {
  const before = asked.length
  const answer = await join(body())
  expect(answer.status).toBe(400)
  expect(JSON.stringify(answer.body)).toMatch(error)
  expect(asked).toHaveLength(before)
})
