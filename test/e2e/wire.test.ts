/**
 * Replicas as real processes with real databases, over TLS, on lines that are cut at every message and inside every
 * message, that are slow, and between ends that are killed. Afterwards everything is everywhere. The long form:
 * `WEDSYNC_WIRE_ROUNDS=20`.
 */
import { mkdirSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { recordTableOf } from '../../server/changes/sqliteLog.ts'
import { lookIntoDataDir } from '../../server/identity/dataDir.ts'
import { type Install, openInstall } from '../../server/install/install.ts'
import { type Database, openDatabase } from '../../server/storage/open.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts'
import { eventually, type Rest, rest, type Server, serve, temporaryFolders } from '../support/wedsync.ts'

const ROUNDS = Number(process.env.WEDSYNC_WIRE_ROUNDS ?? 2)
const RECORDS = 60
/** More than one message of changes carries. */
const TASKS = 300
const folders = temporaryFolders()
const running = new Set<Server>()
const proxies = new Set<TcpProxy>()

afterEach(async () => {
  await Promise.all([...running].map((server) => server.kill()))
  running.clear()
  for (const proxy of proxies) await proxy.close()
  proxies.clear()
})
afterAll(() => folders.cleanUp())

async function up(args: readonly string[]): Promise<Server> {
  const server = await serve(args)
  running.add(server)
  return server
}

async function kill(server: Server): Promise<void> {
  running.delete(server)
  await server.kill()
}

async function proxyTo(url: string, ...fate: Parameters<typeof openTcpProxy> extends [number, ...infer F] ? F : never) {
  const proxy = await openTcpProxy(Number(new URL(url).port), ...fate)
  proxies.add(proxy)
  return proxy
}

/** The same invitation, by way of the proxy: who answers is known by their certificate, not by their address. */
function by(proxy: TcpProxy, link: string): string {
  return link.replace(/%3A\d+&/, `%3A${proxy.port}&`)
}

const weddingsReply = z.object({
  weddings: z.array(z.object({ id: z.string(), records: z.number(), digest: z.string(), complete: z.boolean() })),
})

async function push(api: Rest, weddingId: string, count: number): Promise<void> {
  const timestamp = new Date().toISOString()
  const ids = Array.from({ length: count }, () => crypto.randomUUID())
  const { status, body } = await api.send('POST', 'sync', {
    changes: ids.map((id, n) => ({
      ...{ timestamp, action: 'create', table: 'tasks', id },
      data: { wedding_id: weddingId, title: `Task ${n}`, description: 'to be done before the guests arrive' },
    })),
    ...{ lastSyncTime: timestamp, batchId: crypto.randomUUID(), options: { conflictResolution: 'client_wins' } },
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({ failures: [] })
}

async function newWedding(api: Rest): Promise<string> {
  const id = crypto.randomUUID()
  const timestamp = new Date().toISOString()
  const { status } = await api.send('POST', 'sync', {
    changes: [{ timestamp, action: 'create', table: 'weddings', id, data: { name: 'Wire', date: '2027-06-12' } }],
    ...{ lastSyncTime: timestamp, batchId: crypto.randomUUID(), options: { conflictResolution: 'client_wins' } },
  })
  expect(status).toBe(200)
  return id
}

async function wedding(api: Rest) {
  return weddingsReply.parse((await api.get('weddings')).body).weddings[0]
}

/** All hold the same so many records, and know it. */
async function expectEqual(records: number, ...apis: readonly Rest[]): Promise<void> {
  const all = await eventually(
    `${records} records everywhere`,
    () => Promise.all(apis.map(wedding)),
    (weddings) =>
      weddings.every((one) => one?.records === records && one.complete) &&
      new Set(weddings.map((one) => one?.digest)).size === 1,
    90_000,
  )
  expect(all).toHaveLength(apis.length)
}

const hubArgs = (name: string, ...more: readonly string[]) => [
  ...['hub', '--data', folders.make(name), '--lan-host', '127.0.0.1'],
  ...more,
]

describe('a line that is cut', () => {
  it('[INV1] at every message boundary and inside every message loses nothing and sends everything in the end', async () => {
    const hub = await up(hubArgs('cut-hub'))
    const hubApi = rest(hub.ready.url, hub.ready.token)
    const weddingId = await newWedding(hubApi)
    await push(hubApi, weddingId, RECORDS)
    let isCutting = false
    let attempt = 0
    // The handshake takes a few records; from then on each attempt comes one half further.
    const proxy = await proxyTo(hub.ready.lan?.url ?? '', () =>
      isCutting ? { cutAfterRecords: 4 + (attempt >> 1), cutsInTheMiddle: attempt++ % 2 === 1 } : {},
    )
    const device = await install('cut-device', by(proxy, hub.ready.lan?.join ?? ''))
    try {
      const deviceApi = rest(device.url, device.token)
      await expectEqual(RECORDS + 1, hubApi, deviceApi)
      isCutting = true
      let pushed = RECORDS + 1
      proxy.cutAll()
      while (proxy.cuts() < attempt || attempt < 24) {
        const before = proxy.connections()
        await push(deviceApi, weddingId, 1)
        await push(hubApi, weddingId, 1)
        pushed += 2
        device.install.sync.poke()
        await eventually(
          'another try',
          async () => proxy.connections(),
          (now) => now > before,
          10_000,
        )
        await eventually(
          'its end',
          async () => proxy.cuts(),
          (cuts) => cuts >= attempt,
          5_000,
        )
      }
      expect(proxy.cuts()).toBeGreaterThanOrEqual(24)
      isCutting = false
      device.install.sync.poke()
      await expectEqual(pushed, hubApi, deviceApi)
    } finally {
      await device.install.stop()
    }
  })
})

describe('a line as slow as the edge of a mobile network', () => {
  it('carries everything, late', async () => {
    const hub = await up(hubArgs('slow-hub'))
    const hubApi = rest(hub.ready.url, hub.ready.token)
    const weddingId = await newWedding(hubApi)
    await push(hubApi, weddingId, RECORDS)
    const proxy = await proxyTo(hub.ready.lan?.url ?? '', () => ({ delayMs: 300, bytesPerSecond: 6_000 }))
    const device = await up([
      'device',
      '--data',
      folders.make('slow-device'),
      '--join',
      by(proxy, hub.ready.lan?.join ?? ''),
    ])
    const deviceApi = rest(device.ready.url, device.ready.token)
    await expectEqual(RECORDS + 1, hubApi, deviceApi)
    await push(deviceApi, weddingId, 5)
    await expectEqual(RECORDS + 6, hubApi, deviceApi)
  })
})

describe('ends that are killed', () => {
  it('[INV1] in a push and in a pull, hub or device, lose nothing that was acknowledged', async () => {
    const args = hubArgs('kill-hub')
    let hub = await up(args)
    const proxy = await proxyTo(hub.ready.lan?.url ?? '', () => ({ bytesPerSecond: 60_000 }))
    const weddingId = await newWedding(rest(hub.ready.url, hub.ready.token))
    const deviceArgs = ['device', '--data', folders.make('kill-device')]
    let device = await up([...deviceArgs, '--join', by(proxy, hub.ready.lan?.join ?? '')])
    await expectEqual(1, rest(hub.ready.url, hub.ready.token), rest(device.ready.url, device.ready.token))
    let pushed = 1
    for (let round = 0; round < ROUNDS; round++) {
      await push(rest(device.ready.url, device.ready.token), weddingId, 80)
      await push(rest(hub.ready.url, hub.ready.token), weddingId, 80)
      pushed += 160
      await untilBytesPass(proxy, 3_000 + 5_000 * round)
      if (round % 2 === 0) {
        await kill(hub)
        hub = await up(args)
      } else {
        await kill(device)
        device = await up(deviceArgs)
      }
    }
    await expectEqual(pushed, rest(hub.ready.url, hub.ready.token), rest(device.ready.url, device.ready.token))
  })

  it('[INV1] install or cloud, while the one pushes to the other, lose nothing that was acknowledged', async () => {
    const cloudArgs = ['cloud', '--data', folders.make('kill-cloud')]
    let cloud = await up(cloudArgs)
    const proxy = await proxyTo(cloud.ready.url, () => ({ bytesPerSecond: 60_000 }))
    const url = `http://127.0.0.1:${proxy.port}`
    const args = hubArgs('kill-install', '--cloud', url, '--cloud-token', cloud.ready.enrol ?? '')
    let hub = await up(args)
    const weddingId = await newWedding(rest(hub.ready.url, hub.ready.token))
    await push(rest(hub.ready.url, hub.ready.token), weddingId, 100)
    await untilBytesPass(proxy, 5_000)
    await kill(hub)
    hub = await up(args)
    await push(rest(hub.ready.url, hub.ready.token), weddingId, 100)
    await untilBytesPass(proxy, 5_000)
    const { port } = new URL(cloud.ready.url)
    await kill(cloud)
    cloud = await up([...cloudArgs, '--port', port])
    await expectEqual(201, rest(hub.ready.url, hub.ready.token))
  })
})

describe('ends that are killed while they repair', () => {
  it('[INV2] the device, then the hub: what was lost behind the cursors is there again in the end', async () => {
    const args = hubArgs('repair-hub')
    let hub = await up(args)
    let isSlow = false
    const proxy = await proxyTo(hub.ready.lan?.url ?? '', () => (isSlow ? { bytesPerSecond: 8_000 } : {}))
    const weddingId = await newWedding(rest(hub.ready.url, hub.ready.token))
    for (let n = 0; n < TASKS; n += 100) await push(rest(hub.ready.url, hub.ready.token), weddingId, 100)
    const folder = folders.make('repair-device')
    const deviceArgs = ['device', '--data', folder]
    let device = await up([...deviceArgs, '--join', by(proxy, hub.ready.lan?.join ?? '')])
    await expectEqual(TASKS + 1, rest(hub.ready.url, hub.ready.token), rest(device.ready.url, device.ready.token))

    running.delete(device)
    await device.stop()
    expect(await inDatabase(folder, loseTasks)).toBe(TASKS)
    isSlow = true
    device = await up(deviceArgs)
    await untilMoreThan(1, device)
    await kill(device)
    const back = await inDatabase(folder, countTasks)
    expect(back).toBeGreaterThan(0)
    // Or it had all of them, and was not killed while it repaired.
    expect(back).toBeLessThan(TASKS)

    device = await up(deviceArgs)
    await untilMoreThan(back + 1, device)
    await kill(hub)
    const { records = 0 } = (await wedding(rest(device.ready.url, device.ready.token))) ?? {}
    expect(records).toBeLessThan(TASKS + 1)

    isSlow = false
    hub = await up(args)
    await expectEqual(TASKS + 1, rest(hub.ready.url, hub.ready.token), rest(device.ready.url, device.ready.token))
  })
})

/** Over a line of 8 kB a second, the first answer to a repair may be a while on its way. */
const SLOW_REPAIR_MS = 120_000

/** A repair is under way. */
async function untilMoreThan(records: number, { ready }: Server): Promise<void> {
  await eventually(
    'records that were lost',
    () => wedding(rest(ready.url, ready.token)),
    (one) => (one?.records ?? 0) > records,
    SLOW_REPAIR_MS,
  )
}

/** Works on the file of an install that is stopped. @param work given the table of its records */
async function inDatabase<T>(folder: string, work: (database: Database, table: string) => T): Promise<T> {
  const found = lookIntoDataDir(folder)
  if (!found.ok || !found.value) throw new Error(`there is no install in ${folder}`)
  const opened = openDatabase(found.value.databaseFile, found.value.key)
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  try {
    const table = recordTableOf(opened.value)
    if (table === undefined) throw new Error('there is no table of records')
    return work(opened.value, table)
  } finally {
    opened.value.close()
  }
}

/** Takes the tasks out behind the back of everything that keeps account of them. @returns how many there were */
function loseTasks(database: Database, table: string): number {
  return database.prepare(`DELETE FROM ${table} WHERE json_extract(data, '$.table') = 'tasks'`).run().changes
}

function countTasks(database: Database, table: string): number {
  const count = database.prepare(`SELECT count(*) FROM ${table} WHERE json_extract(data, '$.table') = 'tasks'`)
  return z.number().parse(count.pluck().get())
}

/** The transfer is under way. */
async function untilBytesPass(proxy: TcpProxy, bytes: number): Promise<void> {
  const before = proxy.bytes()
  const passed = async () => proxy.bytes().up + proxy.bytes().down - before.up - before.down
  await eventually('bytes on the line', passed, (count) => count >= bytes, 15_000)
}

/** A device within this process, whose next try need not be waited for. */
async function install(name: string, join: string): Promise<{ install: Install; url: string; token: string }> {
  const dataDir = folders.make(name)
  mkdirSync(dataDir, { recursive: true })
  const opened = await openInstall({ dataDir, port: 0, pagesDir: dataDir, log: () => undefined, join })
  if (!opened.ok) throw new Error(`the device does not start: ${JSON.stringify(opened.error)}`)
  const { url, identity } = opened.value
  return { install: opened.value, url, token: identity.token }
}
