/**
 * A laptop that could have been the hub is stolen and opened: what whoever has it can do with the team's key, and that it is over when
 * the owner has replaced that key, while everybody else goes on.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { installStatus } from '../../model/database/status.ts'
import { teamKeyState } from '../../model/rest/teamKey.ts'
import { createIdentity, type Identity } from '../../server/identity/identity.ts'
import { parseJoinLink } from '../../server/identity/joinLink.ts'
import { joinTeam } from '../../server/identity/joinTeam.ts'
import { kitKeys } from '../../server/identity/recovery.ts'
import { makeSuccession } from '../../server/identity/succession.ts'
import { createTeamKeys, mintFor } from '../../server/identity/token.ts'
import { dialByHand, helloOf } from '../support/handPeer.ts'
import { type HttpAnswer, httpCall } from '../support/httpCall.ts'
import {
  admitted,
  expectOneLine,
  itemTitles,
  lanOf,
  makeWedding,
  newJoin,
  push,
  records,
} from '../support/teamCalls.ts'
import {
  eventually,
  type Rest,
  rest,
  runningServers,
  type Server,
  temporaryFolders,
  wedsync,
} from '../support/wedsync.ts'

const folders = temporaryFolders()
const { up, down, killAll } = runningServers()
const kit = z.object({ words: z.string(), atCloud: z.boolean(), replacesKey: z.boolean() })

let cloud: Server
let hub: Server
let planner: Server
let photographer: Server
let stolen: Identity
let weddingId: string
let words: string
let newWords: string
let tabletToken: string

const hubArgs = () => ['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1', '--name', 'Ana']
const plannerArgs = () => ['device', '--data', folders.make('planner'), '--cloud', cloud.ready.url, '--name', 'Ben']
const photographerArgs = () => ['device', '--data', folders.make('photographer'), '--name', 'Carla']

function api({ ready }: Server): Rest {
  return rest(ready.url, ready.token)
}

function addItem(server: Server, title: string): Promise<void> {
  const data = { wedding_id: weddingId, title, startTime: '2027-06-12T15:00:00.000Z' }
  return push(api(server), [{ action: 'create', table: 'timeline_items', id: crypto.randomUUID(), data }])
}

function sees(server: Server, ...titles: readonly string[]): Promise<unknown> {
  return eventually(
    `it has ${titles.join(', ')}`,
    () => itemTitles(api(server), weddingId),
    (known) => titles.every((title) => known.includes(title)),
    60_000,
  )
}

function isEqualWith(server: Server, kind: 'hub' | 'cloud') {
  return eventually(
    `it is equal with the ${kind}`,
    async () => installStatus.parse((await api(server).get('status')).body),
    ({ upstreams }) => upstreams.some((peer) => peer.kind === kind && peer.state === 'equal'),
  )
}

/** Waits until it has heard of the new key by itself; opened once more, it says its new token. */
async function hearing(server: Server, args: readonly string[]): Promise<Server> {
  await eventually(
    'it has heard of it',
    async () => server.log(),
    (log) => log.includes('the key of the team was replaced'),
    60_000,
  )
  await down(server)
  return up(args)
}

/** With a token for a device that nobody has shut out, minted with what is on the stolen laptop. */
async function attack(): Promise<{ readonly hub: number; readonly cloud: number; readonly session: string }> {
  const { team } = stolen
  const device = randomBytes(32).toString('base64url')
  const bearer = { team: team.id, user: crypto.randomUUID(), device, holder: 'browser' } as const
  const token = mintFor({ ...bearer, role: 'owner', weddings: 'all' }, team.privateKey ?? '', Date.now())
  const { url, fingerprint } = lanOf(hub.ready)
  const path = `/api/offline/weddings/${weddingId}/records?table=timeline_items`
  const [atHub, atCloud] = [
    await httpCall(`${url}${path}`, { token, fingerprint }),
    await httpCall(`${cloud.ready.url}${path}`, { token }),
  ]
  const peer = await dialByHand(url, fingerprint)
  peer.send(helloOf(peer, { deviceId: device, team: team.id, token }))
  const answer = await eventually(
    'an answer',
    async () => peer.received[0],
    (message) => message !== undefined,
  )
  peer.end()
  return { hub: atHub.status, cloud: atCloud.status, session: answer?.type === 'error' ? answer.code : 'let in' }
}

/** Tells a server of a succession, as whoever comes may. */
function tell(where: 'hub' | 'cloud', text: string): Promise<HttpAnswer> {
  const body = JSON.stringify({ team: stolen.team.id, successions: [text] })
  const { url, fingerprint } = lanOf(hub.ready)
  return where === 'hub'
    ? httpCall(`${url}/api/offline/successions`, { method: 'POST', body, fingerprint })
    : httpCall(`${cloud.ready.url}/api/offline/successions`, { method: 'POST', body })
}

beforeAll(async () => {
  cloud = await up(['cloud', '--data', folders.make('cloud')])
  hub = await up([...hubArgs(), '--cloud', cloud.ready.url, '--cloud-token', cloud.ready.enrol ?? ''])
  const owner = api(hub)
  weddingId = (await makeWedding(owner, 'Anna and Ben', ['Ceremony'])).id
  planner = await up([...plannerArgs(), '--join', (await newJoin(owner, { role: 'planner' })).join])
  photographer = await up([...photographerArgs(), '--join', (await newJoin(owner, { role: 'photographer' })).join])
  const link = parseJoinLink((await newJoin(owner, { role: 'planner' })).join)
  if (!link.ok) throw new Error(link.error.reason)
  const laptop = await createIdentity({ deviceName: 'Stolen', personName: 'Dan', nowMs: Date.now() })
  const joined = await joinTeam(link.value, laptop)
  if (!joined.ok) throw new Error(joined.error.kind)
  stolen = { ...laptop, team: joined.value.team, token: joined.value.token }
  tabletToken = (await admitted(lanOf(hub.ready), (await newJoin(owner, { role: 'planner' })).join)).token
  await Promise.all([planner, photographer].map((server) => sees(server, 'Ceremony')))
  await isEqualWith(hub, 'cloud')
})

afterAll(async () => {
  await killAll()
  folders.cleanUp()
})

describe('a stolen laptop that could have been the hub', () => {
  it('lets strangers in with the key of the team, also when it was shut out itself', async () => {
    expect(stolen.team.privateKey).toBeDefined()
    expect(await attack()).toEqual({ hub: 200, cloud: 200, session: 'let in' })
    const revoked = await fetch(`${hub.ready.url}/api/offline/devices/${stolen.deviceId}`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${hub.ready.token}` },
    })
    expect(revoked.status).toBe(204)
    expect(await attack()).toEqual({ hub: 200, cloud: 200, session: 'let in' })
  })

  it('[KEY1] cannot replace the key, also as the first on the network and at the cloud', async () => {
    const { team, deviceId } = stolen
    const own = kitKeys(randomBytes(32))
    for (const signer of [own, { publicKey: team.publicKey, privateKey: team.privateKey ?? '' }]) {
      const text = makeSuccession({
        team,
        kit: signer,
        next: createTeamKeys(),
        nextRecoveryKey: own.publicKey,
        stays: [],
        madeBy: deviceId,
        madeAt: Date.now(),
      })
      for (const where of ['hub', 'cloud'] as const) {
        expect(await tell(where, text)).toMatchObject({ status: 200, body: { successions: [] } })
      }
    }
    expect((await api(hub).get('weddings')).status).toBe(200)
  })

  it('[KEY4] opens nothing any more when the owner has replaced the key, at the hub and at the cloud', async () => {
    await down(planner)
    await down(hub)
    const data = ['--data', folders.make('hub'), '--json']
    const printed = kit.parse(JSON.parse((await wedsync(['recovery', ...data])).stdout))
    expect(printed.replacesKey).toBe(true)
    words = printed.words
    expect((await wedsync(['recovery', ...data, '--kept'])).code).toBe(0)
    const asked = teamKeyState.parse(JSON.parse((await wedsync(['replace-key', ...data])).stdout))
    expect(asked).toMatchObject({ epoch: 0, mayReplace: true })
    const goesOn = Object.fromEntries(asked.devices.map(({ personName, goesOn }) => [personName, goesOn]))
    expect(goesOn).toEqual({ Ana: true, Ben: true, Carla: true, Piet: false })
    const otherWords = `${'abandon '.repeat(23)}art`
    expectOneLine(await wedsync(['replace-key', ...data, '--words', otherWords]), { code: 1, line: /of another kit/ })
    expectOneLine(await wedsync(['replace-key', ...data, '--words', 'abandon']), { code: 2, line: /24 words/ })

    const replaced = await wedsync(['replace-key', ...data, '--words', words.toUpperCase()])
    expect(replaced.code, replaced.stderr).toBe(0)
    const made = kit.parse(JSON.parse(replaced.stdout))
    expect(made).toMatchObject({ atCloud: true, replacesKey: true })
    expect(made.words).not.toBe(words)
    newWords = made.words

    hub = await up(hubArgs())
    expect(await attack()).toEqual({ hub: 401, cloud: 401, session: 'KEY_REPLACED' })
    const { url, fingerprint } = lanOf(hub.ready)
    for (const peer of [await dialByHand(url, fingerprint), await dialByHand(cloud.ready.url)]) {
      peer.send(helloOf(peer, { deviceId: stolen.deviceId, team: stolen.team.id, token: stolen.token }))
      expect(await peer.next('error'), 'the laptop itself is told to delete what it has').toMatchObject({
        code: 'REVOKED',
      })
    }
  })

  it('[KEY5] a laptop that stays goes on by itself, and its words that were to come do', async () => {
    photographer = await hearing(photographer, photographerArgs())
    await addItem(hub, 'Cake')
    await sees(photographer, 'Cake')
    expect((await isEqualWith(photographer, 'hub')).isKeyReplaced).toBeUndefined()
  })

  it('[KEY5] a laptop that was away hears of it, at the cloud alone, and syncs sealed values both ways', async () => {
    await down(hub)
    planner = await up(plannerArgs())
    await addItem(planner, 'Speeches')
    planner = await hearing(planner, plannerArgs())
    await sees(planner, 'Cake', 'Speeches')
    await isEqualWith(planner, 'cloud')
    hub = await up(hubArgs())
    await sees(hub, 'Speeches')
    const sealed = await records(rest(cloud.ready.url, hub.ready.token), weddingId, 'timeline_items')
    const keyIds = sealed.map(
      ({ data }) => z.object({ $sealed: z.object({ keyId: z.string() }) }).parse(data.title).$sealed.keyId,
    )
    expect(keyIds.toSorted()).toEqual(['0', expect.stringMatching(/^10000\./), expect.stringMatching(/^10000\./)])
  })

  it('a tablet is told to scan a new code, and is in again with it', async () => {
    const { url, fingerprint } = lanOf(hub.ready)
    const call = () => httpCall(`${url}/api/offline/weddings`, { token: tabletToken, fingerprint })
    expect((await call()).status).toBe(401)
    const { token } = await admitted(lanOf(hub.ready), (await newJoin(api(hub), { role: 'planner' })).join)
    tabletToken = token
    expect((await call()).status).toBe(200)
  })

  it('another laptop that stays can be the hub, and lets others in for good', async () => {
    await down(hub)
    await down(planner)
    planner = await up(['hub', ...plannerArgs().slice(1), '--lan-host', '127.0.0.1'])
    const { token } = await admitted(lanOf(planner.ready), (await newJoin(api(planner), { role: 'planner' })).join)
    expect((await httpCall(`${cloud.ready.url}/api/offline/weddings`, { token })).status).toBe(200)
    const { join } = await newJoin(api(planner), { role: 'planner' })
    const late = await up(['device', '--data', folders.make('late'), '--join', join])
    await sees(late, 'Ceremony', 'Cake', 'Speeches')
    await down(late)
    await down(planner)
  })

  it('the new kit brings the team back on another computer, and the old one no more', async () => {
    const recover = (name: string, said: string) => [
      ...['device', '--data', folders.make(name), '--cloud', cloud.ready.url, '--recover', said],
    ]
    const old = await wedsync([...recover('old', words), '--json'])
    expect([old.code, old.stdout]).toEqual([1, ''])
    const back = await up(recover('back', newWords))
    await sees(back, 'Ceremony', 'Cake', 'Speeches')
  })
})
