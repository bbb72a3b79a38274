/**
 * What people, programs and strangers bring to the doors of a team and should not have: links, enrolments, requests,
 * messages and pages. Each time the answer says what is wrong, and no wedding has changed anywhere (`afterEach`).
 *
 * Not here: an expired secret. The shortest life that the route gives one is a minute, and no test waits that long;
 * `test/server/identity/joins.test.ts` and `joining.test.ts` cover the millisecond and the sentence that the person reads.
 */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OutgoingChange } from '../../model/client/calls.ts'
import { syncReply } from '../../model/rest/sync.ts'
import { PROTOCOL } from '../../model/wire/version.ts'
import { createTeamKeys } from '../../server/identity/token.ts'
import { DOORS, type GuardedTeam, openGuardedTeam } from '../support/guardedTeam.ts'
import { helloOf, upgradeStatus } from '../support/handPeer.ts'
import {
  admitted,
  expectOneLine,
  expectRefusal,
  fewAtATime,
  joinAsBrowser,
  newJoin,
  secretOf,
} from '../support/teamCalls.ts'
import { runningServers, temporaryFolders, wedsync } from '../support/wedsync.ts'

const TEN_MB = 10_000_000

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

describe('a join link', () => {
  const device = (name: string, link: string) =>
    wedsync(['device', '--data', folders.make(name), '--join', link, '--json'])

  it('with the fingerprint of another hub sends nothing to this one, and the right link still works', async () => {
    const { join: link } = await newJoin(guarded.owner, { role: 'photographer' })
    const other = `sha256:${createHash('sha256').update('another hub').digest('base64url')}`
    const log = guarded.hub.log()
    const refused = await device('pinned', link.replace(guarded.lan.fingerprint, other))
    expectOneLine(refused, { code: 1, line: /Another device than the hub.*nothing was sent.*ask for a new link/ })
    expect(guarded.hub.log()).toBe(log)
    expect(log).not.toContain('join refused')
    expect((await admitted(guarded.lan, link)).grant.role).toBe('photographer')
  })

  it('that was used is refused to the next device, and whoever used it stays in', async () => {
    const { join: link } = await newJoin(guarded.owner, { role: 'planner', weddings: [guarded.weddingA.id] })
    const { token } = await admitted(guarded.lan, link)
    expectOneLine(await device('late', link), { code: 1, line: /has been used already.*ask for a new one/ })
    expectRefusal(await joinAsBrowser(guarded.lan, link), { status: 410, code: 'JOIN_SECRET_USED' })
    expect((await guarded.at('LAN', 'status', { token })).status).toBe(200)
  })

  it('that this hub never made is refused', async () => {
    const made = secretOf(guarded.lan.join)
    const guessed = guarded.lan.join.replace(made, randomBytes(32).toString('base64url'))
    expectOneLine(await device('guess', guessed), { code: 1, line: /does not know this link.*ask for a new one/ })
    expectRefusal(await joinAsBrowser(guarded.lan, guessed), { status: 403, code: 'JOIN_SECRET_UNKNOWN' })
  })

  it('that is malformed is refused before anything is made', async () => {
    const links = [
      '',
      'hello',
      'wedsync://join',
      `${guarded.lan.join.slice(0, 60)}`,
      guarded.lan.join.replace('&secret=', '&secre='),
    ]
    await fewAtATime([...links.entries()], async ([index, link]) => {
      const end = await device(`malformed-${index}`, link)
      expectOneLine(end, { code: 2, line: /--join: The link cannot be used: it / })
      expect(existsSync(folders.make(`malformed-${index}`))).toBe(false)
    })
  })

  it('cannot be made with rights that the caller lacks, and not for less than a minute', async () => {
    const make = (token: string | undefined, request: unknown) =>
      guarded.at('LAN', 'hub/joins', { method: 'POST', token, body: JSON.stringify(request) })
    expectRefusal(await make(guarded.tablet.token, { role: 'planner' }), { status: 403, code: 'FORBIDDEN' })
    expectRefusal(await make(guarded.ownersTablet.token, { expiresInSeconds: 59 }), {
      status: 400,
      code: 'VALIDATION_ERROR',
    })
    expectRefusal(await make(guarded.ownersTablet.token, { role: 'king' }), { status: 400, code: 'VALIDATION_ERROR' })
  })

  it.each([
    ['no JSON', '{"secret"', 400, 'INVALID_JSON'],
    ['no request', '{"kind":"browser"}', 400, 'VALIDATION_ERROR'],
    ['10 MB', JSON.stringify({ kind: 'x'.repeat(TEN_MB) }), 413, 'PAYLOAD_TOO_LARGE'],
  ])('presented as %s is refused', async (_what, body, status, code) => {
    expectRefusal(await guarded.at('LAN', 'join', { method: 'POST', body }), { status, code })
  })
})

describe('an enrolment at the cloud', () => {
  const enrol = (token: string | undefined, body: string) =>
    guarded.at('cloud', 'enrol', { method: 'POST', token, body })
  const team = (id: string) => JSON.stringify({ team: { id, publicKey: createTeamKeys().publicKey } })

  it('needs the token, and a team', async () => {
    const id = crypto.randomUUID()
    expectRefusal(await enrol(undefined, team(id)), { status: 401, code: 'UNAUTHENTICATED' })
    expectRefusal(await enrol(guarded.hub.ready.token, team(id)), { status: 401, code: 'UNAUTHENTICATED' })
    expectRefusal(await enrol(guarded.cloud.ready.enrol, '{"team"'), { status: 400, code: 'VALIDATION_ERROR' })
    expectRefusal(await enrol(guarded.cloud.ready.enrol, '{"team":{"id":"x"}}'), {
      status: 400,
      code: 'VALIDATION_ERROR',
    })
  })

  it('cannot take over a team, nor get into a wedding by calling the team after it', async () => {
    for (const id of [guarded.tablet.team.id, guarded.weddingA.id]) {
      expectRefusal(await enrol(guarded.cloud.ready.enrol, team(id)), { status: 409, code: 'OTHER_KEY' })
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
      const call = (body: string) => guarded.at(door, path, { method, token: guarded.ownersTokenAt(door), body })
      expectRefusal(await call('{"changes": ['), { status: 400, code: 'INVALID_JSON' })
      expectRefusal(await call('[1, 2]'), { status: 400, code: 'VALIDATION_ERROR' })
      expectRefusal(await call('"\ud800"'), { status: 400, code: 'VALIDATION_ERROR' })
      expectRefusal(await call(JSON.stringify({ x: 'x'.repeat(TEN_MB) })), { status: 413, code: 'PAYLOAD_TOO_LARGE' })
      expectRefusal(await call(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`), {
        status: 413,
        code: 'NESTING_TOO_DEEP',
      })
      expect((await guarded.at(door, 'health')).status).toBe(200)
    }
  })

  it('of 10 MB without a token is refused too', async () => {
    const body = JSON.stringify({ x: 'x'.repeat(TEN_MB) })
    for (const door of DOORS) {
      expectRefusal(await guarded.at(door, 'sync', { method: 'POST', body }), { status: 401, code: 'UNAUTHENTICATED' })
    }
  })

  it('with an unknown table, field value or id fails by item, and is not to be tried again', async () => {
    const wedding_id = guarded.weddingA.id
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
    expectRefusal(await guarded.pushAt('cloud', guarded.hub.ready.token, changes), { status: 409, code: 'SEALED' })
    for (const door of ['loopback', 'LAN'] as const) {
      const { status, body } = await guarded.pushAt(door, guarded.ownersTokenAt(door), changes)
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
      const token = guarded.ownersTokenAt(door)
      expectRefusal(await guarded.at(door, 'no/such/route', { token }), { status: 404, code: 'NOT_FOUND' })
      expectRefusal(await guarded.at(door, 'weddings', { method: 'DELETE', token }), {
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
      })
      expectRefusal(await guarded.at(door, 'sync?since=yesterday', { token }), {
        status: 400,
        code: 'VALIDATION_ERROR',
      })
    }
  })
})

describe.each(['LAN', 'cloud'] as const)('a peer at the %s', (door) => {
  it('without a valid token is told so and let go', async () => {
    const { deviceId, token, team } = guarded.tablet
    const [version, payload = '', signature] = token.split('.')
    const flipped = `${payload.slice(0, -1)}${payload.endsWith('A') ? 'B' : 'A'}`
    const hellos = [
      { deviceId, team: team.id },
      { deviceId, team: team.id, token: 'garbage' },
      { deviceId, team: team.id, token: [version, flipped, signature].join('.') },
      { deviceId: randomBytes(32).toString('base64url'), team: team.id, token },
    ]
    for (const hello of hellos) {
      const peer = await guarded.dialAt(door)
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
    const peer = await guarded.dialAt(door)
    peer.sendText(text)
    expect((await peer.next('error')).code).toBe(code)
    await peer.closed()
    expect((await guarded.at(door, 'health')).status).toBe(200)
  })

  it('that sends a frame of 10 MB is cut off, and the others notice nothing', async () => {
    const other = await guarded.dialAt(door)
    const peer = await guarded.dialAt(door)
    peer.sendText('x'.repeat(TEN_MB))
    // 1009 is "too big"; 1006 if the line was cut before that arrived.
    expect([1006, 1009]).toContain(await peer.closed())
    other.send(
      helloOf(other, { deviceId: guarded.tablet.deviceId, team: guarded.tablet.team.id, token: guarded.tablet.token }),
    )
    expect((await other.next('hello')).protocol).toBe(PROTOCOL)
    expect((await guarded.at(door, 'health')).body).toMatchObject({ status: 'ok' })
    other.end()
  })
})

describe('a page of a stranger', () => {
  it('that resolves its own name to this computer is refused by the Host header', async () => {
    const port = new URL(guarded.hub.ready.url).port
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`]) {
      for (const path of ['health', 'weddings', 'window', 'no/such/route']) {
        const answer = await guarded.at('loopback', path, { token: guarded.hub.ready.token, headers: { Host: host } })
        expectRefusal(answer, { status: 403, code: 'FORBIDDEN' })
      }
    }
    expect(
      (
        await guarded.at('loopback', 'weddings', {
          token: guarded.hub.ready.token,
          headers: { Host: `localhost:${port}` },
        })
      ).status,
    ).toBe(200)
  })

  it('gets nothing of the window without the secret of the launch', async () => {
    expectRefusal(await guarded.at('loopback', 'window'), { status: 401, code: 'UNAUTHENTICATED' })
    // Of this install's owner, and yet not what opens the database itself.
    expectRefusal(await guarded.at('loopback', 'window', { token: guarded.hub.ready.token }), {
      status: 401,
      code: 'UNAUTHENTICATED',
    })
  })

  it('cannot open the database by WebSocket', async () => {
    const url = `${guarded.hub.ready.url.replace('http', 'ws')}/api/offline/window/storage`
    const own = { Origin: guarded.hub.ready.url }
    const token = guarded.hub.ready.token ?? ''
    const attempts: readonly (readonly [Record<string, string>, readonly string[], number])[] = [
      [own, [], 401],
      [own, ['wedsync'], 401],
      [own, ['wedsync', randomBytes(32).toString('base64url')], 401],
      [own, ['wedsync', token], 401],
      [{}, ['wedsync', token], 403],
      [{ Origin: 'https://evil.example' }, ['wedsync', token], 403],
      [{ Origin: guarded.hub.ready.url.replace('http', 'https') }, ['wedsync', token], 403],
      [{ Origin: 'http://evil.example', Host: 'evil.example' }, ['wedsync', token], 403],
      [{ Origin: 'null' }, ['wedsync', token], 403],
    ]
    for (const [headers, protocols, status] of attempts) {
      expect(await upgradeStatus(url, headers, protocols), JSON.stringify(headers)).toBe(status)
    }
    expect(await upgradeStatus(`${guarded.hub.ready.url.replace('http', 'ws')}/api/offline/peer`, own, [])).toBe(404)
  })
})
