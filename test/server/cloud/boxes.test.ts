/** Invitations at a cloud of several processes: each is given out once, whichever of them is asked. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cloud, openCloud } from '../../../server/cloud/cloud.ts'
import { invitationReply } from '../../../server/cloud/doors.ts'
import { JOIN_PATH, JOIN_REFUSALS } from '../../../server/identity/joinProtocol.ts'
import { createTeamKeys, mintFor } from '../../../server/identity/token.ts'
import { ENROL_PATH, INVITATIONS_PATH } from '../../../server/install/calls.ts'
import { findPostgres, type PostgresServer, startPostgres } from '../changes/postgresServer.ts'

const INVITATIONS = 8
const GUESTS_AT_EACH = 2

const program = findPostgres()
if (!program.ok) console.log(`skipping the tests of several clouds on one PostgreSQL: ${program.error}`)

describe.skipIf(!program.ok)('two clouds on one PostgreSQL', () => {
  let postgres: PostgresServer
  const clouds: Cloud[] = []
  let token: string

  async function post(url: string, body: unknown, bearer?: string): Promise<Response> {
    const authorization = bearer !== undefined && { authorization: `Bearer ${bearer}` }
    const headers = { 'content-type': 'application/json', ...authorization }
    return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  beforeAll(async () => {
    if (!program.ok) return
    postgres = await startPostgres(program.value)
    const databaseUrl = await postgres.createDatabase()
    for (let n = 0; n < 2; n++) {
      const opened = await openCloud({ databaseUrl, port: 0, host: '127.0.0.1', log: () => undefined })
      if (!opened.ok) throw new Error(JSON.stringify(opened.error))
      clouds.push(opened.value)
    }
    const { publicKey, privateKey } = createTeamKeys()
    const team = randomUUID()
    const [{ url, enrolToken } = { url: '', enrolToken: '' }] = clouds
    expect((await post(`${url}${ENROL_PATH}`, { team: { id: team, publicKey } }, enrolToken)).status).toBe(200)
    const device = createHash('sha256').update('laptop').digest('base64url')
    const owner = { team, user: randomUUID(), device, holder: 'browser', role: 'owner', weddings: 'all' } as const
    token = mintFor(owner, privateKey, Date.now())
  }, 60_000)
  afterAll(async () => {
    for (const cloud of clouds) await cloud.stop()
    await postgres?.stop()
  })

  it('give out each invitation once, to one of those who come to both at the same moment', async () => {
    for (let n = 0; n < INVITATIONS; n++) {
      const name = randomBytes(32).toString('base64url')
      const box = randomBytes(30).toString('base64url')
      const [first] = clouds
      const kept = await post(`${first?.url}${INVITATIONS_PATH}`, { name, box, expiresAt: Date.now() + 60_000 }, token)
      expect(kept.status).toBe(200)
      const guests = clouds.flatMap(({ url }) => Array.from({ length: GUESTS_AT_EACH }, () => `${url}${JOIN_PATH}`))
      const replies = await Promise.all(guests.map((url) => post(url, { name })))
      const winners = replies.filter(({ status }) => status === 200)
      expect(winners).toHaveLength(1)
      expect(invitationReply.parse(await winners[0]?.json())).toEqual({ box })
      for (const reply of replies.filter(({ status }) => status !== 200)) {
        expect(reply.status).toBe(JOIN_REFUSALS.used.status)
        expect(await reply.json()).toMatchObject({ code: JOIN_REFUSALS.used.code })
      }
    }
  })
})
