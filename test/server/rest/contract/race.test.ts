/**
 * Two clients race on one record through REST while a device edits it by sync. `REST_RACES=1000` is the long form; a run is
 * repeated by its seed with `REST_SEED`.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { viewRecord } from '../../../../model/merge/view.ts'
import { ok } from '../../../../model/result.ts'
import { createReplicaSync, type ReplicaSync } from '../../../../model/sync/replicaSync.ts'
import { TRUSTED } from '../../../../model/sync/rules.ts'
import { nodeScheduler } from '../../../../server/sync/nodeScheduler.ts'
import { type MemoryReplica, openMemoryReplica } from '../../../support/memoryReplica.ts'
import { createPipe } from '../../../support/pipe.ts'
import { ask, COMPOSITIONS, good, type Member, type Server } from './compositions.ts'
import { batch, newRecord, newWedding, rowOf } from './situation.ts'

const ROUNDS = Number(process.env.REST_RACES ?? 50)
const SEED = Number(process.env.REST_SEED ?? Date.now() % 1_000_000)
/** An open conflict keeps all its values: it is settled now and then, as people would. */
const ROUNDS_BETWEEN_DECISIONS = 5
const STRATEGIES = ['client_wins', 'server_wins', 'merge', 'manual']
const FIELDS = ['title', 'location']

let server: Server
let device: MemoryReplica
let sync: ReplicaSync
let wedding: string
let id: string

beforeAll(async () => {
  server = await COMPOSITIONS['the hub']()
  wedding = await newWedding(server)
  id = await newRecord(server, wedding, 'timeline_items', { title: 'first', location: 'first' })
  device = await openMemoryReplica('tablet', { now: Date.now })
  const { changes, state } = device
  const self = () => ({ deviceId: 'tablet', deviceName: 'tablet', team: null })
  sync = createReplicaSync({ changes, state, scheduler: nodeScheduler, self, onChange: () => undefined })
  sync.connect(
    'hub',
    async () => {
      const pipe = createPipe({ auto: true })
      server.install?.sync.receive(pipe.called, async () => ok(TRUSTED))
      return pipe.caller
    },
    'hub',
  )
  await vi.waitFor(async () => device.read(id), { timeout: 20_000 })
})
afterAll(async () => {
  await sync.stop()
  await device.close()
  await server.close()
})

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

it(
  `nothing that ${ROUNDS} races wrote is lost, and the history explains every value (seed ${SEED})`,
  async () => {
    const random = randomFrom(SEED)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const clients = [server.member('owner'), server.member('planner')]
    const written = new Map<string, string>()
    const versions = new Map<Member, string>()

    async function editByRest(client: Member, value: string, field: string, conflictResolution: string): Promise<void> {
      const change = { table: 'timeline_items', id, data: { [field]: value }, clientVersion: versions.get(client) }
      const body = batch([change], { options: { conflictResolution } })
      const { status } = await ask(server, 'push', { as: client, body })
      expect(status).toBe(200)
      written.set(value, field)
    }

    async function editByDevice(value: string, field: string): Promise<void> {
      await device.edit(id, { [field]: value })
      written.set(value, field)
    }

    async function settleOne(): Promise<void> {
      const { conflicts } = await good(server, 'conflicts', { query: `?weddingId=${wedding}` })
      for (const { conflictId } of conflicts) {
        // Somebody may have been faster, or may write a third value meanwhile: then it waits for the next time.
        await ask(server, 'resolve', { as: server.owner, body: { conflictId, resolution: { strategy: 'skip' } } })
      }
    }

    for (let round = 0; round < ROUNDS; round++) {
      for (const client of clients) {
        if (random() < 0.7) versions.set(client, String((await rowOf(server, wedding, id))?.version))
      }
      const edits = [
        ...clients.map((client, n) => editByRest(client, `round ${round} client ${n}`, pick(FIELDS), pick(STRATEGIES))),
        editByDevice(`round ${round} device`, pick(FIELDS)),
        ...(round % ROUNDS_BETWEEN_DECISIONS === 0 ? [settleOne()] : []),
      ]
      await Promise.all(edits)
      // What a device replaces by itself before it was ever sent, nobody else can know.
      await vi.waitFor(hasArrived, { timeout: 20_000, interval: 2 })
    }
    await vi.waitFor(async () => expect(await held()).toEqual(viewRecord(await device.read(id))), { timeout: 20_000 })

    const { entries } = await good(server, 'history', { params: { id } })
    const row = await rowOf(server, wedding, id)
    const known = new Set(entries.map(({ to }) => to))
    expect([...written.keys()].filter((value) => !known.has(value))).toEqual([])
    const standing = new Set([
      ...Object.values(row?.data ?? {}),
      ...Object.values(row?.siblings ?? {}).flatMap((all) => all.map(({ value }) => value)),
    ])
    for (const { to, field, at, dot } of entries.filter((entry) => written.has(String(entry.to)))) {
      expect([field, at]).toEqual([expect.stringMatching(/^(title|location)$/), expect.any(String)])
      // It stands, it lost at once (counter 0), or a later entry of the field says that it was replaced.
      const isReplaced = !standing.has(to) && !dot.endsWith(':0')
      if (isReplaced)
        expect(entries.some((each) => each.field === field && each.at >= at && each.dot !== dot)).toBe(true)
    }
  },
  Math.max(60_000, ROUNDS * 1_000),
)

async function held() {
  const record = (await server.install?.store.changes.records([id]))?.get(id)
  if (!record) throw new Error('the hub has lost the record')
  return viewRecord(record)
}

/** Whether the hub has seen all that the device wrote. */
async function hasArrived(): Promise<void> {
  const own = await device.read(id)
  const record = (await server.install?.store.changes.records([id]))?.get(id)
  for (const [readClass, { vector }] of own.units) {
    const seen = record?.units.get(readClass)?.vector
    for (const [actor, counter] of vector) expect(seen?.get(actor) ?? 0).toBeGreaterThanOrEqual(counter)
  }
}
