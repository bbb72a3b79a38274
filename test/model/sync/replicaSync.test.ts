import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { err, ok } from '../../../model/result.ts'
import type { Grant } from '../../../model/roles.ts'
import { PRESENCE_LIFE_MS } from '../../../model/sync/presence.ts'
import { createReplicaSync, type ReplicaSync } from '../../../model/sync/replicaSync.ts'
import { rulesOf } from '../../../model/sync/rules.ts'
import type { Transport } from '../../../model/sync/transport.ts'
import { uuidOf } from '../../support/ids.ts'
import { createManualScheduler, type ManualScheduler } from '../../support/manualScheduler.ts'
import { type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'
import { createPipe, type Pipe } from '../../support/pipe.ts'

const LAKE = uuidOf(100)
const BARN = uuidOf(101)
const TEAM = uuidOf(1)
const OWNER: Grant = { role: 'owner', weddings: 'all' }

interface Device {
  readonly replica: MemoryReplica
  readonly sync: ReplicaSync
}

let scheduler: ManualScheduler
let pipes: Pipe[]
let devices: Device[]
beforeEach(() => {
  scheduler = createManualScheduler()
  pipes = []
  devices = []
})
afterEach(async () => {
  for (const { sync, replica } of devices) {
    await sync.stop()
    await replica.close()
  }
})

async function open(
  name: string,
  aheadMs = 0,
  more: Partial<Parameters<typeof createReplicaSync>[0]> = {},
): Promise<Device> {
  const replica = await openMemoryReplica(name, { now: scheduler.now })
  const sync = createReplicaSync({
    changes: replica.changes,
    state: replica.state,
    scheduler: { ...scheduler, now: () => scheduler.now() + aheadMs },
    self: () => ({ deviceId: name, deviceName: name, team: TEAM }),
    onChange: () => undefined,
    ...more,
  })
  const device = { replica, sync }
  devices.push(device)
  return device
}

/** A line to somebody, as what they grant. */
function dial(to: Device, grant: Grant = OWNER): () => Promise<Transport> {
  return async () => {
    const pipe = createPipe()
    pipes.push(pipe)
    to.sync.receive(pipe.called, async () => ok(rulesOf(grant, TEAM, () => true)))
    return pipe.caller
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  while (pipes.some(({ queue }) => queue.length > 0)) {
    for (const pipe of pipes) pipe.deliver()
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

const pass = (ms: number): Promise<void> => scheduler.pass(ms, settle)

const seenBy = ({ sync }: Device): unknown[] => sync.presence.present().map(({ deviceId, state }) => [deviceId, state])

describe('who is here', () => {
  it('[SYN11] is told through the hub, changes, and is gone with the line', async () => {
    const [ana, ben, hub] = [await open('ana'), await open('ben'), await open('hub')]
    ana.sync.connect('hub', dial(hub), 'hub')
    await pass(100)
    ana.sync.presence.announce(LAKE, { editing: uuidOf(200) })
    ben.sync.connect('hub', dial(hub), 'hub')
    await pass(100)
    expect([seenBy(ben), seenBy(hub), seenBy(ana)]).toEqual([
      [['ana', { editing: uuidOf(200) }]],
      [['ana', { editing: uuidOf(200) }]],
      [],
    ])
    ana.sync.presence.announce(LAKE, { editing: null })
    await pass(100)
    expect(seenBy(ben)).toEqual([['ana', { editing: null }]])
    await ana.sync.disconnect('hub')
    await pass(100)
    expect([seenBy(ben), seenBy(hub)]).toEqual([[], []])
  })

  it('[SYN11] is told to nobody who has no part in the wedding', async () => {
    const [ana, vendor, hub] = [await open('ana'), await open('vendor'), await open('hub')]
    ana.sync.connect('hub', dial(hub), 'hub')
    vendor.sync.connect('hub', dial(hub, { role: 'vendor', weddings: [BARN] }), 'hub')
    await pass(100)
    ana.sync.presence.announce(LAKE, 'here')
    await pass(100)
    expect([seenBy(hub), seenBy(vendor)]).toEqual([[['ana', 'here']], []])
  })

  it('[SYN11] a device speaks for itself alone, and says only so much', async () => {
    const [viewer, hub] = [await open('viewer'), await open('hub')]
    viewer.sync.connect('hub', dial(hub, { role: 'viewer', weddings: 'all' }), 'hub')
    await pass(100)
    const say = (deviceId: string, state: unknown, nth: number): void =>
      pipes[0]?.inject('caller', JSON.stringify({ type: 'presence', devices: [{ deviceId, nth, scope: LAKE, state }] }))
    say('ana', 'forged', 1)
    say('hub', 'forged', Number.MAX_SAFE_INTEGER)
    say('viewer', 'x'.repeat(3_000), 1)
    say('viewer', 'fine', 2)
    say('viewer', 'late', 1)
    await pass(100)
    expect(seenBy(hub)).toEqual([['viewer', 'fine']])
    expect(() => viewer.sync.presence.announce(LAKE, 'x'.repeat(3_000))).toThrow('2,000')
  })

  it('[SYN11] is repeated while it lasts, lapses if it is not, and comes to rest in a ring of hubs', async () => {
    const [ana, one, two, cloud] = [await open('ana'), await open('one'), await open('two'), await open('cloud')]
    ana.sync.connect('hub', dial(one), 'one')
    one.sync.connect('hub', dial(two), 'two')
    two.sync.connect('cloud', dial(cloud), 'cloud')
    cloud.sync.connect('hub', dial(one), 'one')
    await pass(100)
    ana.sync.presence.announce(LAKE, 'here')
    await pass(100)
    const told = pipes.flatMap(({ log }) => log.filter(({ text }) => text.includes('presence')))
    expect(told.length).toBeLessThanOrEqual(8)
    await pass(2 * PRESENCE_LIFE_MS)
    expect(seenBy(two)).toEqual([['ana', 'here']])
    pipes[0]?.goSilent()
    await ana.sync.stop()
    await pass(PRESENCE_LIFE_MS + 1_000)
    expect(seenBy(two)).toEqual([])
  })
})

describe('the clock', () => {
  it('[SYN12][CLK5] goes by whom one calls, the cloud before the hub, and is passed on corrected', async () => {
    const [ana, hub, cloud] = [await open('ana', -90_000), await open('hub', 3_600_000), await open('cloud')]
    hub.sync.connect('cloud', dial(cloud), 'cloud')
    await pass(100)
    ana.sync.connect('hub', dial(hub), 'hub')
    await pass(100)
    expect([ana, hub, cloud].map(({ sync }) => sync.clockOffset())).toEqual([90_000, -3_600_000, 0])
  })
})

describe('calling', () => {
  it('[SYN9] tries again with growing pauses up to a bound, tells why, and begins anew after a good session', async () => {
    const [ana, hub] = [await open('ana'), await open('hub')]
    let isUp = false
    const tries: number[] = []
    ana.sync.connect(
      'hub',
      async () => {
        tries.push(scheduler.now())
        if (!isUp) throw new Error('no route')
        return dial(hub)()
      },
      'hub',
    )
    await pass(30_000)
    const pauses = tries.slice(1).map((at, i) => at - (tries[i] ?? 0))
    expect(pauses.slice(0, 3)).toEqual([4_500, 5_500, 5_500])
    const [peer] = (await ana.sync.figures()).peers
    expect(peer?.upstream).toMatchObject({
      attempts: tries.length,
      failures: tries.length,
      lastError: { code: 'UNREACHABLE', message: 'no route' },
      nextTryAtMs: (tries.at(-1) ?? 0) + 5_500,
    })
    isUp = true
    ana.sync.poke()
    await pass(10_000)
    expect((await ana.sync.upstreams())[0]?.state).not.toBe('offline')
    const before = tries.length
    pipes.at(-1)?.cut()
    await pass(1_100)
    expect(tries.length).toBe(before + 1)
  })

  it('[SYN9] several upstreams at once, each by itself', async () => {
    const [ana, hub, cloud] = [await open('ana'), await open('hub'), await open('cloud')]
    ana.sync.connect('hub', dial(hub), 'hub')
    ana.sync.connect('cloud', dial(cloud), 'cloud')
    await ana.replica.create({ id: uuidOf(200), scope: LAKE, table: 'guests', data: { name: 'Ada' } })
    await pass(2_000)
    pipes[0]?.goSilent()
    await ana.replica.edit(uuidOf(200), { name: 'Grace' })
    await pass(2_000)
    expect((await cloud.replica.changes.records([uuidOf(200)])).size).toBe(1)
    expect((await ana.sync.upstreams()).map(({ kind, waiting }) => [kind, waiting])).toEqual([
      ['hub', 1],
      ['cloud', 0],
    ])
    await pass(20_000)
    expect((await ana.sync.upstreams()).map(({ state }) => state)).toEqual(['equal', 'equal'])
  })
})

describe('a token', () => {
  const ownToken = 'token of the hub'

  it('[SYN17] that the hub has renewed comes in its hello, and is for the next call', async () => {
    const renewed: string[] = []
    const ana = await open('ana', 0, { onRenewed: (token) => renewed.push(token) })
    const hub = await open('hub', 0, {
      self: () => ({ deviceId: 'hub', deviceName: 'hub', team: TEAM, token: ownToken }),
    })
    const call = (renewal: { renewedToken?: string }) => async () => {
      const pipe = createPipe()
      pipes.push(pipe)
      hub.sync.receive(pipe.called, async () => ok({ ...rulesOf(OWNER, TEAM, () => true), ...renewal }))
      return pipe.caller
    }
    ana.sync.connect('hub', call({ renewedToken: 'the next token' }), 'hub')
    await pass(1_000)
    expect(renewed).toEqual(['the next token'])
    await ana.sync.disconnect('hub')
    ana.sync.connect('hub', call({}), 'hub')
    await pass(1_000)
    expect(renewed).toEqual(['the next token'])
    expect(JSON.stringify(pipes.map(({ log }) => log))).not.toContain(ownToken)
  })

  it('[SYN17] is taken from a hub and from nobody else: a cloud cannot sign for the team', async () => {
    const renewed: string[] = []
    const ana = await open('ana', 0, { onRenewed: (token) => renewed.push(token) })
    const cloud = await open('cloud')
    const call = async () => {
      const pipe = createPipe()
      pipes.push(pipe)
      cloud.sync.receive(pipe.called, async () => ok({ ...rulesOf(OWNER, TEAM, () => true), renewedToken: 'made up' }))
      return pipe.caller
    }
    ana.sync.connect('cloud', call, 'cloud')
    await pass(1_000)
    expect((await ana.sync.upstreams())[0]?.state).not.toBe('offline')
    expect(renewed).toEqual([])
  })
})

describe('figures', () => {
  it('[SYN13] count per peer and in all, also of sessions that have ended', async () => {
    const [ana, hub] = [await open('ana'), await open('hub')]
    ana.sync.connect('hub', dial(hub), 'hub')
    await ana.replica.create({ id: uuidOf(200), scope: LAKE, table: 'guests', data: { name: 'Ada' } })
    await pass(5_000)
    const atHub = await hub.sync.figures()
    expect(atHub.peers).toMatchObject([
      { kind: 'device', deviceId: 'ana', queue: 0, session: { recordsIn: 1, recordsOut: 0, refused: 0, rttMs: 0 } },
    ])
    const bytes = pipes[0]?.log.reduce((sum, { text }) => sum + text.length, 0)
    expect(atHub.total.bytesIn + atHub.total.bytesOut).toBe(bytes)
    await ana.sync.disconnect('hub')
    hub.sync.receive(createPipe().called, async () => err({ code: 'REVOKED', message: 'revoked' }))
    await pass(11_000)
    const later = await hub.sync.figures()
    expect(later.peers).toEqual([])
    expect(later.total).toMatchObject({ recordsIn: 1, sessions: 2, failures: 1, lastError: { code: 'SILENT' } })
  })

  it('[SYN13] say how much waits for a peer that is away', async () => {
    const ana = await open('ana')
    ana.sync.connect('hub', () => Promise.reject(new Error('gone')), 'the hub')
    await ana.replica.create({ id: uuidOf(200), scope: LAKE, table: 'guests', data: { name: 'Ada' } })
    await pass(100)
    expect((await ana.sync.figures()).peers).toMatchObject([{ kind: 'hub', name: 'the hub', queue: 1 }])
  })
})
