import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { deleteRecord } from '../../../model/merge/edit.ts'
import { ADA, addGuest, addGuests, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn, expectEqual } from '../../support/inSync.ts'
import { viewOf } from '../../support/memoryReplica.ts'
import { createSyncTeam, type Line, type SyncTeam } from '../../support/syncTeam.ts'

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

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
