/** Joining where no camera carried the link, and who is here: real processes, over the REST API. */
import { randomUUID } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import { type Client, createClient } from '../../model/client/client.ts'
import { ROUTES } from '../../model/rest/routes.ts'
import { mustBeOk } from '../support/mustBeOk.ts'
import { makeWedding } from '../support/teamCalls.ts'
import { eventually, rest, runningServers, type Server, temporaryFolders } from '../support/wedsync.ts'

const folders = temporaryFolders()
const { up, down, killAll } = runningServers()

function hub(name: string): Promise<Server> {
  return up(['hub', '--data', folders.make(name), '--lan-host', '127.0.0.1', '--name', name])
}

function api({ ready: { url, token = '' } }: Server): Client<typeof ROUTES> {
  return createClient(ROUTES, { server: url, token, fetch })
}

type Api = Client<typeof ROUTES>

function stateOf(laptop: Api, wanted: string) {
  return eventually(
    wanted,
    async () => mustBeOk(await laptop.joining()),
    ({ state }) => state === wanted,
  )
}

async function asking(owner: Api) {
  const [open] = await eventually(
    'somebody asks',
    async () => mustBeOk(await owner.joins()).joins.filter((join) => join.asking),
    ({ length }) => length > 0,
  )
  if (!open?.asking) throw new Error('nobody asks')
  return { ...open, asking: open.asking }
}

afterAll(async () => {
  await killAll()
  folders.cleanUp()
})

it('a laptop that runs joins by a link that was sent: both screens show one code, the owner lets it in, it opens again in the team', async () => {
  const owner = api(await hub('Ana'))
  const { join: link } = mustBeOk(await owner.createJoin({ body: { role: 'photographer', approval: 'ask' } }))
  const folder = folders.make('ben')
  const ben = await up(['device', '--data', folder])
  const laptop = api(ben)
  mustBeOk(await laptop.startJoining({ body: { link, personName: 'Benedikt' } }))
  const waiting = await stateOf(laptop, 'waiting')
  const { joinId, role, asking: who } = await asking(owner)
  expect([role, who.personName, who.kind]).toEqual(['photographer', 'Benedikt', 'install'])
  expect(waiting).toEqual({ state: 'waiting', code: who.code })

  const wrong = await owner.decideJoin({ params: { joinId }, body: { decision: 'admit', code: '00 00 00 0' } })
  expect(wrong).toMatchObject({ ok: false, error: { status: 409, code: 'OTHER_CODE' } })
  mustBeOk(await owner.decideJoin({ params: { joinId }, body: { decision: 'admit', code: who.code } }))
  const devices = await eventually(
    'Benedikt is online',
    async () => mustBeOk(await owner.devices()).devices,
    (all) => all.some(({ personName, online }) => personName === 'Benedikt' && online),
  )
  expect(devices.find(({ personName }) => personName === 'Benedikt')).toMatchObject({ role: 'photographer' })
  // The process went on, as part of the team: its former token is of a team that is no more.
  expect(await laptop.joining()).toMatchObject({ ok: false, error: { status: 401 } })
  await down(ben)
  const again = await up(['device', '--data', folder])
  const member = api(again)
  const { quarantined } = await eventually(
    'the hub is reached',
    async () => mustBeOk(await member.installStatus()),
    ({ upstreams }) => upstreams.some(({ state }) => state === 'equal'),
  )
  const ofOwner = mustBeOk(await owner.installStatus()).quarantined
  expect([quarantined, ofOwner], 'what it was in its own team is in the way of nothing').toEqual([0, 0])
  expect(mustBeOk(await member.installStatus())).toMatchObject({
    personName: 'Benedikt',
    grant: { role: 'photographer' },
  })

  const other = await hub('Otto')
  const { join: next } = mustBeOk(await api(other).createJoin({ body: { role: 'viewer' } }))
  await down(again)
  const moved = api(await up(['device', '--data', folder, '--join', next]))
  await eventually(
    'without weddings it may join another team, as one of its own would have',
    async () => mustBeOk(await moved.installStatus()),
    ({ upstreams, grant }) => grant.role === 'viewer' && upstreams.some(({ state }) => state === 'equal'),
  )
  expect(mustBeOk(await api(other).installStatus()).quarantined).toBe(0)
})

it('a laptop that is declined says so and stays what it was; one may give up; a link given at the start asks as well', async () => {
  const owner = api(await hub('Ana2'))
  const invite = async () => mustBeOk(await owner.createJoin({ body: { approval: 'ask' } }))
  const laptop = api(await up(['device', '--data', folders.make('cleo')]))

  const first = await invite()
  mustBeOk(await laptop.startJoining({ body: { link: first.join } }))
  expect(await laptop.startJoining({ body: { link: first.join } })).toMatchObject({ ok: false, error: { status: 409 } })
  await stateOf(laptop, 'waiting')
  mustBeOk(await owner.decideJoin({ params: { joinId: first.joinId ?? '' }, body: { decision: 'decline' } }))
  expect(await stateOf(laptop, 'failed')).toMatchObject({ message: expect.stringContaining('declined') })
  expect(mustBeOk(await laptop.installStatus()).grant.role).toBe('owner')

  mustBeOk(await laptop.startJoining({ body: { link: (await invite()).join } }))
  await stateOf(laptop, 'waiting')
  mustBeOk(await laptop.stopJoining())
  await stateOf(laptop, 'idle')

  const starting = up(['device', '--data', folders.make('dora'), '--name', 'Dora', '--join', (await invite()).join])
  const dora = await eventually(
    'Dora asks',
    () => asking(owner),
    ({ asking: who }) => who.personName === 'Dora',
  )
  const { code } = dora.asking
  mustBeOk(await owner.decideJoin({ params: { joinId: dora.joinId }, body: { decision: 'admit', code } }))
  const started = await starting
  expect(started.log()).toContain(code)
  expect(mustBeOk(await api(started).installStatus()).grant.role).toBe('planner')
})

it('who is here: a window is seen on another install with what is being edited, and no more soon after it is silent', async () => {
  const ana = await hub('Ana3')
  const { join: link } = mustBeOk(await api(ana).createJoin())
  const ben = await up(['device', '--data', folders.make('ben3'), '--join', link])
  const { id: wedding } = await makeWedding(rest(ana.ready.url, ana.ready.token), 'Ana and Luis', ['Ceremony'])
  const item = randomUUID()
  const tell = async (server: Server, weddingId: string | null, state = {}) =>
    mustBeOk(await api(server).presence({ body: { weddingId, state } })).devices
  const sees = (count: number) =>
    eventually(
      `${count} others`,
      () => tell(ana, wedding),
      ({ length }) => length === count,
    )
  await tell(ben, wedding, { editing: item })
  expect(await sees(1)).toEqual([{ deviceId: ben.ready.deviceId, weddingId: wedding, state: { editing: item } }])
  expect(await tell(ben, null)).toMatchObject([{ deviceId: ana.ready.deviceId, weddingId: wedding }])
  await sees(0)

  await tell(ben, wedding)
  await sees(1)
  const silentMs = Date.now()
  await sees(0)
  expect(Date.now() - silentMs).toBeLessThan(15_000)

  await tell(ben, wedding)
  await sees(1)
  // As if its cable were pulled: nothing is said, and nothing is closed.
  process.kill(ben.pid, 'SIGSTOP')
  const goneMs = Date.now()
  await sees(0)
  expect(Date.now() - goneMs).toBeLessThan(15_000)
  process.kill(ben.pid, 'SIGCONT')
})
