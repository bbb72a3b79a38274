/** `joinTeam` against `admit` behind a real TLS server, as the hub's route will put them together. */
import { randomUUID } from 'node:crypto'
import { json } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { Grant } from '../../../model/roles.ts'
import { members } from '../../../model/tables/team.ts'
import { type AdmitContext, admit, type MemberData } from '../../../server/identity/admit.ts'
import { adoptTeam, createIdentity, type Identity } from '../../../server/identity/identity.ts'
import { formatJoinLink, type JoinTarget, parseJoinLink } from '../../../server/identity/joinLink.ts'
import { JOIN_PATH, JOIN_REFUSALS, type JoinReply, joinRequestSchema } from '../../../server/identity/joinProtocol.ts'
import { createJoin } from '../../../server/identity/joins.ts'
import { describeJoinError, type JoinError, joinTeam } from '../../../server/identity/joinTeam.ts'
import { presentedDevice } from '../../../server/identity/pinned.ts'
import { verifyToken } from '../../../server/identity/token.ts'
import { eavesdropper, errorOf, httpsServer, MemoryState, NOW_MS, okValue } from './support.ts'

const hub = await createIdentity({ deviceName: 'Hub', personName: 'Ana', nowMs: NOW_MS })
const laptop = await createIdentity({ deviceName: 'Laptop', personName: 'Ben', nowMs: NOW_MS })
const stranger = await createIdentity({ deviceName: 'Hub', personName: 'Eve', nowMs: NOW_MS })

interface Venue {
  readonly state: MemoryState
  readonly url: string
  readonly members: MemberData[]
  nowMs: number
  invite(grant: Grant, expiresInSeconds?: number): Promise<JoinTarget>
}

/** A hub that runs; `alter` makes its replies wrong. */
async function venue(identity: Identity = hub, alter = (reply: JoinReply): unknown => reply): Promise<Venue> {
  const state = new MemoryState()
  const url = await httpsServer(identity, async (incoming, response) => {
    const request = joinRequestSchema.parse(await json(incoming))
    const presented = presentedDevice(incoming.socket)
    const admitted = await admit(request, { identity, state, nowMs: here.nowMs, presented })
    if (incoming.url !== JOIN_PATH) response.writeHead(404).end('{"code":"NOT_FOUND"}')
    else if (admitted.ok) {
      here.members.push(admitted.value.member)
      response.end(JSON.stringify(alter(admitted.value.reply)))
    } else {
      const { status, ...body } = JOIN_REFUSALS[admitted.error.kind]
      response.writeHead(status).end(JSON.stringify({ ...body, requestId: '1' }))
    }
  })
  const here: Venue = {
    state,
    url,
    members: [],
    nowMs: NOW_MS,
    invite: async (grant, expiresInSeconds = 60) => {
      const secret = await createJoin(state, { ...grant, expiresInSeconds, nowMs: NOW_MS })
      const { fingerprint, team } = identity
      return okValue(parseJoinLink(formatJoinLink({ url, fingerprint, secret, team: team.id }).app))
    },
  }
  return here
}

const planner: Grant = { role: 'planner', weddings: 'all' }

function context(state: MemoryState, presented: string | undefined): AdmitContext {
  return { identity: hub, state, nowMs: NOW_MS, presented }
}

describe('a laptop with a link', () => {
  it('joins: its token is good, the team learns of it, and as a planner it may be hub in turn', async () => {
    const here = await venue()
    const reply = okValue(await joinTeam(await here.invite(planner), laptop))
    expect(reply).toMatchObject({
      team: hub.team,
      deviceId: laptop.deviceId,
      grant: planner,
      hub: { deviceId: hub.deviceId, name: 'Hub' },
    })
    const { deviceId, userId } = reply
    const { team, user, device } = okValue(verifyToken(reply.token, hub.team.publicKey, NOW_MS))
    expect({ team, user, device }).toEqual({ team: hub.team.id, user: userId, device: deviceId })
    expect(here.members).toEqual([{ deviceId, userId, personName: 'Ben', deviceName: 'Laptop', ...planner }])
    const second = await venue(adoptTeam(laptop, reply))
    expect(okValue(await joinTeam(await second.invite(planner), stranger)).team).toEqual(hub.team)
  })

  it.each<Grant>([
    { role: 'photographer', weddings: 'all' },
    { role: 'planner', weddings: [randomUUID()] },
    { role: 'couple', weddings: 'all' },
  ])('gets no private key as $role of $weddings, and can then let nobody in', async (grant) => {
    const here = await venue()
    const reply = okValue(await joinTeam(await here.invite(grant), laptop))
    expect(reply.grant).toEqual(grant)
    expect(reply.team).not.toHaveProperty('privateKey')
    const second = await venue(adoptTeam(laptop, reply))
    const link = await second.invite(grant)
    expect(errorOf(await joinTeam(link, stranger))).toEqual({ kind: 'not-a-hub' })
    expect([...second.state.entries.values()].join()).not.toContain('usedAt')
  })

  it("tells the stranger who answers at the hub's address nothing", async () => {
    const impostor = await eavesdropper(stranger)
    const here = await venue()
    const link = { ...(await here.invite(planner)), url: `https://127.0.0.1:${impostor.port}` }
    const error = errorOf(await joinTeam(link, laptop))
    expect(error).toEqual({ kind: 'wrong-certificate', url: link.url, actual: stranger.fingerprint })
    await impostor.clientGone
    expect(impostor).toMatchObject({ connections: 1, bytes: 0 })
  })

  it('is told when the link is used, late, unknown or its own', async () => {
    const here = await venue()
    const used = await here.invite(planner)
    const [first, second] = await Promise.all([joinTeam(used, laptop), joinTeam(used, stranger)])
    expect([first.ok, second.ok].sort()).toEqual([false, true])
    expect(errorOf(first.ok ? second : first)).toEqual({ kind: 'secret-used' })
    const late = await here.invite(planner, 60)
    expect(errorOf(await joinTeam({ ...late, secret: 'A'.repeat(43) }, laptop))).toEqual({ kind: 'secret-unknown' })
    expect(errorOf(await joinTeam(late, hub))).toEqual({ kind: 'same-device' })
    here.nowMs += 60_000
    expect(errorOf(await joinTeam(late, laptop))).toEqual({ kind: 'secret-expired' })
  })

  it('is told when nobody answers', async () => {
    const here = await venue()
    const link = { ...(await here.invite(planner)), url: 'https://127.0.0.1:1' }
    const detail = expect.stringContaining('ECONNREFUSED')
    expect(errorOf(await joinTeam(link, laptop))).toEqual({ kind: 'hub-unreachable', url: link.url, detail })
  })

  it.each<[string, (reply: JoinReply) => unknown]>([
    ['damaged: userId', (reply) => ({ ...reply, userId: 7 })],
    ['damaged: team.publicKey', (reply) => ({ ...reply, team: { ...reply.team, publicKey: 'AAAA' } })],
    ['damaged: all of it', () => 'welcome'],
    ['it is for another device', (reply) => ({ ...reply, deviceId: stranger.deviceId })],
    ['it names another hub', (reply) => ({ ...reply, hub: { ...reply.hub, deviceId: stranger.deviceId } })],
    ['it names another team', (reply) => ({ ...reply, team: stranger.team })],
    [
      'its keys do not match',
      (reply) => ({ ...reply, team: { ...stranger.team, id: hub.team.id, publicKey: hub.team.publicKey } }),
    ],
    ['its token is wrong-signature', (reply) => ({ ...reply, token: stranger.token })],
    ['its token is malformed', (reply) => ({ ...reply, token: 'ws1' })],
    ['its token says something else', (reply) => ({ ...reply, token: hub.token })],
    ['its token says something else', (reply) => ({ ...reply, grant: { role: 'owner', weddings: 'all' } })],
  ])('does not believe a reply that does not fit: %s', async (detail, alter) => {
    const here = await venue(hub, alter)
    expect(errorOf(await joinTeam(await here.invite(planner), laptop))).toEqual({ kind: 'unexpected-reply', detail })
  })
})

describe('a browser with a link', () => {
  it('gets an id of its own and never the private key', async () => {
    const { state, invite } = await venue()
    const { secret } = await invite({ role: 'owner', weddings: 'all' })
    const claimed = { kind: 'browser', secret, deviceId: hub.deviceId, deviceName: 'iPad', personName: 'Cleo' }
    const admission = await admit(joinRequestSchema.parse(claimed), context(state, undefined))
    const { reply, member } = okValue(admission)
    expect(reply.deviceId).toMatch(/^[\w-]{43}$/)
    expect(reply.deviceId).not.toBe(hub.deviceId)
    expect(reply.team).toEqual({ id: hub.team.id, publicKey: hub.team.publicKey })
    expect(members.fields).toMatchObject(Object.fromEntries(Object.keys(member).map((name) => [name, {}])))
  })
})

describe('a request', () => {
  it("of an install needs its device id, and may not claim the hub's", async () => {
    const { state, invite } = await venue()
    const { secret } = await invite(planner)
    const request = { kind: 'install', secret, deviceName: 'Laptop', personName: 'Ben' }
    expect(joinRequestSchema.safeParse(request).success).toBe(false)
    const claimed = joinRequestSchema.parse({ ...request, deviceId: hub.deviceId })
    expect(errorOf(await admit(claimed, context(state, laptop.deviceId)))).toEqual({ kind: 'same-device' })
    const honest = joinRequestSchema.parse({ ...request, deviceId: laptop.deviceId })
    expect((await admit(honest, context(state, laptop.deviceId))).ok).toBe(true)
  })

  it("of an install may not claim another member's device: the certificate that it shows decides", async () => {
    const here = await venue()
    const link = await here.invite(planner)
    const { certPem, keyPem } = stranger
    expect(errorOf(await joinTeam(link, { ...laptop, certPem, keyPem }))).toEqual({ kind: 'other-device' })
    const request = joinRequestSchema.parse({ kind: 'install', ...laptop, secret: link.secret })
    expect(errorOf(await admit(request, context(here.state, undefined)))).toEqual({ kind: 'other-device' })
    expect(here.members).toEqual([])
    expect((await joinTeam(link, laptop)).ok, 'the link is not used up').toBe(true)
  })
})

describe('the words for a failed joining', () => {
  it.each<JoinError | { kind: 'bad-link'; reason: string }>([
    { kind: 'bad-link', reason: 'it is empty' },
    { kind: 'hub-unreachable', url: 'https://192.168.7.2:8443', detail: 'no answer within 15000 ms' },
    { kind: 'wrong-certificate', url: 'https://192.168.7.2:8443', actual: undefined },
    { kind: 'secret-unknown' },
    { kind: 'secret-used' },
    { kind: 'secret-expired' },
    { kind: 'same-device' },
    { kind: 'other-device' },
    { kind: 'not-a-hub' },
    { kind: 'unexpected-reply', detail: 'status 404' },
  ])('are one sentence: $kind', (error) => {
    expect(describeJoinError(error)).toMatch(/^[A-Z][^\n]+[^.]\.$/)
  })
})
