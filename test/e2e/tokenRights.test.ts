/**
 * What a token opens at each door of a team, and that it opens no more. The answer says what is wrong, and no wedding has
 * changed anywhere (`afterEach`).
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OutgoingChange } from '../../model/client/calls.ts'
import { makeStamp } from '../../model/merge/clock.ts'
import { encodeRecord } from '../../model/merge/codec.ts'
import { createRecord } from '../../model/merge/edit.ts'
import { syncReply } from '../../model/rest/sync.ts'
import { newActor } from '../../server/changes/actors.ts'
import { createIdentity } from '../../server/identity/identity.ts'
import { parseJoinLink } from '../../server/identity/joinLink.ts'
import { joinTeam } from '../../server/identity/joinTeam.ts'
import { createTeamKeys, mintFor, mintToken } from '../../server/identity/token.ts'
import { DOORS, type GuardedTeam, openGuardedTeam, type Wedding } from '../support/guardedTeam.ts'
import { helloOf, upgradeStatus } from '../support/handPeer.ts'
import { expectRefusal, newJoin, weddings } from '../support/teamCalls.ts'
import { eventually, rest, runningServers, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
const servers = runningServers()
let guarded: GuardedTeam

beforeAll(async () => {
  guarded = await openGuardedTeam(folders, servers)
})

afterEach(() => guarded.expectUnchanged())

afterAll(async () => {
  await servers.killAll()
  folders.cleanUp()
})

function itemIn(wedding: Wedding): string {
  const [id] = wedding.items
  if (id === undefined) throw new Error('the wedding has no items')
  return id
}

describe('a token', () => {
  const ROUTES: readonly (readonly [method: string, path: string])[] = [
    ['GET', 'weddings'],
    ['GET', 'weddings/00000000-0000-4000-8000-000000000000/records'],
    ['GET', 'records/00000000-0000-4000-8000-000000000000/history'],
    ['GET', 'conflicts'],
    ['GET', 'status'],
    ['GET', 'sync'],
    ['POST', 'sync'],
    ['PUT', 'sync/resolve'],
    ['POST', 'hub'],
    ['POST', 'hub/joins'],
    ['GET', 'sync/status/some-device'],
    ['GET', 'queue/analytics'],
    ['POST', 'cache/priority'],
    ['GET', 'devices'],
    ['DELETE', 'devices/some-device'],
    ['GET', 'no/such/route'],
  ]

  /** Whoever joined as planner of everything has the team's key, and may mint what this test needs. */
  async function badTokens(): Promise<Readonly<Record<string, string | undefined>>> {
    const good = guarded.hub.ready.token ?? ''
    const [version, payload = '', signature] = good.split('.')
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const changed = { ...Object(claims), user: crypto.randomUUID() }
    const stranger = createTeamKeys().privateKey
    const bearer = {
      user: crypto.randomUUID(),
      device: guarded.tablet.deviceId,
      holder: 'browser',
      role: 'owner',
      weddings: 'all',
    } as const
    return {
      none: undefined,
      garbage: 'garbage',
      'that of the cloud': guarded.cloud.ready.enrol,
      'of another team': mintFor({ ...bearer, team: crypto.randomUUID() }, stranger, Date.now()),
      'of this team, signed by a stranger': mintFor({ ...bearer, team: guarded.tablet.team.id }, stranger, Date.now()),
      'with a changed payload': [version, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join(
        '.',
      ),
      'with a changed signature': `${good.slice(0, -10)}AAAAAAAAAA`,
      'that has expired': await expired(),
    }
  }

  async function expired(): Promise<string> {
    const link = parseJoinLink(guarded.lan.join)
    if (!link.ok) throw new Error(link.error.reason)
    const laptop = await createIdentity({ deviceName: 'Laptop', personName: 'Carla', nowMs: Date.now() })
    const joined = await joinTeam(link.value, laptop)
    if (!joined.ok) throw new Error(joined.error.kind)
    const { team, userId, deviceId, grant } = joined.value
    const capability = {
      v: 1,
      id: crypto.randomUUID(),
      team: team.id,
      user: userId,
      device: deviceId,
      holder: 'install',
      ...grant,
    } as const
    const mint = (expiresAt: number) => mintToken({ ...capability, issuedAt: 1, expiresAt }, team.privateKey ?? '')
    expect((await guarded.at('loopback', 'weddings', { token: mint(Date.now() + 60_000) })).status).toBe(200)
    return mint(Date.now() - 1)
  }

  let tokens: Readonly<Record<string, string | undefined>>
  beforeAll(async () => {
    tokens = await badTokens()
  })

  it.each(DOORS)('that is not right opens no route at the %s', async (door) => {
    for (const [what, token] of Object.entries(tokens)) {
      for (const [method, path] of ROUTES) {
        const body = method === 'GET' ? {} : { body: '{}' }
        const answer = await guarded.at(door, path, { method, token, ...body })
        expect(answer.status, `${method} ${path} with a token: ${what}`).toBe(401)
        expectRefusal(answer, { status: 401, code: 'UNAUTHENTICATED' })
      }
    }
  })

  it.each(DOORS)('gives the identity at the %s, and x-user-id may not say another', async (door) => {
    const token = guarded.ownersTokenAt(door)
    const own = door === 'LAN' ? guarded.ownersTablet.userId : (guarded.hub.ready.userId ?? '')
    const call = (user: string) => guarded.at(door, 'weddings', { token, headers: { 'x-user-id': user } })
    expectRefusal(await call(crypto.randomUUID()), { status: 403, code: 'FORBIDDEN' })
    expect((await call(own)).status).toBe(200)
  })

  it('of a laptop opens the LAN with the certificate of that laptop, and with no other', async () => {
    const link = parseJoinLink((await newJoin(guarded.owner, { role: 'planner' })).join)
    if (!link.ok) throw new Error(link.error.reason)
    const [laptop, thief] = await Promise.all(
      ['Laptop', 'Thief'].map((deviceName) => createIdentity({ deviceName, personName: 'Carla', nowMs: Date.now() })),
    )
    if (!laptop || !thief) throw new Error('no laptops')
    const joined = await joinTeam(link.value, laptop)
    if (!joined.ok) throw new Error(joined.error.kind)
    const { token } = joined.value
    const live = (own?: typeof laptop) =>
      upgradeStatus(`${guarded.lan.url}/api/offline/live`, {}, [token], guarded.lan.fingerprint, own)
    expect((await guarded.at('LAN', 'weddings', { token, own: laptop })).status).toBe(200)
    expect(await live(laptop)).toBe(101)
    for (const own of [undefined, thief]) {
      expectRefusal(await guarded.at('LAN', 'weddings', { token, own }), { status: 401, code: 'UNAUTHENTICATED' })
      expect(await live(own)).toBe(401)
    }
  })

  it('is not needed for health, which tells nothing personal', async () => {
    for (const door of DOORS) {
      const { status, body } = await guarded.at(door, 'health')
      expect(status).toBe(200)
      expect(Object.keys(Object(body)).sort()).toEqual(['role', 'status', 'uptimeSeconds', 'version'])
    }
  })

  it('of another team that has enrolled at the cloud finds an empty cloud', async () => {
    const { publicKey, privateKey } = createTeamKeys()
    const team = crypto.randomUUID()
    const enrolment = { method: 'POST', body: JSON.stringify({ team: { id: team, publicKey } }) }
    expect((await guarded.at('cloud', 'enrol', { ...enrolment, token: guarded.cloud.ready.enrol })).status).toBe(200)
    const bearer = {
      team,
      user: crypto.randomUUID(),
      device: guarded.tablet.deviceId,
      holder: 'browser',
      role: 'owner',
      weddings: 'all',
    } as const
    const token = mintFor(bearer, privateKey, Date.now())
    expect(await weddings(rest(guarded.cloud.ready.url, token))).toEqual([])
    expectRefusal(await guarded.at('cloud', `weddings/${guarded.weddingA.id}/records`, { token }), {
      status: 404,
      code: 'NOT_FOUND',
    })
    const edit = {
      action: 'update',
      table: 'timeline_items',
      id: itemIn(guarded.weddingA),
      data: { title: 'Mine' },
    } as const
    expectRefusal(await guarded.at('cloud', `records/${edit.id}/history`, { token }), {
      status: 404,
      code: 'NOT_FOUND',
    })
    expectRefusal(await guarded.pushAt('cloud', token, [edit]), { status: 403, code: 'FORBIDDEN' })
    const wedding = {
      action: 'create',
      table: 'weddings',
      id: guarded.weddingA.id,
      data: { name: 'Mine', date: '2027-06-12' },
    } as const
    expectRefusal(await guarded.pushAt('cloud', token, [wedding]), { status: 403, code: 'FORBIDDEN' })
    const added = {
      ...edit,
      action: 'create',
      id: crypto.randomUUID(),
      data: { wedding_id: guarded.weddingA.id, title: 'x' },
    } as const
    const { failures, processed } = syncReply.parse((await guarded.pushAt('cloud', token, [added])).body)
    expect([failures.length, processed.length]).toEqual([1, 0])
    const own = { ...wedding, id: crypto.randomUUID() }
    expect((await guarded.pushAt('cloud', token, [own])).status).toBe(200)
    expect((await weddings(rest(guarded.cloud.ready.url, token))).map(({ id }) => id)).toEqual([own.id])
  })
})

describe('a device with a grant for one wedding', () => {
  it.each(DOORS)('touches and sees no other over REST at the %s', async (door) => {
    const { token } = guarded.tablet
    const [mine, foreign] = [itemIn(guarded.weddingA), itemIn(guarded.weddingB)]
    const edit = { action: 'update', table: 'timeline_items', id: foreign, data: { title: 'Changed' } } as const
    const refused: readonly (readonly OutgoingChange[])[] = [
      [edit],
      [{ ...edit, data: { wedding_id: guarded.weddingA.id, title: 'Moved' } }],
      [{ ...edit, action: 'delete', data: {} }],
      [{ ...edit, action: 'create', data: { wedding_id: guarded.weddingA.id, title: 'Mine now' } }],
      [{ ...edit, action: 'create', id: crypto.randomUUID(), data: { wedding_id: guarded.weddingB.id, title: 'New' } }],
      [
        {
          ...edit,
          action: 'create',
          table: 'weddings',
          id: crypto.randomUUID(),
          data: { name: 'C', date: '2027-06-12' },
        },
      ],
      // One foreign change refuses the batch, the good ones in it included.
      [{ ...edit, id: mine }, edit],
    ]
    for (const changes of refused) {
      expectRefusal(await guarded.pushAt(door, token, changes), { status: 403, code: 'FORBIDDEN' })
    }
    expectRefusal(await guarded.at(door, `weddings/${guarded.weddingB.id}/records`, { token }), {
      status: 404,
      code: 'NOT_FOUND',
    })
    expectRefusal(await guarded.at(door, `records/${foreign}/history`, { token }), { status: 404, code: 'NOT_FOUND' })
    const list = await guarded.at(door, 'weddings', { token })
    expect(JSON.stringify(list.body)).toContain(guarded.weddingA.id)
    expect(JSON.stringify(list.body)).not.toContain(guarded.weddingB.id)
  })

  it.each(['LAN', 'cloud'] as const)(
    'brings no record of another into the %s as a peer, and is sent none',
    async (door) => {
      const peer = await guarded.dialAt(door)
      peer.send(
        helloOf(peer, { deviceId: guarded.tablet.deviceId, team: guarded.tablet.team.id, token: guarded.tablet.token }),
      )
      await peer.next('hello')
      peer.send({ type: 'resume', cursors: {} })
      await peer.next('resume')
      const foreign = itemIn(guarded.weddingB)
      const made = (id: string, scope: string) => {
        const author = { actor: newActor(), stamp: makeStamp(Date.now(), 0) }
        return encodeRecord(createRecord({ id, scope, table: 'timeline_items', data: { title: 'Smuggled' } }, author))
      }
      const attempts = [
        { scope: guarded.weddingB.id, record: made(crypto.randomUUID(), guarded.weddingB.id) },
        { scope: guarded.weddingB.id, record: made(foreign, guarded.weddingB.id) },
        { scope: guarded.weddingA.id, record: made(crypto.randomUUID(), guarded.weddingB.id) },
        { scope: guarded.weddingA.id, record: made(foreign, guarded.weddingA.id) },
        { scope: guarded.weddingA.id, record: { id: foreign, nonsense: true } },
      ]
      for (const [index, { scope, record }] of attempts.entries()) {
        peer.send({ type: 'changes', scope, seq: index + 1, remaining: 0, records: [record] })
        const ack = await peer.next('ack')
        expect(ack).toMatchObject({ scope, seq: index + 1 })
        expect(ack.refused.map(({ id }) => id)).toEqual([JSON.parse(JSON.stringify(record)).id])
        expect(ack.refused[0]?.reason).not.toBe('')
      }
      peer.send({ type: 'digest', scope: guarded.weddingB.id, classes: {}, except: [] })
      expect((await peer.next('verdict')).outcome).toBe('foreign')
      peer.send({ type: 'resend', scope: guarded.weddingB.id })
      const answered = new Set<unknown>()
      const sent = await eventually(
        'what it may read has come',
        async () => {
          const batches = peer.received.flatMap((message) => (message.type === 'changes' ? [message] : []))
          for (const batch of batches.filter((each) => !answered.has(each))) {
            answered.add(batch)
            peer.send({ type: 'ack', scope: batch.scope, seq: batch.seq, refused: [] })
          }
          return batches.map(({ scope }) => scope)
        },
        (scopes) => scopes.includes(guarded.weddingA.id),
      )
      expect(sent).not.toContain(guarded.weddingB.id)
      peer.end()
    },
  )
})
