import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { errorReply } from '../../../model/rest/error.ts'
import { limitJoins, limitMembers, limitStrangers } from '../../../server/protection/limits.ts'
import { answerFailures, HttpError } from '../../../server/rest/errors.ts'
import { setCaller } from '../../../server/rest/requestState.ts'

const THREE = { count: 3, windowMs: 60_000 }
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that asks for a token, which is the name of a device, and is limited to three requests of each kind. */
async function start(
  trustedProxies: readonly string[] = [],
): Promise<(path: string, token?: string, forwardedFor?: string) => Promise<Response>> {
  const app = express()
  app.set('trust proxy', trustedProxies)
  app.use('/join', limitJoins(THREE), (request, response) => {
    if (request.query.secret !== 'right') throw new HttpError(403, 'JOIN_SECRET_UNKNOWN', 'unknown')
    response.json({})
  })
  const authenticate: RequestHandler = (request, _response, next) => {
    const deviceId = request.headers.authorization
    if (deviceId === undefined || deviceId === 'wrong') throw new HttpError(401, 'UNAUTHENTICATED', 'Unauthorized')
    setCaller(request, { team: 't', userId: 'u', deviceId, grant: { role: 'owner', weddings: 'all' } })
    next()
  }
  app.use(authenticate, limitMembers({ isOwn: ({ deviceId }) => deviceId === 'own' }, THREE))
  app.get('/', (_request, response) => {
    response.json({})
  })
  app.use(limitStrangers(THREE))
  app.use(answerFailures(() => undefined))
  const server = createServer(app).listen(0, '127.0.0.1')
  closers.push(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return (path, token, forwardedFor) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      headers: {
        ...(token !== undefined && { authorization: token }),
        ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
      },
    })
}

async function statuses(times: number, ask: () => Promise<Response>): Promise<readonly number[]> {
  const all: number[] = []
  for (let i = 0; i < times; i++) all.push((await ask()).status)
  return all
}

describe('how often one may ask', () => {
  it('a device over its limit is told when to come again, as any error is told', async () => {
    const ask = await start()
    expect(await statuses(3, () => ask('/', 'tablet'))).toEqual([200, 200, 200])
    const refused = await ask('/', 'tablet')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(errorReply.parse(await refused.json())).toMatchObject({ error: 'RATE_LIMITED', code: 'RATE_LIMITED' })
  })

  it('a device over its limit holds up no other, and the computer of the install never waits', async () => {
    const ask = await start()
    await statuses(4, () => ask('/', 'tablet'))
    expect(await statuses(3, () => ask('/', 'phone'))).toEqual([200, 200, 200])
    expect(await statuses(6, () => ask('/', 'own'))).toEqual([200, 200, 200, 200, 200, 200])
  })

  it('who knocks with wrong tokens is limited by address, and keeps out nobody of that address with a good one', async () => {
    const ask = await start()
    expect(await statuses(5, () => ask('/', 'wrong'))).toEqual([401, 401, 401, 429, 429])
    expect((await ask('/', 'tablet')).status).toBe(200)
  })

  it('attempts to join count when they fail, and then the right secret waits too', async () => {
    const ask = await start()
    expect(await statuses(5, () => ask('/join?secret=right'))).toEqual([200, 200, 200, 200, 200])
    expect(await statuses(4, () => ask('/join?secret=wrong'))).toEqual([403, 403, 403, 429])
    expect((await ask('/join?secret=right')).status).toBe(429)
  })

  it('whom a proxy speaks for is believed of a trusted proxy alone', async () => {
    const open = await start()
    const forged = Array.from({ length: 4 }, (_, n) => open('/join?secret=wrong', undefined, `198.51.100.${n}`))
    expect((await Promise.all(forged)).map(({ status }) => status).sort()).toEqual([403, 403, 403, 429])

    const behindProxy = await start(['loopback'])
    const from = (address: string) => behindProxy('/join?secret=wrong', undefined, address)
    expect(await statuses(4, () => from('198.51.100.1'))).toEqual([403, 403, 403, 429])
    expect((await from('198.51.100.2')).status).toBe(403)
    // What the caller itself wrote stands in front of what the proxy added.
    expect((await from('198.51.100.2, 198.51.100.1')).status).toBe(429)
  })
})
