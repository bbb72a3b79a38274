/** What becomes of a token as days pass at venues without internet, and of a device that is shut out. */
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { installStatus } from '../../model/database/status.ts'
import { createCertificate } from '../../server/identity/certificate.ts'
import { claimOf } from '../../server/identity/signed.ts'
import { dialByHand, helloOf } from '../support/handPeer.ts'
import { httpCall } from '../support/httpCall.ts'
import { expectRefusal, itemTitles, lanOf, makeWedding, newJoin } from '../support/teamCalls.ts'
import { eventually, type Rest, rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const LATER_DATE = fileURLToPath(new URL('../support/laterDate.ts', import.meta.url))
const DAY_MS = 24 * 3_600_000

const folders = temporaryFolders()
const running = new Set<Server>()
afterEach(async () => {
  await Promise.all([...running].map((server) => server.kill()))
  running.clear()
  folders.cleanUp()
})

async function upAfter(days: number, args: readonly string[]): Promise<Server> {
  const server = await serve(args, { LATER_DAYS: String(days), NODE_OPTIONS: `--import ${LATER_DATE}` })
  running.add(server)
  return server
}

async function down(...servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    running.delete(server)
    await server.stop()
  }
}

function restOf({ ready }: Server): Rest {
  return rest(ready.url, ready.token)
}

/** How many days from now, the real one, the device's token is good for. */
function daysOf({ ready }: Server): number {
  const { expiresAt } = z.object({ expiresAt: z.number() }).parse(claimOf('ws1', ready.token ?? ''))
  return Math.round((expiresAt - Date.now()) / DAY_MS)
}

async function meetsHub(server: Server): Promise<void> {
  await eventually(
    'the hub is equal',
    async () => installStatus.parse((await restOf(server).get('status')).body),
    ({ upstreams: [hub] }) => hub?.state === 'equal',
  )
}

it('a token is good for 30 days, and for 30 more whenever the device meets a hub, with no internet', async () => {
  const hubArgs = ['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1']
  const laptopArgs = ['device', '--data', folders.make('laptop')]
  const firstHub = await upAfter(0, hubArgs)
  const { join } = await newJoin(restOf(firstHub), { role: 'photographer' })
  const first = await upAfter(0, [...laptopArgs, '--join', join])
  expect(daysOf(first)).toBe(30)
  await down(first, firstHub)

  for (const [day, before] of [
    [29, 30],
    [50, 59],
  ] as const) {
    const [hub, laptop] = [await upAfter(day, hubArgs), await upAfter(day, laptopArgs)]
    expect(daysOf(laptop)).toBe(before)
    await meetsHub(laptop)
    await down(laptop, hub)
  }

  const lan = lanOf((await upAfter(81, hubArgs)).ready)
  const late = await upAfter(81, laptopArgs)
  expect(daysOf(late)).toBe(80)
  const answer = await httpCall(`${lan.url}/api/offline/weddings`, {
    token: late.ready.token,
    fingerprint: lan.fingerprint,
  })
  expectRefusal(answer, { status: 401, code: 'UNAUTHENTICATED' })
})

it('a device that was shut out gets nothing more, no new token, and is told to delete what it has', async () => {
  const hub = await upAfter(0, ['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'])
  const owner = restOf(hub)
  const { id } = await makeWedding(owner, 'Anna and Ben', ['Ceremony'])
  const laptopArgs = ['device', '--data', folders.make('laptop')]
  const { join } = await newJoin(owner, { role: 'photographer' })
  const laptop = await upAfter(0, [...laptopArgs, '--join', join])
  await eventually(
    'the laptop has the wedding',
    () => itemTitles(restOf(laptop), id),
    (titles) => titles.length === 1,
  )
  const revoked = await fetch(`${hub.ready.url}/api/offline/devices/${laptop.ready.deviceId}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${hub.ready.token}` },
  })
  expect(revoked.status).toBe(204)
  await makeWedding(owner, 'Cleo and Dan', ['Secret'])
  await eventually(
    'the laptop knows',
    () => restOf(laptop).get('weddings'),
    ({ status }) => status === 403,
  )
  await down(laptop)

  const back = await upAfter(2, laptopArgs)
  const refusal = await restOf(back).get('weddings')
  expectRefusal(refusal, { status: 403, code: 'REVOKED' })
  expect(JSON.stringify(refusal.body)).toMatch(/shut out of the team: delete the team's data from it/)
  await eventually(
    'the hub has let it in no more',
    async () => hub.log(),
    (log) => log.includes('session refused'),
  )
  expect(installStatus.parse((await owner.get('status')).body).devices).toEqual([])
  await down(back)
  expect(daysOf(await upAfter(2, laptopArgs))).toBe(30)
})

it("a laptop's token is of no use without its certificate, and goes to nobody who answers in the place of the hub", async () => {
  const hub = await upAfter(0, ['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'])
  const { join } = await newJoin(restOf(hub), { role: 'photographer' })
  const laptop = await upAfter(0, ['device', '--data', folders.make('laptop'), '--join', join])
  const lan = lanOf(hub.ready)

  const thief = await dialByHand(lan.url, lan.fingerprint)
  const { team } = z.object({ team: z.uuid() }).parse(claimOf('ws1', laptop.ready.token ?? ''))
  thief.send(helloOf(thief, { deviceId: laptop.ready.deviceId ?? '', team, token: laptop.ready.token ?? '' }))
  expect((await thief.next('error')).code).toBe('UNAUTHENTICATED')
  await thief.closed()
  expect(thief.received.map(({ type }) => type)).toEqual(['error'])

  await down(hub)
  const heard = { connections: 0, bytes: 0 }
  const { certPem, keyPem } = await createCertificate('Hub')
  const impostor = createServer({ cert: certPem, key: keyPem, minVersion: 'TLSv1.3' }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', ({ length }) => {
      heard.bytes += length
    })
  })
  impostor.on('connection', () => heard.connections++)
  onTestFinished(() => void impostor.close())
  await new Promise<void>((resolve) => impostor.listen(Number(new URL(lan.url).port), '127.0.0.1', resolve))
  await expect.poll(() => heard.connections, { timeout: 30_000 }).toBeGreaterThan(1)
  await down(laptop)
  expect(heard.bytes).toBe(0)
})
