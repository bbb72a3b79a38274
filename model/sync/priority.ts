/**
 * What is sent first (`wedsync-api.md` §2.1). Tables have a level by what the day cannot run without; a wedding has a boost
 * by the nearness of its day. Near weddings come first, within a wedding the higher levels, and of two that are equal in
 * both the one whose day is nearer. Everything is asked anew for every batch, so days may pass meanwhile.
 */
import { viewRecord } from '../merge/view.ts'
import type { ChangeStore, TableFilter } from './changeStore.ts'

/** A row of tables that are drained one after the other, the most important first. */
export interface Tier {
  /** 1 to 10. */
  readonly level: number
  readonly tables: TableFilter
}

/** Schedule, suppliers, who to call, and who is who. */
const CRITICAL = ['weddings', 'timeline_items', 'vendors', 'vendor_contacts', 'clients', 'issues', 'members', 'actors']
/** Money, contracts, the pictures that are wanted. */
const HIGH = ['budget_items', 'documents', 'photo_groups', 'photo_group_members', 'photos']
/** Logs. */
const BACKGROUND = ['client_activities']

export const TIERS: readonly Tier[] = [
  { level: 10, tables: { only: CRITICAL } },
  { level: 8, tables: { only: HIGH } },
  { level: 6, tables: { not: [...CRITICAL, ...HIGH, ...BACKGROUND] } },
  { level: 2, tables: { only: BACKGROUND } },
]

const tierByTable = new Map(
  TIERS.flatMap(({ tables }, tier) => ('only' in tables ? tables.only.map((table) => [table, tier] as const) : [])),
)
const OTHERS = TIERS.findIndex(({ tables }) => 'not' in tables)

/** The place in `TIERS` of a table, also of one that this version does not know. */
export function tierOf(table: string): number {
  return tierByTable.get(table) ?? OTHERS
}

const DAY_MS = 86_400_000
/** Beyond ten years one wedding is as far as another. */
const MAX_DAYS = 3_650

/** Whole days until the wedding; 0 on the day itself, until 24 hours after it has begun. */
export function daysUntil(weddingMs: number, nowMs: number): number {
  return Math.ceil((weddingMs - nowMs) / DAY_MS)
}

/** The service boost of §2.1, which drives what is synced first. */
export function boostOf(days: number): number {
  if (days < 0 || days > 30) return 0
  if (days <= 1) return 3
  return days <= 7 ? 2 : 1
}

/** Smaller is sooner. */
export type Priority = (scope: string, level: number) => number | Promise<number>

export interface ScopePriority {
  readonly rank: Priority
  /** The boost of the wedding, 0 to 3. */
  boost(scope: string): Promise<number>
  close(): void
}

/** The team comes first, since it says who everybody is; then weddings by the day that their record has. */
export function openPriority(changes: ChangeStore, now: () => number): ScopePriority {
  /** Days of weddings, ms since 1970 UTC; `undefined` for a scope without one. */
  const days = new Map<string, Promise<number | undefined>>()
  const close = changes.subscribe((scope) => days.delete(scope))

  async function read(scope: string): Promise<number | undefined> {
    const wedding = (await changes.records([scope])).get(scope)
    const date = wedding ? viewRecord(wedding).data.date : undefined
    const ms = typeof date === 'string' ? Date.parse(date) : Number.NaN
    return Number.isNaN(ms) ? undefined : ms
  }

  function dayOf(scope: string): Promise<number | undefined> {
    const day = days.get(scope) ?? read(scope)
    days.set(scope, day)
    day.catch(() => days.delete(scope)) // whoever asked is told; the next one asks again
    return day
  }

  return {
    async rank(scope, level) {
      const ms = await dayOf(scope)
      if (ms === undefined) return Number.NEGATIVE_INFINITY
      const until = daysUntil(ms, now())
      // In base ten: the boost before the level before the days.
      return Math.min(Math.abs(until), MAX_DAYS) / (MAX_DAYS + 1) - level - 100 * boostOf(until)
    },
    async boost(scope) {
      const ms = await dayOf(scope)
      return ms === undefined ? 0 : boostOf(daysUntil(ms, now()))
    },
    close,
  }
}
