import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { createRecord, deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Grant } from '../../../model/roles.ts'
import type { StateStore } from '../../../model/sync/changeStore.ts'
import { SILENCE_MS } from '../../../model/sync/heartbeat.ts'
import { QUARANTINE } from '../../../model/sync/quarantine.ts'
import type { Progress, Session } from '../../../model/sync/session.ts'
import { MAX_MESSAGE_BYTES } from '../../../model/wire/index.ts'
import { uuidOf } from '../../support/ids.ts'
import type { MemoryReplica } from '../../support/memoryReplica.ts'
import { createPipe } from '../../support/pipe.ts'
import { createSyncTeam, holdingsOf, type Line, type SyncTeam } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
const BARN = uuidOf(101)
const ADA = uuidOf(200)
const HEARTBEAT_MS = 2_500
const PHOTOGRAPHER: Grant = { role: 'photographer', weddings: 'all' }

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

async function addGuest(replica: MemoryReplica, id = ADA, scope = LAKE, data: object = {}): Promise<void> {
  await replica.create({ id, scope, table: 'guests', data: { name: 'Ada', dietary: 'vegan', phone: '1', ...data } })
}

/** Many guests in one commit, as an import makes them. */
async function addGuests(replica: MemoryReplica, count: number, scope = LAKE, from = 1_000): Promise<void> {
  const guests = Array.from({ length: count }, (_, i) =>
    createRecord({ id: uuidOf(from + i), scope, table: 'guests', data: { name: `Guest ${i}` } }, replica.author()),
  )
  await replica.changes.update([], () => guests.map((record) => ({ record })))
}

async function expectEqual(scope: string, ...[first, ...others]: MemoryReplica[]): Promise<void> {
  if (!first) throw new Error('nobody to compare')
  const expected = await holdingsOf(first, scope)
  for (const other of others) expect(await holdingsOf(other, scope)).toEqual(expected)
}

async function progressOf(session: Session, scope: string): Promise<Progress> {
  return (await session.progress(scope)) ?? expect.fail('the peer takes no part in this scope')
}

const equalOn = async (line: Line, scope: string): Promise<readonly boolean[]> =>
  Promise.all([line.caller, line.called].map(async (session) => (await progressOf(session, scope)).equal))

const viewOf = async (replica: MemoryReplica, id: string) => viewRecord(await replica.read(id))

describe('two replicas', () => {
  it('[2] edits flow both ways, and both sides know that they are equal', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet, ADA)
    await addGuest(hub, uuidOf(201))
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    await tablet.edit(uuidOf(201), { tableNumber: 4 })
    await hub.edit(ADA, { tableNumber: 5 })
    await team.pass(1_000)
    await expectEqual(LAKE, tablet, hub)
    expect(await viewOf(tablet, ADA)).toMatchObject({ data: { tableNumber: 5 } })
    expect(await viewOf(hub, uuidOf(201))).toMatchObject({ data: { tableNumber: 4 } })
    expect(await equalOn(line, LAKE)).toEqual([true, true])
  })

  it('nothing is echoed: one change is one message, and at rest there are heartbeats only', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    expect([line.sent('changes', 'caller').length, line.sent('changes', 'called').length]).toEqual([1, 0])
    await hub.edit(ADA, { tableNumber: 5 })
    await team.pass(1_000)
    expect([line.sent('changes', 'caller').length, line.sent('changes', 'called').length]).toEqual([1, 1])
    const before = line.pipe.log.length
    await team.pass(30_000)
    expect(new Set(line.pipe.log.slice(before).map(({ text }) => JSON.parse(text).type))).toEqual(
      new Set(['ping', 'pong']),
    )
  })

  it('concurrent edits of one field become one conflict on both', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.cut()
    await tablet.edit(ADA, { rsvpStatus: 'attending' })
    await hub.edit(ADA, { rsvpStatus: 'declined' })
    const again = team.connect(tablet, hub)
    await team.pass(1_000)
    await expectEqual(LAKE, tablet, hub)
    expect(conflictsOf(await tablet.read(ADA))).toMatchObject([{ fields: ['rsvpStatus'] }])
    expect(conflictsOf(await hub.read(ADA))).toEqual(conflictsOf(await tablet.read(ADA)))
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })

  it('a merge of both is sent once, then all is quiet', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    await Promise.all([tablet.edit(ADA, { name: 'Eda' }), hub.edit(ADA, { name: 'Ida' })])
    const before = line.sent('changes').length
    await team.pass(10_000)
    expect(line.sent('changes').length - before).toBeLessThanOrEqual(4)
    await expectEqual(LAKE, tablet, hub)
  })

  it('[2] a wedding that is made while the line comes up is sent too, at whatever moment', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(hub)
    for (let ticks = 0; ticks < 40; ticks++) {
      const line = team.connect(tablet, hub)
      const hasResumed = (): boolean => line.sent('resume', 'caller').length > 0 && line.pipe.queue.length === 0
      while (!hasResumed()) {
        await team.settle()
        line.pipe.deliver()
      }
      for (let i = 0; i < ticks; i++) await Promise.resolve()
      const scope = uuidOf(400 + ticks)
      await addGuest(hub, uuidOf(2_000 + ticks), scope)
      await team.pass(1_000)
      await expectEqual(scope, tablet, hub)
      line.pipe.cut()
    }
  })

  it('deleted records are deleted on both and their rows stay', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    team.connect(tablet, hub)
    await team.pass(1_000)
    await hub.change(ADA, (record) => deleteRecord(record, hub.author()))
    await team.pass(1_000)
    expect((await viewOf(tablet, ADA)).deleted).toBe(true)
    await expectEqual(LAKE, tablet, hub)
  })
})

describe('three replicas in a row', () => {
  it('edits at either end reach the other through the middle, and none comes back', async () => {
    const [device, hub, cloud] = [await team.replica('device'), await team.replica('hub'), await team.replica('cloud')]
    const toHub = team.connect(device, hub)
    const toCloud = team.connect(hub, cloud)
    await addGuest(device)
    await team.pass(1_000)
    await cloud.edit(ADA, { tableNumber: 7 })
    await team.pass(1_000)
    await expectEqual(LAKE, device, hub, cloud)
    expect((await viewOf(device, ADA)).data.tableNumber).toBe(7)
    for (const line of [toHub, toCloud]) {
      expect([line.sent('changes', 'caller').length, line.sent('changes', 'called').length]).toEqual([1, 1])
      expect(await equalOn(line, LAKE)).toEqual([true, true])
    }
  })

  it('what the hub gathered without internet goes up when there is some', async () => {
    const [device, hub, cloud] = [await team.replica('device'), await team.replica('hub'), await team.replica('cloud')]
    const line = team.connect(device, hub)
    await addGuests(device, 20)
    await hub.edit(uuidOf(1_000), { tableNumber: 1 }).catch(() => undefined)
    await team.pass(1_000)
    line.pipe.cut()
    team.connect(hub, cloud)
    await team.pass(1_000)
    await expectEqual(LAKE, device, hub, cloud)
  })

  it('[2] any order of edits, cuts and connections ends equal everywhere', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('edit' as const),
        by: fc.nat(2),
        table: fc.nat(3),
        name: fc.constantFrom('A', 'B'),
      }),
      fc.record({ kind: fc.constantFrom('connect' as const, 'cut' as const), line: fc.nat(2), messages: fc.nat(12) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const world = createSyncTeam()
        try {
          const replicas = [await world.replica('a'), await world.replica('b'), await world.replica('c')]
          const [first] = replicas
          if (!first) throw new Error('no replica')
          await addGuest(first)
          const pairs = [
            [0, 1],
            [1, 2],
            [2, 0],
          ] as const
          const lines: (Line | undefined)[] = []
          const connect = (n: number): void => {
            const [caller, called] = (pairs[n] ?? []).map((i) => replicas[i])
            if (caller && called && !lines[n]?.pipe.isOpen()) lines[n] = world.connect(caller, called)
          }
          let made = 300
          for (const each of steps) {
            if (each.kind === 'edit') {
              const replica = replicas[each.by]
              const holds = await replica?.changes.records([ADA])
              if (holds?.has(ADA)) await replica?.edit(ADA, { tableNumber: each.table, name: each.name })
              else if (replica) await addGuest(replica, uuidOf(made++))
            } else if (each.kind === 'connect') {
              connect(each.line)
              for (let i = 0; i < each.messages; i++) {
                await world.settle()
                for (const line of lines) line?.pipe.deliver()
              }
            } else lines[each.line]?.pipe.cut()
          }
          connect(0)
          connect(1)
          await world.pass(6_000)
          await expectEqual(LAKE, ...replicas)
          for (const line of lines.slice(0, 2)) expect(line && (await equalOn(line, LAKE))).toEqual([true, true])
        } finally {
          await world.close()
        }
      }),
      { numRuns: 25 },
    )
  })
})

describe('a line that is cut', () => {
  it('[1] at any message: after connecting again everything is there and equal', async () => {
    const play = async (cutAt: number): Promise<number> => {
      const world = createSyncTeam()
      try {
        const [tablet, hub] = [await world.replica('tablet'), await world.replica('hub')]
        await addGuest(tablet, ADA)
        await addGuest(tablet, uuidOf(201), BARN)
        await addGuest(hub, uuidOf(202))
        const line = world.connect(tablet, hub)
        for (let i = 0; i < cutAt; i++) {
          await world.settle()
          if (!line.pipe.deliver()) await world.scheduler.pass(100, world.settle)
        }
        await world.settle()
        line.pipe.cut()
        await tablet.edit(ADA, { tableNumber: 9 })
        await hub.edit(uuidOf(202), { name: 'Grace' })
        const again = world.connect(tablet, hub)
        await world.pass(2_000)
        for (const scope of [LAKE, BARN]) {
          await expectEqual(scope, tablet, hub)
          expect(await equalOn(again, scope)).toEqual([true, true])
        }
        expect((await viewOf(hub, ADA)).data).toMatchObject({ tableNumber: 9, dietary: 'vegan' })
        expect((await viewOf(tablet, uuidOf(202))).data.name).toBe('Grace')
        expect([line.refused, again.refused]).toEqual(Array(2).fill({ caller: [], called: [] }))
        return line.pipe.log.length
      } finally {
        await world.close()
      }
    }
    let messages = 0
    for (let cutAt = 0; cutAt <= 18; cutAt++) messages = await play(cutAt)
    expect(messages).toBeGreaterThanOrEqual(12)
  })

  it('[1] before the receiver noted what it had committed: sending it again changes nothing', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    // The hub dies after the commit: its records are on disk, its cursor is not.
    const forgetful: StateStore = { ...hub.state, set: async () => undefined }
    const line = team.connect(tablet, hub, { calledState: forgetful })
    await team.pass(500)
    line.pipe.cut()
    const head = await hub.changes.head(LAKE)
    expect((await viewOf(hub, ADA)).data.name).toBe('Ada')
    const again = team.connect(tablet, hub)
    await team.pass(1_000)
    expect(again.sent('changes', 'caller')).toHaveLength(1)
    expect(await hub.changes.head(LAKE)).toBe(head)
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })

  it('[1] before the sender heard the acknowledgement: nothing is sent twice', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    while (line.sent('ack').length === 0) {
      line.pipe.deliver()
      await team.settle()
    }
    line.pipe.cut()
    const again = team.connect(tablet, hub)
    await team.pass(1_000)
    expect(again.sent('changes')).toEqual([])
    expect(await again.caller.progress(LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
  })

  it('[SYN9] that only falls silent is given up within ten seconds, by both', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.goSilent()
    await team.pass(SILENCE_MS - HEARTBEAT_MS)
    expect(line.pipe.isOpen()).toBe(true)
    await team.pass(10_000 - (SILENCE_MS - HEARTBEAT_MS))
    expect(await line.caller.closed).toMatchObject({ code: 'SILENT' })
    expect(await line.called.closed).toMatchObject({ code: 'SILENT' })
  })

  it('without a hello is given up, however lively it is', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const line = team.connect(tablet, hub)
    line.pipe.drop()
    for (let second = 0; second < 11; second++) {
      line.pipe.inject('caller', '{"type":"ping"}')
      await team.pass(1_000)
    }
    expect(await line.called.closed).toMatchObject({ code: 'NO_HELLO' })
    expect(await line.caller.closed).toMatchObject({ code: 'NO_HELLO' })
  })
})

describe('who may not', () => {
  it('[6] write is refused with a reason, and does not stop the others', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuest(hub)
    await hub.create({ id: uuidOf(300), scope: LAKE, table: 'photo_groups', data: { name: 'Family' } })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    await camera.edit(ADA, { name: 'Not Ada' })
    await camera.edit(uuidOf(300), { done: true })
    await team.pass(3_000)
    expect((await viewOf(hub, ADA)).data.name).toBe('Ada')
    expect((await viewOf(hub, uuidOf(300))).data.done).toBe(true)
    expect(line.refused.caller).toContainEqual({ id: ADA, reason: expect.stringContaining('photographer') })
    expect((await viewOf(camera, ADA)).data.name).toBe('Not Ada')
    const kept = await hub.state.list(QUARANTINE)
    expect([...kept.values()]).toMatchObject([
      { id: ADA, scope: LAKE, peer: camera.changes.epoch, reason: expect.stringContaining('name') },
    ])
    expect(await progressOf(line.caller, LAKE)).toMatchObject({ waiting: 0, equal: true })
  })

  it('[6] enter a wedding is sent nothing of it and brings nothing into it', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(hub, ADA, LAKE)
    await addGuest(hub, uuidOf(201), BARN)
    await addGuest(tablet, uuidOf(202), BARN)
    const line = team.connect(tablet, hub, { grant: { role: 'planner', weddings: [LAKE] } })
    await team.pass(3_000)
    await expectEqual(LAKE, tablet, hub)
    expect(line.pipe.log.filter(({ by, text }) => by === 'called' && text.includes(uuidOf(201)))).toEqual([])
    expect((await hub.changes.records([uuidOf(202)])).size).toBe(0)
    expect(line.refused.caller).toEqual([{ id: uuidOf(202), reason: expect.stringContaining('no part') }])
    expect(await progressOf(line.caller, LAKE)).toMatchObject({ equal: true })
  })

  it('[8] enter a wedding does not ask about it again and again', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet, ADA, BARN)
    const line = team.connect(tablet, hub, { grant: { role: 'planner', weddings: [LAKE] } })
    await team.pass(60_000)
    expect(line.sent('digest').length).toBeLessThan(10)
  })

  it('[6] read a class never gets it, and knows all the same that it holds what it may', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuest(hub)
    await hub.create({
      id: uuidOf(300),
      scope: LAKE,
      table: 'vendors',
      data: { name: 'Band', actual: 900, contractStatus: 'x' },
    })
    await hub.create({
      id: uuidOf(301),
      scope: LAKE,
      table: 'client_notes',
      data: { content: 'The uncle drinks', visibility: 'internal' },
    })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(2_000)
    expect((await viewOf(camera, ADA)).data).toEqual({ name: 'Ada', dietary: 'vegan' })
    expect((await viewOf(camera, uuidOf(300))).data).toEqual({ name: 'Band' })
    expect((await camera.changes.records([uuidOf(301)])).size).toBe(0)
    const words = line.sent('changes', 'called').map((message) => JSON.stringify(message))
    expect(words.join()).not.toMatch(/private|money|inner|900|phone/)
    expect(await holdingsOf(camera, LAKE)).toEqual(await holdingsOf(hub, LAKE, 'photographer'))
    expect(await equalOn(line, LAKE)).toEqual([true, true])
    expect((await progressOf(line.called, LAKE)).waiting).toBe(0)
  })

  it('[6] read a class deletes nothing of it by editing the rest, and gets no echo of the edit', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    const data = { title: 'Portraits', internalNotes: 'Keep the parents apart' }
    await hub.create({ id: ADA, scope: LAKE, table: 'timeline_items', data })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    const before = line.sent('changes', 'called').length
    await camera.edit(ADA, { done: true })
    await team.pass(2_000)
    expect((await viewOf(hub, ADA)).data).toEqual({ ...data, done: true })
    expect(line.sent('changes', 'called').length - before).toBe(0)
    expect(await equalOn(line, LAKE)).toEqual([true, true])
  })

  it('[6] read the last records of a wedding comes to rest all the same, with nothing announced or waiting', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuests(hub, 100)
    const secrets = Array.from({ length: 30 }, (_, i) =>
      createRecord(
        { id: uuidOf(5_000 + i), scope: LAKE, table: 'client_notes', data: { content: 'x', visibility: 'internal' } },
        hub.author(),
      ),
    )
    await hub.changes.update([], () => secrets.map((record) => ({ record })))
    await hub.create({
      id: uuidOf(6_000),
      scope: LAKE,
      table: 'client_notes',
      data: { content: 'y', visibility: 'internal' },
    })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(3_000)
    expect(await progressOf(line.caller, LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
    expect(await progressOf(line.called, LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
  })
})

describe('who was called', () => {
  it('[6] does not hand its own token to whoever calls', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const line = team.connect(tablet, hub, { grant: { role: 'viewer', weddings: 'all' } })
    await team.exchange()
    expect(line.sent('hello', 'caller')).toMatchObject([{ token: 'token of tablet' }])
    expect(line.sent('hello', 'called')).toEqual([expect.not.objectContaining({ token: expect.anything() })])
  })
})

describe('a bad peer', () => {
  it('[5] one bad record among good ones is set aside with its reason, and the good ones go in', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const good = createRecord(
      { id: uuidOf(301), scope: LAKE, table: 'guests', data: { name: 'Good' } },
      tablet.author(),
    )
    const stray = { ...good, id: uuidOf(303), scope: BARN }
    const line = team.connect(tablet, hub)
    await team.pass(500)
    const records = [
      { id: uuidOf(300), nonsense: true },
      'not even an object',
      encodeRecord(stray),
      { ...encodeRecord(good), id: uuidOf(302), units: { open: { v: [9], e: [], r: { name: [0, 'x'] } } } },
      encodeRecord(editRecord(good, { constructor: 'x' }, tablet.author())),
      encodeRecord({ ...good, id: uuidOf(304) }),
    ]
    line.pipe.inject('caller', JSON.stringify({ type: 'changes', scope: LAKE, seq: 1, remaining: 0, records }))
    await team.exchange()
    const [ack] = line.sent('ack', 'called')
    const names = ack?.refused.map(({ id }) => id.replace(/-[0-9a-f]{16}$/, '')).sort()
    expect(names).toEqual([300, 301, 302, 303].map(uuidOf).concat('unreadable').sort())
    expect(ack?.refused.every(({ reason }) => reason.length > 0)).toBe(true)
    expect((await viewOf(hub, uuidOf(304))).data.name).toBe('Good')
    expect((await hub.state.list(QUARANTINE)).size).toBe(5)
    expect(line.pipe.isOpen()).toBe(true)
  })

  it('[5] one edit with two contents is quarantined, and the rest goes on', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.cut()
    const stolen = { actor: 'thief______' }
    await tablet.edit(ADA, { name: 'Eda' }, stolen)
    await hub.edit(ADA, { name: 'Ida' }, stolen)
    await addGuest(tablet, uuidOf(201))
    const again = team.connect(tablet, hub)
    await team.pass(3_000)
    expect(again.refused.called[0]).toEqual({ id: ADA, reason: expect.stringContaining('two contents') })
    expect((await viewOf(hub, uuidOf(201))).data.name).toBe('Ada')
    expect((await viewOf(hub, ADA)).data.name).toBe('Ida')
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })

  const hello = JSON.stringify({
    type: 'hello',
    protocol: 1,
    epoch: 'stranger___',
    deviceId: 'x',
    deviceName: 'x',
    team: null,
    now: 0,
  })
  const digest = JSON.stringify({ type: 'digest', scope: LAKE, classes: {}, except: [] })

  it.each([
    { what: 'garbage', texts: ['garbage'], code: 'BAD_MESSAGE' },
    { what: 'JSON that is no message', texts: ['[]'], code: 'BAD_MESSAGE' },
    { what: 'an unknown message', texts: ['{"type":"drop-tables"}'], code: 'BAD_MESSAGE' },
    { what: 'a message with more in it', texts: ['{"type":"ping","x":1}'], code: 'BAD_MESSAGE' },
    { what: 'a huge message', texts: [`{"type":"ping","x":"${'x'.repeat(MAX_MESSAGE_BYTES)}"}`], code: 'BAD_MESSAGE' },
    { what: 'a message of nothing but brackets', texts: ['['.repeat(3_000_000)], code: 'BAD_MESSAGE' },
    {
      what: 'changes before hello',
      texts: [JSON.stringify({ type: 'changes', scope: LAKE, seq: 1, remaining: 0, records: [] })],
      code: 'PROTOCOL',
    },
    { what: 'resume before hello', texts: ['{"type":"resume","cursors":{}}'], code: 'PROTOCOL' },
    {
      what: 'an ack before resume',
      texts: [hello, JSON.stringify({ type: 'ack', scope: LAKE, seq: 1, refused: [] })],
      code: 'PROTOCOL',
    },
    { what: 'two hellos', texts: [hello, hello], code: 'PROTOCOL' },
    {
      what: 'two resumes',
      texts: [hello, '{"type":"resume","cursors":{}}', '{"type":"resume","cursors":{}}'],
      code: 'PROTOCOL',
    },
    { what: 'a copy of our own store', texts: [hello.replace('stranger___', 'hub-epoch__')], code: 'SAME_STORE' },
    { what: 'a flood', texts: [hello, ...Array<string>(100).fill(digest)], code: 'FLOOD' },
  ])('[5] that sends $what is let go with $code, and nobody else is disturbed', async ({ texts, code }) => {
    const [tablet, hub, bad] = [await team.replica('tablet'), await team.replica('hub'), await team.replica('bad')]
    await addGuest(tablet)
    const good = team.connect(tablet, hub)
    const line = team.connect(bad, hub)
    // Only what is injected arrives: the real caller's messages are taken off the line.
    while (line.pipe.deliver()?.by === 'called');
    line.pipe.cut()
    const hostile = team.connect(bad, hub)
    hostile.pipe.drop() // the hello of an honest caller
    for (const text of texts) hostile.pipe.inject('caller', text)
    hostile.pipe.deliverAll()
    await team.pass(1_000)
    expect(await hostile.called.closed).toMatchObject({ code })
    expect(hostile.sent('error', 'called')).toMatchObject([{ code }])
    expect(good.pipe.isOpen()).toBe(true)
    await expectEqual(LAKE, tablet, hub)
    expect(await equalOn(good, LAKE)).toEqual([true, true])
  })

  it('[5] that answers with nonsense at any moment is let go, and its line can be opened again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(10), fc.string(), fc.boolean(), async (delivered, garbage, byCaller) => {
        const world = createSyncTeam()
        try {
          const [tablet, hub] = [await world.replica('tablet'), await world.replica('hub')]
          await addGuest(tablet)
          const line = world.connect(tablet, hub)
          for (let i = 0; i < delivered; i++) {
            await world.settle()
            line.pipe.deliver()
          }
          line.pipe.inject(byCaller ? 'caller' : 'called', `{${garbage}`)
          await world.exchange()
          expect(await (byCaller ? line.called : line.caller).closed).toMatchObject({ code: 'BAD_MESSAGE' })
          const again = world.connect(tablet, hub)
          await world.pass(1_000)
          await expectEqual(LAKE, tablet, hub)
          expect(await equalOn(again, LAKE)).toEqual([true, true])
        } finally {
          await world.close()
        }
      }),
      { numRuns: 12 },
    )
  })
})

describe('repair', () => {
  it.each([
    { where: 'from the side that had received them', writer: 'tablet', loser: 'hub' },
    { where: 'from the side that had written them', writer: 'tablet', loser: 'tablet' },
    { where: 'from the side that called and had received them', writer: 'hub', loser: 'tablet' },
    { where: 'from the side that was called and had written them', writer: 'hub', loser: 'hub' },
  ])('rows that were taken out by hand $where come back', async ({ writer, loser }) => {
    const replicas = new Map<string, MemoryReplica>()
    for (const name of ['tablet', 'hub']) replicas.set(name, await team.replica(name))
    const named = (name: string): MemoryReplica => replicas.get(name) ?? expect.fail(`no replica ${name}`)
    await addGuests(named(writer), 5)
    const line = team.connect(named('tablet'), named('hub'))
    await team.pass(1_000)
    line.pipe.cut()
    await named(loser).removeByHand([uuidOf(1_001), uuidOf(1_002)])
    expect((await named(loser).changes.records([uuidOf(1_001)])).size).toBe(0)
    const again = team.connect(named('tablet'), named('hub'))
    await team.pass(40_000)
    await expectEqual(LAKE, named('tablet'), named('hub'))
    expect((await viewOf(named(loser), uuidOf(1_001))).data.name).toBe('Guest 1')
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })
})

describe('repair of a whole wedding', () => {
  it('all rows of a wedding that were taken out by hand from the side that called come back', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(hub, 2)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.cut()
    await tablet.removeByHand([uuidOf(1_000), uuidOf(1_001)])
    team.connect(tablet, hub)
    await team.pass(40_000)
    await expectEqual(LAKE, tablet, hub)
  })
})

describe('what was refused', () => {
  it('leaves the rest comparable after connecting again', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuests(hub, 3)
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    await camera.edit(uuidOf(1_000), { name: 'Nobody' })
    await team.pass(1_000)
    line.pipe.cut()
    const again = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(40_000)
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })

  it('does not make both sides send everything again at each connection', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuests(hub, 3)
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    await camera.edit(uuidOf(1_000), { name: 'Nobody' })
    await team.pass(1_000)
    line.pipe.cut()
    const again = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(40_000)
    expect(again.sent('resend')).toEqual([])
  })

  it('[5] however much it is, does not end the session', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuests(camera, 1_050)
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(3_000)
    expect(line.refused.caller).toHaveLength(1_050)
    expect(line.pipe.isOpen()).toBe(true)
  })

  it('[5] is one record of a table with an odd name, not the session', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await tablet.create({ id: ADA, scope: LAKE, table: 'constructor', data: { name: 'x' } })
    await addGuest(tablet, uuidOf(201))
    const line = team.connect(tablet, hub, { grant: { role: 'owner', weddings: 'all' } })
    await team.pass(1_000)
    expect(line.pipe.isOpen()).toBe(true)
    expect((await viewOf(hub, uuidOf(201))).data.name).toBe('Ada')
  })
})

describe('what people do', () => {
  it('[SYN21] leaves in one message if it was committed in one turn', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(hub)
    const line = team.connect(tablet, hub)
    await team.exchange()
    const before = line.sent('changes', 'called').length
    for (const name of ['Grace', 'Edsger', 'Barbara']) await hub.edit(ADA, { name })
    await addGuest(hub, uuidOf(201))
    await team.exchange()
    expect(line.sent('changes', 'called').slice(before)).toMatchObject([{ records: [{}, {}] }])
    await expectEqual(LAKE, tablet, hub)
  })
})

describe('progress', () => {
  it('counts exactly what the other side has not acknowledged, and no echo', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(tablet, 3)
    const line = team.connect(tablet, hub)
    while (line.sent('changes').length === 0) {
      line.pipe.deliver()
      await team.settle()
    }
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(3)
    await team.exchange()
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(0)
    expect((await progressOf(line.called, LAKE)).waiting).toBe(0)
    await hub.edit(uuidOf(1_001), { name: 'Grace' })
    expect((await progressOf(line.called, LAKE)).waiting).toBe(1)
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(0)
    await team.exchange()
    expect((await progressOf(line.called, LAKE)).waiting).toBe(0)
    expect((await progressOf(line.caller, LAKE)).waiting).toBe(0)
  })

  it('says equal only after the digests were compared, and no more after the next edit', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    await team.exchange()
    await expectEqual(LAKE, tablet, hub)
    expect(await equalOn(line, LAKE)).toEqual([false, false])
    await team.pass(1_000)
    expect(await equalOn(line, LAKE)).toEqual([true, true])
    await tablet.edit(ADA, { name: 'Grace' })
    expect((await progressOf(line.caller, LAKE)).equal).toBe(false)
    await team.pass(1_000)
    expect(await equalOn(line, LAKE)).toEqual([true, true])
    await hub.edit(ADA, { name: 'Ada' })
    expect((await progressOf(line.called, LAKE)).equal).toBe(false)
    await team.pass(1_000)
    line.pipe.cut()
    expect(await equalOn(line, LAKE)).toEqual([false, false])
  })

  it('says what is still to come while a wedding is drained', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(hub, 250)
    const line = team.connect(tablet, hub)
    const seen: number[] = []
    for (let i = 0; i < 30; i++) {
      await team.settle()
      line.pipe.deliver()
      await team.settle()
      const { incoming } = await progressOf(line.caller, LAKE)
      if (seen.at(-1) !== incoming) seen.push(incoming)
    }
    expect(seen).toEqual([0, 225, 200, 100, 0])
  })
})

describe('many records', () => {
  it('[8] drain in batches that grow with what the line carries, of which at most five are unacknowledged', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(tablet, 1_500)
    const line = team.connect(tablet, hub)
    let most = 0
    for (let i = 0; i < 400 && (i < 10 || line.pipe.queue.length > 0); i++) {
      await team.settle()
      line.pipe.deliver()
      await team.settle()
      most = Math.max(most, line.sent('changes', 'caller').length - line.sent('ack', 'called').length)
    }
    await team.pass(2_000)
    const sizes = line.sent('changes', 'caller').map(({ records }) => records.length)
    expect([sizes.slice(0, 2), new Set(sizes.slice(2, -1))]).toEqual([[25, 25], new Set([100])])
    expect(most).toBe(5)
    await expectEqual(LAKE, tablet, hub)
    expect(await progressOf(line.caller, LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
  })

  it('the wedding of today comes before one of next year, and a live edit before back-fill', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuests(hub, 1_000, BARN, 10_000)
    await addGuests(hub, 150, LAKE, 20_000)
    const line = team.connect(tablet, hub, { priority: (scope) => (scope === LAKE ? 0 : 1) })
    let edited = false
    while (line.sent('changes').length < 14) {
      await team.settle()
      if (!line.pipe.deliver()) await team.scheduler.pass(10, team.settle)
      if (!edited && line.sent('changes').length === 7) {
        edited = true
        await hub.edit(uuidOf(20_000), { name: 'Late guest' })
      }
      if (line.sent('changes').length === 13 && line.pipe.queue.length === 0) break
    }
    const scopes = line.sent('changes', 'called').map(({ scope }) => (scope === LAKE ? 'lake' : 'barn'))
    expect(scopes.slice(0, 2)).toEqual(['lake', 'lake'])
    expect(scopes.indexOf('lake', 2)).toBeLessThanOrEqual(8)
    await team.pass(2_000)
    await expectEqual(LAKE, tablet, hub)
    await expectEqual(BARN, tablet, hub)
  })

  it('[8] a studio with more weddings than messages may wait comes to rest as equal', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    for (let i = 0; i < 100; i++) await addGuest(hub, uuidOf(2_000 + i), uuidOf(400 + i))
    const line = team.connect(tablet, hub)
    // A socket hands over what has come in all at once, and does not wait for the answers.
    const burst = async (): Promise<void> => {
      do {
        line.pipe.deliverAll()
        await team.settle()
      } while (line.pipe.queue.length > 0)
    }
    for (let i = 0; i < 100; i++) {
      await team.scheduler.pass(100)
      await team.settle()
      await burst()
    }
    expect(line.pipe.isOpen()).toBe(true)
    expect(await equalOn(line, uuidOf(499))).toEqual([true, true])
  })
})

describe('pipe', () => {
  it('delivers by itself if it is told to', async () => {
    const { caller, called } = createPipe({ auto: true })
    const heard: string[] = []
    called.onMessage((text) => heard.push(text))
    called.onClose(() => heard.push('closed'))
    caller.send('one')
    caller.send('two')
    caller.close()
    caller.send('after the end')
    await team.settle()
    expect(heard).toEqual(['one', 'two', 'closed'])
  })
})
