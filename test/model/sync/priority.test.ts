import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { boostOf, daysUntil, openPriority, type ScopePriority, TIERS, tierOf } from '../../../model/sync/priority.ts'
import { TABLES } from '../../../model/tables/index.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'

const DAY_MS = 86_400_000
const TODAY = uuidOf(100)
const SATURDAY = uuidOf(101)
const NEXT_YEAR = uuidOf(102)
const LAST_WEEK = uuidOf(103)
const TEAM = uuidOf(104)

let replica: MemoryReplica
let priority: ScopePriority
let nowMs = WEDDING_MORNING_MS
beforeEach(async () => {
  nowMs = WEDDING_MORNING_MS
  replica = await openMemoryReplica('hub', { now: () => nowMs })
  priority = openPriority(replica.changes, () => nowMs)
  const dates = [
    [TODAY, '2026-06-13'],
    [SATURDAY, '2026-06-20'],
    [NEXT_YEAR, '2027-06-19'],
    [LAST_WEEK, '2026-06-06'],
  ] as const
  for (const [id, date] of dates) {
    await replica.create({ id, scope: id, table: 'weddings', data: { coupleNames: 'A & B', date } })
  }
})
afterEach(async () => {
  priority.close()
  await replica.close()
})

async function order(scopes: readonly string[], levels: readonly number[] = [10]): Promise<string[]> {
  const all = scopes.flatMap((scope) => levels.map((level) => ({ scope, level })))
  const ranked = await Promise.all(
    all.map(async (one) => ({ ...one, rank: await priority.rank(one.scope, one.level) })),
  )
  return ranked.sort((a, b) => a.rank - b.rank).map(({ scope, level }) => `${scope.slice(-3)} ${level}`)
}

describe('priority', () => {
  it('[SYN6] the team first, then weddings by nearness of their day, then what the day cannot run without', async () => {
    expect(await order([NEXT_YEAR, LAST_WEEK, SATURDAY, TEAM, TODAY], [6, 10])).toEqual(
      [TEAM, TEAM, TODAY, TODAY, SATURDAY, SATURDAY, LAST_WEEK, NEXT_YEAR, LAST_WEEK, NEXT_YEAR].map(
        (scope, i) => `${scope.slice(-3)} ${i < 2 ? [6, 10][i] : [10, 6, 10, 6, 10, 10, 6, 6][i - 2]}`,
      ),
    )
  })

  it('[SYN6] changes as days pass, and when the day of a wedding is changed', async () => {
    nowMs += 7 * DAY_MS
    expect((await order([TODAY, SATURDAY]))[0]).toContain(SATURDAY.slice(-3))
    await replica.edit(NEXT_YEAR, { date: '2026-06-20' })
    await replica.edit(SATURDAY, { date: '2026-12-20' })
    expect((await order([SATURDAY, NEXT_YEAR]))[0]).toContain(NEXT_YEAR.slice(-3))
  })

  it('[SYN6] boosts by days as §2.1 has it, until 24 hours after the day began', () => {
    const day = Date.parse('2026-06-13')
    expect([-1, 0, 23, 24, 25].map((hours) => daysUntil(day, day + hours * 3_600_000))).toEqual([1, 0, -0, -1, -1])
    expect([-1, 0, 1, 2, 7, 8, 30, 31].map(boostOf)).toEqual([0, 3, 3, 2, 2, 1, 1, 0])
  })

  it('[SYN6] every table is in one tier, also one that this version does not know', () => {
    for (const table of [...TABLES.keys(), 'of_the_future']) {
      const inTiers = TIERS.filter(({ tables }) =>
        'only' in tables ? tables.only.includes(table) : !tables.not.includes(table),
      )
      expect(inTiers).toEqual([TIERS[tierOf(table)]])
    }
    const known = TIERS.flatMap(({ tables }) => ('only' in tables ? tables.only : []))
    expect(known.filter((table) => !TABLES.has(table))).toEqual([])
  })
})
