/**
 * What people, programs and strangers get wrong, against real processes. Each time the answer says what is wrong, and no
 * wedding has changed anywhere (`afterEach`).
 *
 * Not here: an expired secret. The shortest life that the route gives one is a minute, and no test waits that long;
 * `test/server/identity/joins.test.ts` and `joining.test.ts` cover the millisecond and the sentence that the person reads.
 */
import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OutgoingChange } from '../../model/client/calls.ts'
import { makeStamp } from '../../model/merge/clock.ts'
import { encodeRecord } from '../../model/merge/codec.ts'
import { createRecord } from '../../model/merge/edit.ts'
import { syncReply } from '../../model/rest/sync.ts'
import { PROTOCOL } from '../../model/wire/version.ts'
import { newActor } from '../../server/changes/actors.ts'
import { createIdentity } from '../../server/identity/identity.ts'
import { parseJoinLink } from '../../server/identity/joinLink.ts'
import { joinTeam } from '../../server/identity/joinTeam.ts'
import { createTeamKeys, mintFor, mintToken } from '../../server/identity/token.ts'
import { dialByHand, type HandPeer, helloOf, upgradeStatus } from '../support/handPeer.ts'
import { type HttpAnswer, type HttpCall, httpCall } from '../support/httpCall.ts'
import {
  admitted,
  batchOf,
  expectOneLine,
  expectRefusal,
  fewAtATime,
  holdings,
  joinAsBrowser,
  lanOf,
  makeWedding,
  newJoin,
  push,
  secretOf,
  weddings,
} from '../support/teamCalls.ts'
import {
  eventually,
  type Ready,
  type Rest,
  rest,
  type Server,
  serve,
  temporaryFolders,
  wedsync,
} from '../support/wedsync.ts'

const TEN_MB = 10_000_000
const DOORS = ['loopback', 'LAN', 'cloud'] as const
type Door = (typeof DOORS)[number]
type Wedding = Awaited<ReturnType<typeof makeWedding>>
type Member = Awaited<ReturnType<typeof admitted>>

const folders = temporaryFolders()
const running = new Set<Server>()
let cloud: Server
let hub: Server
let lan: NonNullable<Ready['lan']>
let owner: Rest
let ownerAtCloud: Rest
/** A tablet of an owner: the hub's own token is good at the LAN only with the hub's certificate. */
let ownersTablet: Member
let weddingA: Wedding
let weddingB: Wedding
/** A tablet that may enter wedding A only. */
let tablet: Member
/** The folder of an install that was stopped in good order. */
let stoppedDir: string
let before: unknown

async function up(args: readonly string[]): Promise<Server> {
  const server = await serve(args)
  running.add(server)
  return server
}

function at(door: Door, path: string, options: HttpCall = {}): Promise<HttpAnswer> {
  const places = {
    loopback: { url: hub.ready.url },
    LAN: { url: lan.url, fingerprint: lan.fingerprint },
    cloud: { url: cloud.ready.url },
  }
  const { url, ...pin } = places[door]
  return httpCall(`${url}/api/offline/${path}`, { ...pin, ...options })
}

/** A token that opens everything there. */
function ownersTokenAt(door: Door): string {
  return door === 'LAN' ? ownersTablet.token : (hub.ready.token ?? '')
}

function pushAt(door: Door, token: string | undefined, changes: readonly OutgoingChange[]): Promise<HttpAnswer> {
  return at(door, 'sync', { method: 'POST', token, body: JSON.stringify(batchOf(changes)) })
}

async function everywhere(): Promise<unknown> {
  return { hub: await holdings(owner), cloud: await holdings(ownerAtCloud) }
}

function itemIn(wedding: Wedding): string {
  const [id] = wedding.items
  if (id === undefined) throw new Error('the wedding has no items')
  return id
}

async function stoppedInstall(): Promise<string> {
  const dir = folders.make('stopped')
  const server = await serve(['device', '--data', dir])
  const titles = Array.from({ length: 99 }, (_, index) => `Item ${index} ${'of a long day '.repeat(12)}`)
  await makeWedding(rest(server.ready.url, server.ready.token), 'Ana & Rui', titles)
  expect((await server.stop()).code).toBe(0)
  return dir
}

beforeAll(async () => {
  const [dir] = await Promise.all([stoppedInstall(), startServers()])
  stoppedDir = dir
  await eventually('the cloud has both', everywhereEqual, (equal) => equal)
  before = await everywhere()
})

async function startServers(): Promise<void> {
  cloud = await up(['cloud', '--data', folders.make('cloud')])
  hub = await up([
    ...['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'],
    ...['--cloud', cloud.ready.url, '--cloud-token', cloud.ready.enrol ?? ''],
  ])
  lan = lanOf(hub.ready)
  owner = rest(hub.ready.url, hub.ready.token)
  ownerAtCloud = rest(cloud.ready.url, hub.ready.token)
  weddingA = await makeWedding(owner, 'Ana & Rui', ['Ceremony', 'Dinner'])
  weddingB = await makeWedding(owner, 'Bea & Tom', ['Ceremony', 'Party'])
  ownersTablet = await admitted(lan, (await newJoin(owner, { role: 'owner' })).join)
  tablet = await admitted(lan, (await newJoin(owner, { role: 'planner', weddings: [weddingA.id] })).join)
}

async function everywhereEqual(): Promise<boolean> {
  const [atHub, atCloud] = [await holdings(owner), await holdings(ownerAtCloud)]
  return atHub.length === 2 && JSON.stringify(atHub) === JSON.stringify(atCloud)
}

afterEach(async () => {
  expect(await everywhere()).toEqual(before)
})

afterAll(async () => {
  await Promise.all([...running].map((server) => server.kill()))
  folders.cleanUp()
})

describe('a join link', () => {
  const device = (name: string, link: string) =>
    wedsync(['device', '--data', folders.make(name), '--join', link, '--json'])

  it('with the fingerprint of another hub sends nothing to this one, and the right link still works', async () => {
    const { join: link } = await newJoin(owner, { role: 'photographer' })
    const other = `sha256:${createHash('sha256').update('another hub').digest('base64url')}`
    const log = hub.log()
    const refused = await device('pinned', link.replace(lan.fingerprint, other))
    expectOneLine(refused, { code: 1, line: /Another device than the hub.*nothing was sent.*ask for a new link/ })
    expect(hub.log()).toBe(log)
    expect(log).not.toContain('join refused')
    expect((await admitted(lan, link)).grant.role).toBe('photographer')
  })

  it('that was used is refused to the next device, and whoever used it stays in', async () => {
    const { join: link } = await newJoin(owner, { role: 'planner', weddings: [weddingA.id] })
    const { token } = await admitted(lan, link)
    expectOneLine(await device('late', link), { code: 1, line: /has been used already.*ask for a new one/ })
    expectRefusal(await joinAsBrowser(lan, link), { status: 410, code: 'JOIN_SECRET_USED' })
    expect((await at('LAN', 'status', { token })).status).toBe(200)
  })

  it('that this hub never made is refused', async () => {
    const made = secretOf(lan.join)
    const guessed = lan.join.replace(made, randomBytes(32).toString('base64url'))
    expectOneLine(await device('guess', guessed), { code: 1, line: /does not know this link.*ask for a new one/ })
    expectRefusal(await joinAsBrowser(lan, guessed), { status: 403, code: 'JOIN_SECRET_UNKNOWN' })
  })

  it('that is malformed is refused before anything is made', async () => {
    const links = ['', 'hello', 'wedsync://join', `${lan.join.slice(0, 60)}`, lan.join.replace('&secret=', '&secre=')]
    await fewAtATime([...links.entries()], async ([index, link]) => {
      const end = await device(`malformed-${index}`, link)
      expectOneLine(end, { code: 2, line: /--join: The link cannot be used: it / })
      expect(existsSync(folders.make(`malformed-${index}`))).toBe(false)
    })
  })

  it('cannot be made with rights that the caller lacks, and not for less than a minute', async () => {
    const make = (token: string | undefined, request: unknown) =>
      at('LAN', 'hub/joins', { method: 'POST', token, body: JSON.stringify(request) })
    expectRefusal(await make(tablet.token, { role: 'planner' }), { status: 403, code: 'FORBIDDEN' })
    expectRefusal(await make(ownersTablet.token, { expiresInSeconds: 59 }), { status: 400, code: 'VALIDATION_ERROR' })
    expectRefusal(await make(ownersTablet.token, { role: 'king' }), { status: 400, code: 'VALIDATION_ERROR' })
  })

  it.each([
    ['no JSON', '{"secret"', 400, 'INVALID_JSON'],
    ['no request', '{"kind":"browser"}', 400, 'VALIDATION_ERROR'],
    ['10 MB', JSON.stringify({ kind: 'x'.repeat(TEN_MB) }), 413, 'PAYLOAD_TOO_LARGE'],
  ])('presented as %s is refused', async (_what, body, status, code) => {
    expectRefusal(await at('LAN', 'join', { method: 'POST', body }), { status, code })
  })
})

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
    const good = hub.ready.token ?? ''
    const [version, payload = '', signature] = good.split('.')
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const changed = { ...Object(claims), user: crypto.randomUUID() }
    const stranger = createTeamKeys().privateKey
    const bearer = {
      user: crypto.randomUUID(),
      device: tablet.deviceId,
      holder: 'browser',
      role: 'owner',
      weddings: 'all',
    } as const
    return {
      none: undefined,
      garbage: 'garbage',
      'that of the cloud': cloud.ready.enrol,
      'of another team': mintFor({ ...bearer, team: crypto.randomUUID() }, stranger, Date.now()),
      'of this team, signed by a stranger': mintFor({ ...bearer, team: tablet.team.id }, stranger, Date.now()),
      'with a changed payload': [version, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join(
        '.',
      ),
      'with a changed signature': `${good.slice(0, -10)}AAAAAAAAAA`,
      'that has expired': await expired(),
    }
  }

  async function expired(): Promise<string> {
    const link = parseJoinLink(lan.join)
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
    expect((await at('loopback', 'weddings', { token: mint(Date.now() + 60_000) })).status).toBe(200)
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
        const answer = await at(door, path, { method, token, ...body })
        expect(answer.status, `${method} ${path} with a token: ${what}`).toBe(401)
        expectRefusal(answer, { status: 401, code: 'UNAUTHENTICATED' })
      }
    }
  })

  it.each(DOORS)('gives the identity at the %s, and x-user-id may not say another', async (door) => {
    const token = ownersTokenAt(door)
    const own = door === 'LAN' ? ownersTablet.userId : (hub.ready.userId ?? '')
    const call = (user: string) => at(door, 'weddings', { token, headers: { 'x-user-id': user } })
    expectRefusal(await call(crypto.randomUUID()), { status: 403, code: 'FORBIDDEN' })
    expect((await call(own)).status).toBe(200)
  })

  it('of a laptop opens the LAN with the certificate of that laptop, and with no other', async () => {
    const link = parseJoinLink((await newJoin(owner, { role: 'planner' })).join)
    if (!link.ok) throw new Error(link.error.reason)
    const [laptop, thief] = await Promise.all(
      ['Laptop', 'Thief'].map((deviceName) => createIdentity({ deviceName, personName: 'Carla', nowMs: Date.now() })),
    )
    if (!laptop || !thief) throw new Error('no laptops')
    const joined = await joinTeam(link.value, laptop)
    if (!joined.ok) throw new Error(joined.error.kind)
    const { token } = joined.value
    const live = (own?: typeof laptop) =>
      upgradeStatus(`${lan.url}/api/offline/live`, {}, [token], lan.fingerprint, own)
    expect((await at('LAN', 'weddings', { token, own: laptop })).status).toBe(200)
    expect(await live(laptop)).toBe(101)
    for (const own of [undefined, thief]) {
      expectRefusal(await at('LAN', 'weddings', { token, own }), { status: 401, code: 'UNAUTHENTICATED' })
      expect(await live(own)).toBe(401)
    }
  })

  it('is not needed for health, which tells nothing personal', async () => {
    for (const door of DOORS) {
      const { status, body } = await at(door, 'health')
      expect(status).toBe(200)
      expect(Object.keys(Object(body)).sort()).toEqual(['role', 'status', 'uptimeSeconds', 'version'])
    }
  })

  it('of another team that has enrolled at the cloud finds an empty cloud', async () => {
    const { publicKey, privateKey } = createTeamKeys()
    const team = crypto.randomUUID()
    const enrolment = { method: 'POST', body: JSON.stringify({ team: { id: team, publicKey } }) }
    expect((await at('cloud', 'enrol', { ...enrolment, token: cloud.ready.enrol })).status).toBe(200)
    const bearer = {
      team,
      user: crypto.randomUUID(),
      device: tablet.deviceId,
      holder: 'browser',
      role: 'owner',
      weddings: 'all',
    } as const
    const token = mintFor(bearer, privateKey, Date.now())
    expect(await weddings(rest(cloud.ready.url, token))).toEqual([])
    expectRefusal(await at('cloud', `weddings/${weddingA.id}/records`, { token }), { status: 404, code: 'NOT_FOUND' })
    const edit = { action: 'update', table: 'timeline_items', id: itemIn(weddingA), data: { title: 'Mine' } } as const
    expectRefusal(await at('cloud', `records/${edit.id}/history`, { token }), { status: 404, code: 'NOT_FOUND' })
    expectRefusal(await pushAt('cloud', token, [edit]), { status: 403, code: 'FORBIDDEN' })
    const wedding = {
      action: 'create',
      table: 'weddings',
      id: weddingA.id,
      data: { name: 'Mine', date: '2027-06-12' },
    } as const
    expectRefusal(await pushAt('cloud', token, [wedding]), { status: 403, code: 'FORBIDDEN' })
    const added = {
      ...edit,
      action: 'create',
      id: crypto.randomUUID(),
      data: { wedding_id: weddingA.id, title: 'x' },
    } as const
    const { failures, processed } = syncReply.parse((await pushAt('cloud', token, [added])).body)
    expect([failures.length, processed.length]).toEqual([1, 0])
    const own = { ...wedding, id: crypto.randomUUID() }
    expect((await pushAt('cloud', token, [own])).status).toBe(200)
    expect((await weddings(rest(cloud.ready.url, token))).map(({ id }) => id)).toEqual([own.id])
  })
})

describe('an enrolment at the cloud', () => {
  const enrol = (token: string | undefined, body: string) => at('cloud', 'enrol', { method: 'POST', token, body })
  const team = (id: string) => JSON.stringify({ team: { id, publicKey: createTeamKeys().publicKey } })

  it('needs the token, and a team', async () => {
    const id = crypto.randomUUID()
    expectRefusal(await enrol(undefined, team(id)), { status: 401, code: 'UNAUTHENTICATED' })
    expectRefusal(await enrol(hub.ready.token, team(id)), { status: 401, code: 'UNAUTHENTICATED' })
    expectRefusal(await enrol(cloud.ready.enrol, '{"team"'), { status: 400, code: 'VALIDATION_ERROR' })
    expectRefusal(await enrol(cloud.ready.enrol, '{"team":{"id":"x"}}'), { status: 400, code: 'VALIDATION_ERROR' })
  })

  it('cannot take over a team, nor get into a wedding by calling the team after it', async () => {
    for (const id of [tablet.team.id, weddingA.id]) {
      expectRefusal(await enrol(cloud.ready.enrol, team(id)), { status: 409, code: 'OTHER_KEY' })
    }
  })
})

describe('a request', () => {
  it.each([
    ['POST', 'sync', DOORS],
    ['PUT', 'sync/resolve', DOORS],
    ['POST', 'hub/joins', DOORS],
  ] as const)('%s %s that is not JSON, or not as the contract says, or 10 MB large', async (method, path, doors) => {
    for (const door of doors) {
      const call = (body: string) => at(door, path, { method, token: ownersTokenAt(door), body })
      expectRefusal(await call('{"changes": ['), { status: 400, code: 'INVALID_JSON' })
      expectRefusal(await call('[1, 2]'), { status: 400, code: 'VALIDATION_ERROR' })
      expectRefusal(await call('"\ud800"'), { status: 400, code: 'VALIDATION_ERROR' })
      expectRefusal(await call(JSON.stringify({ x: 'x'.repeat(TEN_MB) })), { status: 413, code: 'PAYLOAD_TOO_LARGE' })
      expectRefusal(await call(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`), {
        status: 413,
        code: 'NESTING_TOO_DEEP',
      })
      expect((await at(door, 'health')).status).toBe(200)
    }
  })

  it('of 10 MB without a token is refused too', async () => {
    const body = JSON.stringify({ x: 'x'.repeat(TEN_MB) })
    for (const door of DOORS) {
      expectRefusal(await at(door, 'sync', { method: 'POST', body }), { status: 401, code: 'UNAUTHENTICATED' })
    }
  })

  it('with an unknown table, field value or id fails by item, and is not to be tried again', async () => {
    const wedding_id = weddingA.id
    const changes: readonly OutgoingChange[] = [
      { action: 'create', table: 'spaceships', id: crypto.randomUUID(), data: { wedding_id, name: 'Enterprise' } },
      { action: 'create', table: 'members', id: crypto.randomUUID(), data: { wedding_id, role: 'owner' } },
      {
        action: 'create',
        table: 'timeline_items',
        id: crypto.randomUUID(),
        data: { wedding_id, startTime: 'tea time' },
      },
      { action: 'update', table: 'timeline_items', id: crypto.randomUUID(), data: { title: 'Never seen' } },
    ]
    // Of a team that seals, the cloud takes nothing in the open, whatever it is.
    expectRefusal(await pushAt('cloud', hub.ready.token, changes), { status: 409, code: 'SEALED' })
    for (const door of ['loopback', 'LAN'] as const) {
      const { status, body } = await pushAt(door, ownersTokenAt(door), changes)
      expect(status).toBe(200)
      const { processed, failures } = syncReply.parse(body)
      expect(processed).toEqual([])
      expect(failures.map(({ changeId }) => changeId)).toEqual(changes.map(({ id }) => id))
      expect(failures.every(({ retryable, error }) => !retryable && error !== '')).toBe(true)
      expect(failures[0]?.error).toContain('spaceships')
    }
  })

  it('to no route, or with the wrong method, is answered in JSON', async () => {
    for (const door of DOORS) {
      const token = ownersTokenAt(door)
      expectRefusal(await at(door, 'no/such/route', { token }), { status: 404, code: 'NOT_FOUND' })
      expectRefusal(await at(door, 'weddings', { method: 'DELETE', token }), {
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
      })
      expectRefusal(await at(door, 'sync?since=yesterday', { token }), { status: 400, code: 'VALIDATION_ERROR' })
    }
  })
})

describe('a device with a grant for one wedding', () => {
  it.each(DOORS)('touches and sees no other over REST at the %s', async (door) => {
    const { token } = tablet
    const [mine, foreign] = [itemIn(weddingA), itemIn(weddingB)]
    const edit = { action: 'update', table: 'timeline_items', id: foreign, data: { title: 'Changed' } } as const
    const refused: readonly (readonly OutgoingChange[])[] = [
      [edit],
      [{ ...edit, data: { wedding_id: weddingA.id, title: 'Moved' } }],
      [{ ...edit, action: 'delete', data: {} }],
      [{ ...edit, action: 'create', data: { wedding_id: weddingA.id, title: 'Mine now' } }],
      [{ ...edit, action: 'create', id: crypto.randomUUID(), data: { wedding_id: weddingB.id, title: 'New' } }],
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
      expectRefusal(await pushAt(door, token, changes), { status: 403, code: 'FORBIDDEN' })
    }
    expectRefusal(await at(door, `weddings/${weddingB.id}/records`, { token }), { status: 404, code: 'NOT_FOUND' })
    expectRefusal(await at(door, `records/${foreign}/history`, { token }), { status: 404, code: 'NOT_FOUND' })
    const list = await at(door, 'weddings', { token })
    expect(JSON.stringify(list.body)).toContain(weddingA.id)
    expect(JSON.stringify(list.body)).not.toContain(weddingB.id)
  })

  it.each(['LAN', 'cloud'] as const)(
    'brings no record of another into the %s as a peer, and is sent none',
    async (door) => {
      const peer = await dialAt(door)
      peer.send(helloOf(peer, { deviceId: tablet.deviceId, team: tablet.team.id, token: tablet.token }))
      await peer.next('hello')
      peer.send({ type: 'resume', cursors: {} })
      await peer.next('resume')
      const foreign = itemIn(weddingB)
      const made = (id: string, scope: string) => {
        const author = { actor: newActor(), stamp: makeStamp(Date.now(), 0) }
        return encodeRecord(createRecord({ id, scope, table: 'timeline_items', data: { title: 'Smuggled' } }, author))
      }
      const attempts = [
        { scope: weddingB.id, record: made(crypto.randomUUID(), weddingB.id) },
        { scope: weddingB.id, record: made(foreign, weddingB.id) },
        { scope: weddingA.id, record: made(crypto.randomUUID(), weddingB.id) },
        { scope: weddingA.id, record: made(foreign, weddingA.id) },
        { scope: weddingA.id, record: { id: foreign, nonsense: true } },
      ]
      for (const [index, { scope, record }] of attempts.entries()) {
        peer.send({ type: 'changes', scope, seq: index + 1, remaining: 0, records: [record] })
        const ack = await peer.next('ack')
        expect(ack).toMatchObject({ scope, seq: index + 1 })
        expect(ack.refused.map(({ id }) => id)).toEqual([JSON.parse(JSON.stringify(record)).id])
        expect(ack.refused[0]?.reason).not.toBe('')
      }
      peer.send({ type: 'digest', scope: weddingB.id, classes: {}, except: [] })
      expect((await peer.next('verdict')).outcome).toBe('foreign')
      peer.send({ type: 'resend', scope: weddingB.id })
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
        (scopes) => scopes.includes(weddingA.id),
      )
      expect(sent).not.toContain(weddingB.id)
      peer.end()
    },
  )
})

function dialAt(door: 'LAN' | 'cloud'): Promise<HandPeer> {
  return door === 'LAN' ? dialByHand(lan.url, lan.fingerprint) : dialByHand(cloud.ready.url)
}

describe.each(['LAN', 'cloud'] as const)('a peer at the %s', (door) => {
  it('without a valid token is told so and let go', async () => {
    const { deviceId, token, team } = tablet
    const [version, payload = '', signature] = token.split('.')
    const flipped = `${payload.slice(0, -1)}${payload.endsWith('A') ? 'B' : 'A'}`
    const hellos = [
      { deviceId, team: team.id },
      { deviceId, team: team.id, token: 'garbage' },
      { deviceId, team: team.id, token: [version, flipped, signature].join('.') },
      { deviceId: randomBytes(32).toString('base64url'), team: team.id, token },
    ]
    for (const hello of hellos) {
      const peer = await dialAt(door)
      peer.send(helloOf(peer, hello))
      expect((await peer.next('error')).code).toBe('UNAUTHENTICATED')
      await peer.closed()
      expect(peer.received.map(({ type }) => type)).toEqual(['error'])
    }
  })

  it.each([
    ['no JSON', 'hello', 'BAD_MESSAGE'],
    ['no message', '{"type":"launch"}', 'BAD_MESSAGE'],
    [
      'changes before the hello',
      JSON.stringify({ type: 'changes', scope: crypto.randomUUID(), seq: 1, remaining: 0, records: [] }),
      'PROTOCOL',
    ],
  ])('that sends %s is told so and let go', async (_what, text, code) => {
    const peer = await dialAt(door)
    peer.sendText(text)
    expect((await peer.next('error')).code).toBe(code)
    await peer.closed()
    expect((await at(door, 'health')).status).toBe(200)
  })

  it('that sends a frame of 10 MB is cut off, and the others notice nothing', async () => {
    const other = await dialAt(door)
    const peer = await dialAt(door)
    peer.sendText('x'.repeat(TEN_MB))
    // 1009 is "too big"; 1006 if the line was cut before that arrived.
    expect([1006, 1009]).toContain(await peer.closed())
    other.send(helloOf(other, { deviceId: tablet.deviceId, team: tablet.team.id, token: tablet.token }))
    expect((await other.next('hello')).protocol).toBe(PROTOCOL)
    expect((await at(door, 'health')).body).toMatchObject({ status: 'ok' })
    other.end()
  })
})

describe('a page of a stranger', () => {
  it('that resolves its own name to this computer is refused by the Host header', async () => {
    const port = new URL(hub.ready.url).port
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`]) {
      for (const path of ['health', 'weddings', 'window', 'no/such/route']) {
        const answer = await at('loopback', path, { token: hub.ready.token, headers: { Host: host } })
        expectRefusal(answer, { status: 403, code: 'FORBIDDEN' })
      }
    }
    expect(
      (await at('loopback', 'weddings', { token: hub.ready.token, headers: { Host: `localhost:${port}` } })).status,
    ).toBe(200)
  })

  it('gets nothing of the window without the secret of the launch', async () => {
    expectRefusal(await at('loopback', 'window'), { status: 401, code: 'UNAUTHENTICATED' })
    // Of this install's owner, and yet not what opens the database itself.
    expectRefusal(await at('loopback', 'window', { token: hub.ready.token }), { status: 401, code: 'UNAUTHENTICATED' })
  })

  it('cannot open the database by WebSocket', async () => {
    const url = `${hub.ready.url.replace('http', 'ws')}/api/offline/window/storage`
    const own = { Origin: hub.ready.url }
    const token = hub.ready.token ?? ''
    const attempts: readonly (readonly [Record<string, string>, readonly string[], number])[] = [
      [own, [], 401],
      [own, ['wedsync'], 401],
      [own, ['wedsync', randomBytes(32).toString('base64url')], 401],
      [own, ['wedsync', token], 401],
      [{}, ['wedsync', token], 403],
      [{ Origin: 'https://evil.example' }, ['wedsync', token], 403],
      [{ Origin: hub.ready.url.replace('http', 'https') }, ['wedsync', token], 403],
      [{ Origin: 'http://evil.example', Host: 'evil.example' }, ['wedsync', token], 403],
      [{ Origin: 'null' }, ['wedsync', token], 403],
    ]
    for (const [headers, protocols, status] of attempts) {
      expect(await upgradeStatus(url, headers, protocols), JSON.stringify(headers)).toBe(status)
    }
    expect(await upgradeStatus(`${hub.ready.url.replace('http', 'ws')}/api/offline/peer`, own, [])).toBe(404)
  })
})

describe('a data folder', () => {
  it('that a process has open is refused to a second one, and the first goes on', async () => {
    const dir = folders.make('hub')
    const ends = await Promise.all([
      wedsync(['device', '--data', dir, '--json']),
      wedsync(['restore', '--data', dir, '--at', new Date().toISOString()]),
      wedsync(['cloud', '--data', folders.make('cloud'), '--json']),
    ])
    const held = (server: Server, role: string) =>
      new RegExp(`in use by process ${server.pid}${role}.*: stop that first`)
    for (const end of ends.slice(0, 2))
      expectOneLine(end, { code: 3, line: held(hub, ` \\(hub at ${hub.ready.url}, since`) })
    for (const end of ends.slice(2)) expectOneLine(end, { code: 3, line: held(cloud, ' since') })
    for (const door of DOORS) expect((await at(door, 'health')).body).toMatchObject({ status: 'ok' })
  })

  it('of a process that was killed is taken over, with everything that was acknowledged', async () => {
    const dir = folders.make('killed')
    cpSync(stoppedDir, dir, { recursive: true })
    const first = await serve(['device', '--data', dir])
    const api = rest(first.ready.url, first.ready.token)
    const [wedding] = await weddings(api)
    const added = { wedding_id: wedding?.id, title: 'Acknowledged' }
    await push(api, [{ action: 'create', table: 'timeline_items', id: crypto.randomUUID(), data: added }])
    const held = await holdings(api)
    await first.kill()
    const second = await up(['device', '--data', dir])
    expect(second.ready.deviceId).toBe(first.ready.deviceId)
    expect(await holdings(rest(second.ready.url, second.ready.token))).toEqual(held)
  })

  const damages: readonly (readonly [what: string, spoil: (bytes: Buffer) => Buffer, line: RegExp])[] = [
    ...[0.1, 0.5].map((place) => {
      const spoil = (bytes: Buffer) => {
        const from = Math.floor(bytes.length * place)
        return Buffer.from(bytes).fill(randomBytes(512), from, from + 512)
      }
      return [`with random bytes at ${place}`, spoil, /wedsync\.db cannot be read: it is damaged.*backup/] as const
    }),
    ['cut off', (bytes) => bytes.subarray(0, bytes.length / 2), /wedsync\.db cannot be read: it is damaged.*backup/],
    [
      'replaced by text',
      () => Buffer.from('Dear diary,\n'.repeat(1_000)),
      /wedsync\.db cannot be read: it is damaged.*backup/,
    ],
  ]

  it.each(damages)('whose database is %s is refused and left as it is', async (what, spoil, line) => {
    const dir = folders.make(`damaged ${what}`)
    cpSync(stoppedDir, dir, { recursive: true })
    const file = join(dir, 'wedsync.db')
    const damaged = spoil(readFileSync(file))
    writeFileSync(file, damaged)
    for (const command of [['verify'], ['hub', '--lan-host', '127.0.0.1', '--json']]) {
      expectOneLine(await wedsync([...command, '--data', dir]), { code: 1, line })
      expect(readFileSync(file).equals(damaged)).toBe(true)
    }
  })

  it.each([
    ['of another folder', randomBytes(32).toString('hex'), /the key beside it belongs to another one/],
    ['that is no key', 'open sesame', /key is not a database key.*put the right key file back/],
    ['that is gone', undefined, /key is missing.*put the key file back/],
  ])('with a key file %s is refused, and opens again with the right one', async (what, key, line) => {
    const dir = folders.make(`key ${what}`)
    cpSync(stoppedDir, dir, { recursive: true, filter: (path) => key !== undefined || !path.endsWith('/key') })
    if (key !== undefined) writeFileSync(join(dir, 'key'), key)
    const database = readFileSync(join(dir, 'wedsync.db'))
    expectOneLine(await wedsync(['device', '--data', dir, '--json']), { code: 1, line })
    expect(readFileSync(join(dir, 'wedsync.db')).equals(database)).toBe(true)
    cpSync(join(stoppedDir, 'key'), join(dir, 'key'))
    expect((await wedsync(['verify', '--data', dir])).code).toBe(0)
  })

  it('whose database is empty is not called faultless', async () => {
    const dir = folders.make('emptied')
    cpSync(stoppedDir, dir, { recursive: true })
    writeFileSync(join(dir, 'wedsync.db'), '')
    expectOneLine(await wedsync(['verify', '--data', dir]), { code: 1, line: /is empty.*backup/ })
    expect(readFileSync(join(dir, 'wedsync.db'))).toHaveLength(0)
  })
})
