/** The outside of the program, as `cli.md` promises it to scripts: options, exit codes, the ready line, stop and restart. */
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { installStatus, type PeerStatus } from '../../model/database/status.ts'
import { weddingSummary } from '../../model/rest/weddings.ts'
import {
  expectOneLine,
  fewAtATime,
  holdings,
  jsonLines,
  lanOf,
  makeWedding,
  newJoin,
  push,
  records,
  weddings,
} from '../support/teamCalls.ts'
import { eventually, rest, type Server, serve, temporaryFolders, wedsync } from '../support/wedsync.ts'

const COMMANDS = [
  'app',
  'device',
  'hub',
  'cloud',
  'import',
  'export',
  'status',
  'recovery',
  'replace-key',
  'backup',
  'restore',
  'verify',
]
const STOPS_WITHIN_MS = 5_000
const LOOPBACK_URL = /^http:\/\/127\.0\.0\.1:\d+$/
const DEVICE_ID = /^[\w-]{43}$/

const statusReply = installStatus.extend({ weddings: z.array(weddingSummary), conflicts: z.array(z.unknown()) })

const folders = temporaryFolders()
const running = new Set<Server>()
let cloud: Server
let hub: Server
let device: Server

async function up(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const server = await serve(args, env)
  running.add(server)
  return server
}

/** Stops in good order, in time, having printed the ready line and nothing else. */
async function down(server: Server): Promise<void> {
  running.delete(server)
  const startMs = performance.now()
  const { code, stdout } = await server.stop()
  expect(performance.now() - startMs).toBeLessThan(STOPS_WITHIN_MS)
  expect(code).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(1)
}

function apiOf({ ready }: Server) {
  return rest(ready.url, ready.token)
}

function access({ ready }: Server, token = ready.token): readonly string[] {
  return ['--server', ready.url, '--token', token ?? '']
}

async function statusOf(server: Server, token?: string) {
  const { code, stdout, stderr } = await wedsync(['status', ...access(server, token), '--json'])
  expect([code, stderr]).toEqual([0, ''])
  const lines = jsonLines.parse(stdout)
  expect(lines).toHaveLength(1)
  return statusReply.parse(lines[0])
}

async function statusText(server: Server, token?: string): Promise<string> {
  const { code, stdout, stderr } = await wedsync(['status', ...access(server, token)])
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

async function upstream(server: Server, kind: PeerStatus['kind']): Promise<PeerStatus | undefined> {
  const { body } = await apiOf(server).get('status')
  return installStatus.parse(body).upstreams.find((peer) => peer.kind === kind)
}

function isEqual(server: Server, kind: PeerStatus['kind']): Promise<unknown> {
  return eventually(
    `equal with the ${kind}`,
    () => upstream(server, kind),
    (peer) => peer?.state === 'equal',
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = z.object({ port: z.number() }).parse(server.address())
  await new Promise((resolve) => server.close(resolve))
  return address.port
}

beforeAll(async () => {
  cloud = await up(['cloud', '--data', folders.make('cloud')])
  hub = await up([
    ...[
      'hub',
      '--data',
      folders.make('hub'),
      '--lan-host',
      '127.0.0.1',
      '--name',
      'Hana',
      '--device-name',
      'Hub laptop',
    ],
    ...['--cloud', cloud.ready.url, '--cloud-token', cloud.ready.enrol ?? ''],
  ])
  const join = ['--join', lanOf(hub.ready).join]
  device = await up(['device', '--data', folders.make('device'), ...join, '--name', 'Carla'])
  await makeWedding(apiOf(hub), 'Ana & Rui', ['Ceremony', 'Dinner', 'Party'])
  await Promise.all([isEqual(hub, 'cloud'), isEqual(device, 'hub')])
  await eventually(
    'the device has the wedding',
    () => holdings(apiOf(device)),
    ([first]) => first?.records === 4,
  )
})

afterAll(async () => {
  await Promise.all([...running].map((server) => server.kill()))
  folders.cleanUp()
})

describe('the command line', () => {
  it('names its commands, and each has --help', async () => {
    const overview = await wedsync(['--help'])
    expect([overview.code, overview.stderr]).toEqual([0, ''])
    const named = overview.stdout.split('\n').flatMap((line) => /^ {2}([a-z-]+) {2}/.exec(line)?.slice(1) ?? [])
    expect(named).toEqual(expect.arrayContaining(COMMANDS))
    await fewAtATime(named, async (command) => {
      const { code, stdout, stderr } = await wedsync([command, '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(new RegExp(`^wedsync ${command}\\n {2}\\w`))
      for (const option of ['--json', '--log-json', '--verbose', '--help']) expect(stdout).toContain(`  ${option} `)
    })
  })

  const NOWHERE = '/nowhere/at/all'
  const faults: readonly (readonly [args: readonly string[], line: RegExp])[] = [
    [['nonsense'], /no command "nonsense"/],
    [['device', '--data', NOWHERE, '--lan-port', '0'], /'--lan-port'/],
    [['hub', '--data', NOWHERE, '--colour', 'red'], /'--colour'/],
    [['hub', '--data'], /'--data/],
    [['hub', '--data', '--json'], /'--data'/],
    [['hub', '--json'], /--data is missing/],
    [['device', '--data', NOWHERE, 'stray'], /"stray"/],
    [['device', '--data', NOWHERE, '--port', '65536'], /--port takes a port.*"65536"/],
    [['device', '--data', NOWHERE, '--port', '-1'], /'--port/],
    [['hub', '--data', NOWHERE, '--lan-port', 'http'], /--lan-port takes a port.*"http"/],
    [['hub', '--data', NOWHERE, '--lan-host', 'venue'], /--lan-host takes an address.*"venue"/],
    [['hub', '--data', NOWHERE, '--cloud', 'cloud.example'], /--cloud takes an address.*"cloud.example"/],
    [['hub', '--data', NOWHERE, '--name', ' '], /--name takes a name/],
    [['cloud', '--data', NOWHERE, '--port', '1e3'], /--port takes a port.*"1e3"/],
    [['cloud', '--trust-proxy', '10.0.0.5,everybody'], /--trust-proxy takes .*not "everybody"/],
    [
      ['export', '--wedding', crypto.randomUUID(), '--format', 'pdf', '--out', 'x'],
      /--format takes json, csv, ics, vcf/,
    ],
    [['export', '--wedding', crypto.randomUUID(), '--out', 'x'], /either --format \(.*\) or --changes/],
    [['cloud', '--database-url', 'mysql://somebody:password@example'], /--database-url takes (?!.*password)/],
    [['status', '--server', 'ftp://example', '--token', 'x'], /--server takes an address/],
    [['status', '--server', 'http://127.0.0.1:1'], /--server needs --token/],
    [['status', '--token', 'x'], /--token needs --server/],
    [['verify'], /--data is missing/],
    [['backup', '--out', 'x'], /--data is missing/],
    [['backup', '--data', NOWHERE], /--out is missing/],
    [['backup', '--data', NOWHERE, '--out', `${NOWHERE}/x`], /--out: there is no folder/],
    [['restore', '--data', NOWHERE], /--from is missing/],
    [['restore', '--data', NOWHERE, '--from', 'x', '--wedding', 'Anna'], /--wedding takes the id.*"Anna"/],
    [['restore', '--data', NOWHERE, '--from', 'x', '--at', 'noon'], /--at takes a time.*"noon"/],
    [['hub', '--data', NOWHERE, '--keep-backups', 'some'], /--keep-backups takes a number.*"some"/],
    [['import', '--new', 'A', '--date', '2027-06-12'], /at least one file/],
  ]

  it('refuses what it does not understand in one line that names it', async () => {
    await fewAtATime(faults, async ([args, line]) => expectOneLine(await wedsync(args), { code: 2, line }))
  })

  it('says in one line what cannot be done', async () => {
    const file = fileURLToPath(import.meta.url)
    const impossible: readonly (readonly [args: readonly string[], line: RegExp])[] = [
      [['device', '--data', file, '--json'], /commands\.test\.ts cannot be used.*choose another one/],
      [['cloud', '--data', file, '--json'], /commands\.test\.ts cannot be used.*choose another one/],
      [
        ['cloud', '--database-url', 'postgres://somebody:password@127.0.0.1:1/x'],
        /cannot be opened \(connect ECONNREFUSED(?!.*password)/,
      ],
      [['device', '--data', folders.make('port'), '--port', new URL(hub.ready.url).port], /Cannot listen on.*--port/],
      [['verify', '--data', folders.make('missing')], /There is no WedSync database/],
      [['status', '--server', 'http://127.0.0.1:1', '--token', 'x'], /does not answer.*Is it running/],
      [['status', ...access(hub, 'x')], /does not accept this token/],
    ]
    await fewAtATime(impossible, async ([args, line]) => expectOneLine(await wedsync(args), { code: 1, line }))
  })
})

describe('the ready line', () => {
  it('of a hub', () => {
    const { ready } = hub
    const fields = ['event', 'role', 'version', 'deviceId', 'url', 'token', 'userId', 'lan', 'cloud']
    expect(Object.keys(ready).sort()).toEqual(fields.sort())
    const lan = lanOf(ready)
    expect(ready).toMatchObject({ event: 'ready', role: 'hub', version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    expect(ready).toMatchObject({ url: expect.stringMatching(LOOPBACK_URL), cloud: { state: 'connected' } })
    expect(ready.deviceId).toMatch(DEVICE_ID)
    expect(lan.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    expect(lan.fingerprint).toBe(`sha256:${ready.deviceId}`)
    const join = new URL(lan.join)
    expect([join.protocol, join.host]).toEqual(['wedsync:', 'join'])
    expect(join.searchParams.get('url')).toBe(lan.url)
    expect(join.searchParams.get('fp')).toBe(lan.fingerprint)
    expect(lan.browser).toBe(`${lan.url}/#join=${join.searchParams.get('secret')}&fp=${lan.fingerprint}`)
  })

  it('of a device', () => {
    const { ready } = device
    expect(Object.keys(ready).sort()).toEqual(['event', 'role', 'version', 'deviceId', 'url', 'token', 'userId'].sort())
    expect(ready).toMatchObject({ role: 'local', url: expect.stringMatching(LOOPBACK_URL) })
    expect(ready.deviceId).not.toBe(hub.ready.deviceId)
    expect(ready.userId).not.toBe(hub.ready.userId)
  })

  it('of a cloud', () => {
    expect(Object.keys(cloud.ready).sort()).toEqual(['enrol', 'event', 'role', 'url', 'version'])
    expect(cloud.ready).toMatchObject({ role: 'cloud', url: expect.stringMatching(LOOPBACK_URL) })
    // Given to `--cloud-token` as it is, so it must not look like an option.
    expect(cloud.ready.enrol).toMatch(/^[0-9a-f]{64}$/)
  })

  it('has the only thing that is secret on stdout; the log has no token, key, name or secret', () => {
    const secrets = [
      hub.ready.token,
      device.ready.token,
      cloud.ready.enrol,
      new URL(lanOf(hub.ready).join).searchParams.get('secret'),
    ]
    const logs = [hub, device, cloud].map((server) => server.log()).join('')
    expect(logs).toContain('device joined')
    for (const secret of [...secrets, 'Hana', 'Carla', 'Hub laptop', 'Ana & Rui']) expect(logs).not.toContain(secret)
  })
})

describe('status', () => {
  it('of a hub', async () => {
    const status = await statusOf(hub)
    expect(status).toMatchObject({
      role: 'hub',
      deviceName: 'Hub laptop',
      personName: 'Hana',
      quarantined: 0,
      conflicts: [],
    })
    expect(status.upstreams).toMatchObject([{ kind: 'cloud', state: 'equal', waiting: 0, incoming: 0 }])
    expect(status.devices).toMatchObject([
      { kind: 'device', deviceId: device.ready.deviceId, state: 'equal', waiting: 0 },
    ])
    expect(status.lan).toEqual({ url: hub.ready.lan?.url, fingerprint: hub.ready.lan?.fingerprint })
    expect(status.weddings).toMatchObject([{ name: 'Ana & Rui', date: '2027-06-12', records: 4, complete: true }])
    const text = await statusText(hub)
    expect(text).toMatch(
      /^hub \d+\.\d+\.\d+ · Hub laptop · Hana · owner\n {2}to cloud cloud: complete\n {2}from device /,
    )
    expect(text).toMatch(
      /\n2027-06-12 {2}Ana & Rui {2}4 records {2}complete\n\nThere is no recovery kit: .*\n.*wedsync recovery --data DIR\n$/,
    )
  })

  it('of a device', async () => {
    const status = await statusOf(device)
    expect(status).toMatchObject({ role: 'local', personName: 'Carla', grant: { role: 'planner', weddings: 'all' } })
    expect(status.upstreams).toMatchObject([{ kind: 'hub', name: 'Hub laptop', state: 'equal', waiting: 0 }])
    expect(await statusText(device)).toMatch(
      /^local .* · Carla · planner\n {2}to hub Hub laptop: complete\n\n2027-06-12 /,
    )
  })

  it('of a cloud, with the token of an owner whose team is enrolled', async () => {
    const status = await statusOf(cloud, hub.ready.token)
    expect(status).toMatchObject({ role: 'cloud', userId: hub.ready.userId, upstreams: [], devices: [] })
    expect(status.weddings.map(({ id, digest }) => [id, digest])).toEqual(
      (await holdings(apiOf(hub))).map(({ id, digest }) => [id, digest]),
    )
    expect(await statusText(cloud, hub.ready.token)).toMatch(
      /^cloud \d.* · owner\n\n2027-06-12 {2}a wedding {2}4 records/,
    )
  })
})

describe('a device of a team of its own', () => {
  it('reaches the cloud without any hub', async () => {
    const dir = folders.make('alone')
    const withCloud = ['--cloud', cloud.ready.url, '--cloud-token', cloud.ready.enrol ?? '']
    const alone = await up(['device', '--data', dir, ...withCloud, '--name', 'Olga'])
    expect(alone.ready).toMatchObject({ role: 'local', cloud: { state: 'connected' } })
    await makeWedding(apiOf(alone), 'Bea & Tom', ['Ceremony'])
    await isEqual(alone, 'cloud')
    const atCloud = () => holdings(rest(cloud.ready.url, alone.ready.token))
    expect(await eventually('the cloud has it', atCloud, ([first]) => first?.records === 2)).toEqual(
      await holdings(apiOf(alone)),
    )
    expect(await holdings(rest(cloud.ready.url, hub.ready.token))).toEqual(await holdings(apiOf(hub)))
    await down(alone)
    expect((await wedsync(['verify', '--data', dir])).stdout).toMatch(/^Everything is as it should be/m)
  })

  it('is told when the enrolment token is wrong, and works on', async () => {
    const lost = await up([
      'device',
      '--data',
      folders.make('lost'),
      '--cloud',
      cloud.ready.url,
      '--cloud-token',
      'wrong',
    ])
    expect(lost.ready.cloud).toEqual({ state: 'offline' })
    await makeWedding(apiOf(lost), 'Bea & Tom', ['Ceremony'])
    expect(await statusText(lost)).toMatch(/to cloud cloud: offline, \d waiting \(.*check --cloud-token\)/)
    await down(lost)
  })
})

describe('options', () => {
  it('can be given as variables, and those on the command line win', async () => {
    const [port, lanPort, otherPort] = [await freePort(), await freePort(), await freePort()]
    const env = {
      WEDSYNC_DATA: folders.make('variables'),
      WEDSYNC_PORT: String(port),
      WEDSYNC_LAN_PORT: String(lanPort),
      WEDSYNC_LAN_HOST: '127.0.0.1',
      WEDSYNC_CLOUD: cloud.ready.url,
      WEDSYNC_CLOUD_TOKEN: cloud.ready.enrol ?? '',
      WEDSYNC_NAME: 'Vera',
      WEDSYNC_DEVICE_NAME: 'Variable',
      WEDSYNC_LOG_JSON: '1',
    }
    const first = await up(['hub'], env)
    expect(first.ready).toMatchObject({ url: `http://127.0.0.1:${port}`, cloud: { state: 'connected' } })
    expect(first.ready.lan?.url).toBe(`https://127.0.0.1:${lanPort}`)
    const logged = jsonLines.parse(first.log()).map((line) => z.object({ event: z.string() }).parse(line).event)
    expect(logged).toContain('hub started')
    const variables = { WEDSYNC_SERVER: first.ready.url, WEDSYNC_TOKEN: first.ready.token ?? '', WEDSYNC_JSON: 'true' }
    expect(JSON.parse((await wedsync(['status'], variables)).stdout)).toMatchObject({
      personName: 'Vera',
      deviceName: 'Variable',
    })
    expectOneLine(await wedsync(['hub', '--json'], env), { code: 3, line: /in use by process/ })
    await down(first)

    const second = await up(['hub', '--port', String(otherPort)], env)
    expect(second.ready.url).toBe(`http://127.0.0.1:${otherPort}`)
    await down(second)
    expectOneLine(await wedsync(['hub', '--json'], { ...env, WEDSYNC_PORT: 'many' }), {
      code: 2,
      line: /--port.*"many"/,
    })
  })
})

describe('what a photographer has joined', () => {
  it('cannot be a hub, and says so', async () => {
    const dir = folders.make('photographer')
    const { join } = await newJoin(apiOf(hub), { role: 'photographer' })
    const joined = await up(['device', '--data', dir, '--join', join, '--name', 'Piet'])
    const refused = await apiOf(joined).send('POST', 'hub', {})
    expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    await down(joined)
    const end = await wedsync(['hub', '--data', dir, '--lan-host', '127.0.0.1', '--json'])
    expectOneLine(end, {
      code: 1,
      line: /Only a device that may read everything.*can be its hub\. Ask the owner for a planner link/,
    })
  })
})

describe('a hub, a device and a cloud that go away and come back', () => {
  it('a hub whose cloud is away says so, and how much waits, also after a restart', async () => {
    const { port } = new URL(cloud.ready.url)
    await down(cloud)
    const [wedding] = await weddings(apiOf(hub))
    const items = await records(apiOf(hub), wedding?.id ?? '', 'timeline_items')
    expect(items).toHaveLength(3)
    await push(
      apiOf(hub),
      items.map(({ id }) => ({ action: 'update', table: 'timeline_items', id, data: { notes: 'Bring an umbrella.' } })),
    )
    const waiting = async () => {
      const status = await statusOf(hub)
      expect(status.upstreams).toMatchObject([{ kind: 'cloud', state: 'offline', waiting: 3, incoming: 0 }])
      expect(status.weddings).toMatchObject([{ complete: false, behindBy: 3 }])
      const text = await statusText(hub)
      expect(text).toMatch(/to cloud cloud: offline, 3 waiting \(.+\)\n/)
      expect(text).toMatch(/4 records {2}behind by 3\n/)
    }
    await eventually(
      'the hub has noticed',
      () => upstream(hub, 'cloud'),
      (peer) => peer?.state === 'offline',
    )
    await waiting()

    const { ready } = hub
    await down(hub)
    hub = await up(['hub', '--data', folders.make('hub')])
    expect(hub.ready).toMatchObject({ deviceId: ready.deviceId, userId: ready.userId, cloud: { state: 'offline' } })
    expect(hub.ready.lan).toMatchObject({ url: ready.lan?.url, fingerprint: ready.lan?.fingerprint })
    expect(teamIn(hub)).toBe(teamIn({ ready }))
    await waiting()

    cloud = await up(['cloud', '--data', folders.make('cloud'), '--port', port])
    await isEqual(hub, 'cloud')
    expect(await upstream(hub, 'cloud')).toMatchObject({ waiting: 0 })
    expect(await holdings(rest(cloud.ready.url, hub.ready.token))).toEqual(await holdings(apiOf(hub)))
  })

  it('a device finds its hub again without a link, and verify finds nothing wrong', async () => {
    const { ready } = device
    const dir = folders.make('device')
    await isEqual(device, 'hub')
    const held = await holdings(apiOf(device))
    await down(device)
    const verified = await wedsync(['verify', '--data', dir, '--json'])
    expect([verified.code, verified.stderr]).toEqual([0, ''])
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, findings: [] })
    expect(verified.stdout).toContain(held[0]?.digest)
    const offline = await wedsync(['status', '--data', dir])
    expect(offline.stdout).toMatch(/^local .* · Carla · planner\n {2}to hub Hub laptop: /)
    device = await up(['device', '--data', dir])
    expect(device.ready).toMatchObject({ role: 'local', deviceId: ready.deviceId, userId: ready.userId })
    await isEqual(device, 'hub')
    expect(await holdings(apiOf(device))).toEqual(await holdings(apiOf(hub)))
    // The same link once more, as in a script that restarts, is nothing new.
    await down(device)
    device = await up(['device', '--data', dir, '--join', lanOf(hub.ready).join])
    expect(device.ready.deviceId).toBe(ready.deviceId)
  })

  it('a cloud keeps its enrolment token and its teams', async () => {
    const { ready } = cloud
    expect((await statusOf(cloud, hub.ready.token)).weddings).toHaveLength(1)
    await down(cloud)
    cloud = await up(['cloud', '--data', folders.make('cloud')])
    expect(cloud.ready.enrol).toBe(ready.enrol)
    expect((await statusOf(cloud, hub.ready.token)).weddings).toHaveLength(1)
  })

  it('SIGINT ends them in good order too', async () => {
    for (const server of [device, hub, cloud]) {
      process.kill(server.pid, 'SIGINT')
      await down(server)
    }
    expect(running.size).toBe(0)
  })
})

function teamIn({ ready }: Pick<Server, 'ready'>): string | null {
  return new URL(lanOf(ready).join).searchParams.get('team')
}
