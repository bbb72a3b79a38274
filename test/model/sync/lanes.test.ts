import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { openPriority } from '../../../model/sync/priority.ts'
import { uuidOf } from '../../support/ids.ts'
import type { MemoryReplica } from '../../support/memoryReplica.ts'
import { createSyncTeam, holdingsOf, type Line, type SyncTeam } from '../../support/syncTeam.ts'

const TODAY = uuidOf(100)
const NEXT_YEAR = uuidOf(101)
/** 50,000 in the long form. */
const WAITING = Number(process.env.WEDSYNC_WAITING ?? 2_000)

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

async function addGuests(replica: MemoryReplica, scope: string, count: number, from: number): Promise<void> {
  const guests = Array.from({ length: count }, (_, i) =>
    createRecord(
      { id: uuidOf(from + i), scope, table: 'guests', data: { name: `Guest ${i}`, notes: 'x'.repeat(200) } },
      replica.author(),
    ),
  )
  await replica.changes.update([], () => guests.map((record) => ({ record })))
}

async function hubWithWeddings(): Promise<MemoryReplica> {
  const hub = await team.replica('hub')
  for (const [id, date] of [
    [TODAY, '2026-06-13'],
    [NEXT_YEAR, '2027-06-19'],
  ] as const) {
    await hub.create({ id, scope: id, table: 'weddings', data: { coupleNames: 'A & B', date } })
  }
  return hub
}

const connect = (caller: MemoryReplica, hub: MemoryReplica): Line => {
  const { rank } = openPriority(hub.changes, team.scheduler.now)
  return team.connect(caller, hub, { priority: rank })
}

/** Delivers what is on its way over a line of so many characters a second, until `done`. */
async function overSlowLine(line: Line, charsPerSecond: number, done: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await done())) {
    await team.settle()
    const next = line.pipe.queue[0]
    await team.scheduler.pass(next ? (next.text.length * 1_000) / charsPerSecond : 10, team.settle)
    line.pipe.deliver()
  }
}

describe('what people do now', () => {
  it.each([
    { where: 'another wedding', backlog: NEXT_YEAR },
    { where: 'the same wedding', backlog: TODAY },
  ])(
    `[SYN7] is there within a second, before ${WAITING} that wait in $where, on a line of 2 Mbit/s`,
    async ({ backlog }) => {
      const [tablet, hub] = [await team.replica('tablet'), await hubWithWeddings()]
      await addGuests(hub, backlog, WAITING, 10_000)
      const line = connect(tablet, hub)
      await overSlowLine(line, 250_000, () => line.sent('changes').length > 8)
      const remaining = line.sent('changes').at(-1)?.remaining ?? 0
      expect(remaining).toBeGreaterThan(WAITING / 2)
      const startedAt = team.scheduler.now()
      await hub.create({ id: uuidOf(500), scope: TODAY, table: 'timeline_items', data: { title: 'Rain: go inside' } })
      await hub.edit(TODAY, { coupleNames: 'A & C' })
      await overSlowLine(line, 250_000, async () => (await tablet.changes.records([uuidOf(500)])).size > 0)
      expect(team.scheduler.now() - startedAt).toBeLessThan(1_000)
      await team.pass(2_000)
      for (const scope of [TODAY, NEXT_YEAR])
        expect(await holdingsOf(tablet, scope)).toEqual(await holdingsOf(hub, scope))
      expect((await line.caller.progress(backlog))?.equal).toBe(true)
    },
  )

  it('[SYN7] loses nothing when the line is cut at any moment of it', async () => {
    for (let cutAt = 6; cutAt < 40; cutAt += 5) {
      const world = createSyncTeam()
      try {
        const [tablet, hub] = [await world.replica('tablet'), await world.replica('hub')]
        await addGuests(hub, TODAY, 120, 10_000)
        const line = world.connect(tablet, hub)
        for (let i = 0; i < cutAt; i++) {
          await world.settle()
          line.pipe.deliver()
          if (i % 4 === 0) await hub.edit(uuidOf(10_000 + i), { name: `Edited ${i}` })
        }
        line.pipe.cut()
        const again = world.connect(tablet, hub)
        await world.exchange()
        expect(again.sent('digest')).toEqual([])
        expect(await holdingsOf(tablet, TODAY)).toEqual(await holdingsOf(hub, TODAY))
      } finally {
        await world.close()
      }
    }
  })
})

describe('back-fill', () => {
  it('[SYN6] brings the nearer wedding first, and of each the schedule before guests before logs', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await hubWithWeddings()]
    let id = 1_000
    for (const scope of [NEXT_YEAR, TODAY]) {
      for (const table of ['client_activities', 'guests', 'budget_items', 'timeline_items']) {
        await hub.create({ id: uuidOf(id++), scope, table, data: { title: 'x', name: 'x', action: 'x' } })
      }
    }
    const line = connect(tablet, hub)
    await team.exchange()
    const order = line
      .sent('changes', 'called')
      .flatMap(({ scope, records }) =>
        records.map((record) => `${scope === TODAY ? 'today' : 'later'} ${(record as { table: string }).table}`),
      )
    const tables = ['weddings', 'timeline_items', 'budget_items', 'guests', 'client_activities']
    expect(order).toEqual([...tables.map((table) => `today ${table}`), ...tables.map((table) => `later ${table}`)])
    expect(viewRecord(await tablet.read(TODAY)).data.coupleNames).toBe('A & B')
  })

  it('[SYN6] turns to another wedding when its day comes', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await hubWithWeddings()]
    await addGuests(hub, TODAY, 400, 10_000)
    await addGuests(hub, NEXT_YEAR, 400, 20_000)
    const line = connect(tablet, hub)
    const lastScope = () => line.sent('changes', 'called').at(-1)?.scope
    const step = async (): Promise<void> => {
      await team.settle()
      line.pipe.deliver()
      await team.settle()
    }
    while (line.sent('changes').length < 3) await step()
    expect(lastScope()).toBe(TODAY)
    await hub.edit(TODAY, { date: '2027-12-31' })
    await hub.edit(NEXT_YEAR, { date: '2026-06-13' })
    while (line.sent('changes').length < 9) await step()
    expect(lastScope()).toBe(NEXT_YEAR)
  })
})
