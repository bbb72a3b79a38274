import { boostOf, daysUntil, TIERS, tierOf } from '../sync/priority.ts'

const HIGHEST = 10

/**
 * How urgent a change is, 1 to 10, as a person is told: the level of its table and the boost of its wedding, which are also
 * what it is sent by (`wedsync-api.md` §2.1). Pure.
 * @param date the day of the wedding, `YYYY-MM-DD` or a date-time; anything else counts as no day
 * @param nowMs ms since 1970 UTC
 */
export function changePriority(table: string, date: unknown, nowMs: number): number {
  const dayMs = typeof date === 'string' ? Date.parse(date) : Number.NaN
  const boost = Number.isNaN(dayMs) ? 0 : boostOf(daysUntil(dayMs, nowMs))
  return Math.min(HIGHEST, (TIERS[tierOf(table)]?.level ?? 0) + boost)
}
