import { randomBytes } from 'node:crypto'
import { Agent, type RequestOptions, request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JOIN_PATH } from '../../../server/identity/joinProtocol.ts'
import { RECOVERY_PATH } from '../../../server/install/calls.ts'
import { JOIN_LIMIT } from '../../../server/protection/limits.ts'
import { COMPOSITIONS, good, type Server } from '../rest/contract/compositions.ts'

const ATTEMPTS = 1_000
const AT_ONCE = 20
const PATIENCE_MS = 3_000

type Attempt = () => Promise<number>

/** How many of the attempts were answered with each status, while somebody else works with the server. */
async function knock(server: Server, attempt: Attempt): Promise<ReadonlyMap<number, number>> {
  const statuses: number[] = []
  const knocker = async () => {
    while (statuses.length < ATTEMPTS) statuses.push(await attempt())
  }
  let isOver = false
  const knocking = Promise.all(Array.from({ length: AT_ONCE }, knocker)).finally(() => {
    isOver = true
  })
  do {
    const startMs = performance.now()
    await good(server, 'weddings')
    expect(performance.now() - startMs).toBeLessThan(PATIENCE_MS)
  } while (!isOver)
  await knocking
  return new Map([...Map.groupBy(statuses, (status) => status)].map(([status, all]) => [status, all.length]))
}

/** No more than the limit are looked at at all. */
function expectLimited(counts: ReadonlyMap<number, number>, refusals: readonly number[]): void {
  const refused = refusals.reduce((sum, status) => sum + (counts.get(status) ?? 0), 0)
  expect([...counts.keys()].sort()).toEqual([...refusals, 429])
  expect(refused).toBeLessThanOrEqual(JOIN_LIMIT.count)
}

describe('a thousand attempts to get in with wrong secrets', () => {
  describe('at a hub', () => {
    let hub: Server
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: AT_ONCE })
    beforeAll(async () => {
      hub = await COMPOSITIONS['the hub']()
    })
    afterAll(async () => {
      agent.destroy()
      await hub.close()
    })

    it('are refused and limited, and the hub stays responsive', async () => {
      const url = `${hub.install?.lan()?.url}${JOIN_PATH}`
      const options: RequestOptions = { method: 'POST', agent, headers: { 'content-type': 'application/json' } }
      const attempt = () =>
        new Promise<number>((resolve, reject) => {
          const secret = randomBytes(32).toString('base64url')
          const body = { kind: 'browser', secret, personName: 'Eve', deviceName: 'laptop' }
          request(url, options, (response) => response.resume().once('end', () => resolve(response.statusCode ?? 0)))
            .once('error', reject)
            .end(JSON.stringify(body))
        })
      expectLimited(await knock(hub, attempt), [403])
    })
  })

  describe('at the cloud', () => {
    let cloud: Server
    beforeAll(async () => {
      cloud = await COMPOSITIONS['the cloud']()
    })
    afterAll(() => cloud.close())

    it('are refused and limited, whether at invitations or at recovery boxes', async () => {
      let turn = 0
      const attempt = async () => {
        turn += 1
        const reply = await fetch(`${cloud.url}${turn % 2 === 0 ? JOIN_PATH : RECOVERY_PATH}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name: randomBytes(32).toString('base64url') }),
        })
        await reply.arrayBuffer()
        return reply.status
      }
      expectLimited(await knock(cloud, attempt), [403, 404])
    })
  })
})
