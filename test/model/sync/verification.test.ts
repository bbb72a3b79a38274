import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unitHash } from '../../../model/merge/digest.ts'
import { createRecord } from '../../../model/merge/edit.ts'
import { ok } from '../../../model/result.ts'
import type { Grant } from '../../../model/roles.ts'
import { openDigestIndex } from '../../../model/sync/digestIndex.ts'
import { TRUSTED } from '../../../model/sync/rules.ts'
import { startSession } from '../../../model/sync/session.ts'
import { BARN, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import type { MemoryReplica } from '../../support/memoryReplica.ts'
import { createPipe, type Side } from '../../support/pipe.ts'
import { createSyncTeam, holdingsOf, type Line, type SyncTeam, TEAM } from '../../support/syncTeam.ts'

const PHOTOGRAPHER: Grant = { role: 'photographer', weddings: 'all' }

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

async function addGuests(replica: MemoryReplica, count: number, scope = LAKE, from = 1_000): Promise<void> {
  const records = Array.from({ length: count }, (_, i) =>
    createRecord(
      { id: uuidOf(from + i), scope, table: 'guests', data: { name: `Guest ${i}`, phone: '1' } },
      replica.author(),
    ),
  )
  await replica.changes.update([], () => records.map((record) => ({ record })))
}

/** Both hold the same guests, written by one of them, and the line between them is down. */
async function twoWithGuests(count: number, writer = 'hub', grant?: Grant): Promise<[MemoryReplica, MemoryReplica]> {
  const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
  await addGuests(writer === 'hub' ? hub : tablet, count)
  const line = team.connect(tablet, hub, grant && { grant })
  await team.pass(3_000)
  line.pipe.cut()
  return [tablet, hub]
}

const guests = (...numbers: number[]): string[] => numbers.map((n) => uuidOf(1_000 + n))

const sentBy = (line: Line, side: Side): string[] =>
  line
    .sent('changes', side)
    .flatMap(({ records }) => records.map((record) => (record as { id: string }).id))
    .sort()

async function equalOn(line: Line, scope = LAKE): Promise<(boolean | undefined)[]> {
  return Promise.all([line.caller, line.called].map(async (session) => (await session.progress(scope))?.equal))
}

/** What the messages of finding out cost. */
const searching = (line: Line) => [...line.sent('probe'), ...line.sent('nodes'), ...line.sent('repair')]

describe('rows that were taken out by hand', () => {
  it.each([
    { of: 'the side that called and had received them', writer: 'hub', loser: 'tablet' },
    { of: 'the side that called and had written them', writer: 'tablet', loser: 'tablet' },
    { of: 'the side that was called and had received them', writer: 'tablet', loser: 'hub' },
    { of: 'the side that was called and had written them', writer: 'hub', loser: 'hub' },
  ])('of $of come back, and nothing else is sent', async ({ writer, loser }) => {
    const [tablet, hub] = await twoWithGuests(300, writer)
    await (loser === 'hub' ? hub : tablet).removeByHand(guests(7, 77, 299))
    const line = team.connect(tablet, hub)
    await team.pass(3_000)
    const lost = guests(7, 77, 299)
    expect([sentBy(line, 'caller'), sentBy(line, 'called')]).toEqual(loser === 'hub' ? [lost, []] : [[], lost])
    expect([line.sent('repair').length, line.sent('resend').length]).toEqual([1, 0])
    expect(searching(line).length).toBeLessThan(12)
    expect(JSON.stringify(searching(line)).length).toBeLessThan(30_000)
    expect(await holdingsOf(hub, LAKE)).toEqual(await holdingsOf(tablet, LAKE))
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('come back if they are all of a wedding', async () => {
    const [tablet, hub] = await twoWithGuests(2)
    await tablet.removeByHand(guests(0, 1))
    const line = team.connect(tablet, hub)
    await team.pass(3_000)
    expect(sentBy(line, 'called')).toEqual(guests(0, 1))
    expect(await holdingsOf(hub, LAKE)).toEqual(await holdingsOf(tablet, LAKE))
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('of both sides come back at once', async () => {
    const [tablet, hub] = await twoWithGuests(100)
    await tablet.removeByHand(guests(1, 2))
    await hub.removeByHand(guests(2, 3))
    const line = team.connect(tablet, hub)
    await team.pass(3_000)
    expect([sentBy(line, 'caller'), sentBy(line, 'called')]).toEqual([guests(3), guests(1)])
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('[6] come back to a role as far as it may read them, and the search tells it of nothing else', async () => {
    const [camera, hub] = await twoWithGuests(100, 'hub', PHOTOGRAPHER)
    await hub.create({
      id: uuidOf(50),
      scope: LAKE,
      table: 'client_notes',
      data: { content: 'x', visibility: 'internal' },
    })
    await camera.removeByHand(guests(5))
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(3_000)
    expect(sentBy(line, 'called')).toEqual(guests(5))
    const words = line.pipe.log.filter(({ by }) => by === 'called').map(({ text }) => text)
    expect(words.join()).not.toMatch(/private|client_notes|phone/)
    expect(await holdingsOf(camera, LAKE)).toEqual(await holdingsOf(hub, LAKE, 'photographer'))
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('come back although another record is refused', async () => {
    const [camera, hub] = await twoWithGuests(60, 'hub', PHOTOGRAPHER)
    await camera.edit(uuidOf(1_000), { name: 'Nobody' })
    await camera.removeByHand(guests(5))
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(3_000)
    expect(line.refused.caller).toMatchObject([{ id: uuidOf(1_000) }])
    expect(line.sent('repair')).toMatchObject([{ ids: guests(5) }])
    expect(sentBy(line, 'called')).toEqual(guests(5))
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('come back while others go on editing', async () => {
    const [tablet, hub] = await twoWithGuests(60)
    await tablet.removeByHand(guests(5, 6))
    const line = team.connect(tablet, hub)
    for (let i = 0; i < 40; i++) {
      await hub.edit(uuidOf(1_010 + (i % 3)), { tableNumber: i })
      await tablet.edit(uuidOf(1_020 + (i % 3)), { tableNumber: i })
      await team.pass(250)
    }
    await team.pass(3_000)
    expect(line.sent('resend')).toEqual([])
    expect(await holdingsOf(hub, LAKE)).toEqual(await holdingsOf(tablet, LAKE))
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('of two weddings come back one wedding after the other', async () => {
    const [tablet, hub] = await twoWithGuests(40)
    await addGuests(hub, 40, BARN, 2_000)
    const first = team.connect(tablet, hub)
    await team.pass(1_000)
    first.pipe.cut()
    await tablet.removeByHand([...guests(5), uuidOf(2_005)])
    const line = team.connect(tablet, hub)
    await team.pass(5_000)
    expect(sentBy(line, 'called')).toEqual([...guests(5), uuidOf(2_005)])
    expect([await equalOn(line), await equalOn(line, BARN)]).toEqual(Array(2).fill([true, true]))
  })

  it('[1] come back wherever the search is cut short', async () => {
    const [tablet, hub] = await twoWithGuests(40)
    for (let messages = 0; messages < 12; messages++) {
      await tablet.removeByHand(guests(5))
      const line = team.connect(tablet, hub)
      while (line.sent('verdict').length < 2) await team.pass(100)
      while (searching(line).length < messages && (line.pipe.deliver() || line.sent('ack').length === 0)) {
        await team.scheduler.pass(10, team.settle)
      }
      line.pipe.cut()
      const again = team.connect(tablet, hub)
      await team.pass(3_000)
      expect([messages, await equalOn(again)]).toEqual([messages, [true, true]])
      expect((await tablet.changes.records(guests(5))).size).toBe(1)
      again.pipe.cut()
    }
  })
})

describe('whether rows went missing', () => {
  it('[SYN26] is asked of the storage once for all who call at one time, and again for who calls later', async () => {
    const hub = await team.replica('hub')
    await addGuests(hub, 3)
    let audits = 0
    const countSince: typeof hub.changes.countSince = (scope, since, except) => {
      if (since === 0 && except === undefined) audits++
      return hub.changes.countSince(scope, since, except)
    }
    const counted = { ...hub, changes: { ...hub.changes, countSince } }
    const tablets = await Promise.all(['ada', 'ben', 'cleo', 'dan'].map((name) => team.replica(name)))
    const lines = tablets.map((tablet) => team.connect(tablet, counted))
    await team.pass(3_000)
    expect(audits).toBe(1)
    for (const line of lines) expect(await equalOn(line)).toEqual([true, true])
    const [first] = tablets
    if (!first) throw new Error('four tablets were opened')
    lines[0]?.pipe.cut()
    await hub.removeByHand(guests(1))
    const again = team.connect(first, counted)
    await team.pass(3_000)
    expect(await equalOn(again)).toEqual([true, true])
    expect(await holdingsOf(hub, LAKE)).toEqual(await holdingsOf(first, LAKE))
  })
})

describe('a change that is nothing to the peer', () => {
  it('leaves both sides complete, also if it is committed while digests are compared', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await hub.create({ id: uuidOf(200), scope: LAKE, table: 'vendors', data: { name: 'Eda Flowers' } })
    let line: Line | undefined
    let hasChanged = false
    const refresh = async (): Promise<void> => {
      if (hasChanged || line?.sent('digest').length !== 1 || line.sent('verdict').length > 0) return
      hasChanged = true
      await addGuests(hub, 1)
      await team.settle()
    }
    const holder = { userId: 'u', deviceId: 'tablet' }
    const whose = { holder, claims: { owns: () => false, refresh } }
    line = team.connect(tablet, hub, { grant: { role: 'vendor', weddings: 'all' }, whose })
    await team.pass(3_000)
    expect([hasChanged, await hub.changes.head(LAKE), await tablet.changes.head(LAKE)]).toEqual([true, 2, 1])
    expect(await equalOn(line)).toEqual([true, true])
  })
})

describe('the whole scope is sent', () => {
  it('if sending the records that differ has not helped', async () => {
    const [tablet, hub] = await twoWithGuests(30)
    await tablet.removeByHand(guests(5))
    // It does not find what it is asked for.
    const forgetful = { ...hub, changes: { ...hub.changes, records: async () => new Map() } }
    const line = team.connect(tablet, forgetful)
    await team.pass(5_000)
    expect([line.sent('repair').length, line.sent('resend').length]).toEqual([1, 1])
    expect(sentBy(line, 'called')).toHaveLength(30)
    expect(await holdingsOf(tablet, LAKE)).toEqual(await holdingsOf(hub, LAKE))
  })

  it('if too many differ, and at most every half minute', async () => {
    const [tablet, hub] = await twoWithGuests(1_100)
    await tablet.removeByHand(Array.from({ length: 1_050 }, (_, i) => uuidOf(1_000 + i)))
    const line = team.connect(tablet, hub)
    await team.pass(5_000)
    expect([line.sent('repair').length, line.sent('resend').length]).toEqual([0, 1])
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('again and again only every half minute if nothing helps', async () => {
    const [tablet, hub] = await twoWithGuests(30)
    await tablet.removeByHand(guests(5))
    const changesSince: typeof hub.changes.changesSince = async (...args) => {
      const page = await hub.changes.changesSince(...args)
      // What its index reads, and not what it sends.
      return args[2].limit > 100 ? page : { ...page, changes: [] }
    }
    const line = team.connect(tablet, {
      ...hub,
      changes: { ...hub.changes, changesSince, records: async () => new Map() },
    })
    await team.pass(100_000)
    expect(line.sent('resend').length).toBeLessThanOrEqual(4)
    expect(line.sent('repair').length).toBeLessThanOrEqual(5)
    expect(line.pipe.log.length).toBeLessThan(300)
    expect(line.pipe.isOpen()).toBe(true)
  })
})

describe('after one edit of 5,000 records', () => {
  it('both sides hash one record', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(hub, 5_000)
    const pipe = createPipe()
    const hashed: Record<Side, Set<string>> = { caller: new Set(), called: new Set() }
    const start = (side: Side, { name, changes, state }: MemoryReplica) =>
      startSession({
        transport: pipe[side],
        scheduler: team.scheduler,
        changes,
        state,
        caller: side === 'caller',
        self: { deviceId: name, deviceName: name, team: TEAM },
        accept: async () => ok(TRUSTED),
        priority: () => 0,
        digests: openDigestIndex(changes, {
          hash(id, readClass, unit) {
            hashed[side].add(id)
            return unitHash(id, readClass, unit)
          },
        }),
        onProgress: () => undefined,
      })
    const sessions = [start('called', hub), start('caller', tablet)]
    const pass = (ms: number) =>
      team.scheduler.pass(ms, async () => {
        do {
          pipe.deliverAll()
          await team.settle()
        } while (pipe.queue.length > 0)
      })
    const equal = async () => Promise.all(sessions.map(async (session) => (await session.progress(LAKE))?.equal))
    await pass(2_000)
    expect(await equal()).toEqual([true, true])
    expect([hashed.caller.size, hashed.called.size]).toEqual([5_000, 5_000])
    for (const [tableNumber, editor] of [hub, tablet].entries()) {
      hashed.caller.clear()
      hashed.called.clear()
      await editor.edit(uuidOf(1_234), { tableNumber })
      await pass(1_000)
      expect(await equal()).toEqual([true, true])
      expect(hashed).toEqual({ caller: new Set([uuidOf(1_234)]), called: new Set([uuidOf(1_234)]) })
    }
    pipe.cut()
  })
})

describe('a peer that searches', () => {
  const probe = { type: 'probe', scope: BARN, at: [[], ['open', 'guests', '']], except: [] }

  it('[6] where it has no part is told nothing and sent nothing', async () => {
    const [tablet, hub] = await twoWithGuests(5)
    await addGuests(hub, 20, BARN, 2_000)
    const line = team.connect(tablet, hub, { grant: { role: 'planner', weddings: [LAKE] } })
    await team.pass(1_000)
    for (const scope of [BARN, LAKE]) {
      line.pipe.inject('caller', JSON.stringify({ type: 'repair', scope, ids: [uuidOf(2_001)] }))
      line.pipe.inject('caller', JSON.stringify({ type: 'resend', scope: BARN }))
    }
    line.pipe.inject('caller', JSON.stringify(probe))
    await team.pass(1_000)
    expect(line.sent('verdict', 'called').at(-1)).toMatchObject({ scope: BARN, outcome: 'foreign' })
    expect(line.sent('nodes')).toEqual([])
    expect(line.pipe.log.filter(({ by, text }) => by === 'called' && text.includes(uuidOf(2_001)))).toEqual([])
    expect(line.pipe.isOpen()).toBe(true)
  })

  it('[5] in places that do not exist, or answers what nobody asked, disturbs nothing', async () => {
    const [tablet, hub] = await twoWithGuests(5)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    const at = [
      ['__proto__'],
      ['open', 'constructor', ''],
      ['open', 'guests', 'xyz'],
      ['open', 'guests', '0'.repeat(50)],
    ]
    line.pipe.inject('caller', JSON.stringify({ ...probe, scope: LAKE, at }))
    line.pipe.inject('caller', JSON.stringify({ type: 'nodes', scope: LAKE, nodes: [] }))
    line.pipe.inject('called', JSON.stringify({ type: 'nodes', scope: LAKE, nodes: [{ path: [], children: [] }] }))
    await team.pass(1_000)
    expect(line.sent('nodes', 'called')).toMatchObject([
      { nodes: [{ children: [] }, { records: [] }, { records: [] }, { records: [] }] },
    ])
    expect(line.pipe.isOpen()).toBe(true)
    expect(await equalOn(line)).toEqual([true, true])
  })

  it.each([
    { what: 'too many places', message: { ...probe, at: Array(33).fill([]) } },
    { what: 'a place too deep', message: { ...probe, at: [['open', 'guests', '0', '1']] } },
    { what: 'too many records', message: { type: 'repair', scope: LAKE, ids: Array(1_001).fill('x') } },
    { what: 'no records', message: { type: 'repair', scope: LAKE, ids: [] } },
    {
      what: 'a digest that is none',
      message: { type: 'nodes', scope: LAKE, nodes: [{ path: [], children: [['a', 'b']] }] },
    },
  ])('[8] with $what is let go', async ({ message }) => {
    const [tablet, hub] = await twoWithGuests(1)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.inject('caller', JSON.stringify(message))
    await team.pass(1_000)
    expect(await line.called.closed).toMatchObject({ code: 'BAD_MESSAGE' })
  })
})
