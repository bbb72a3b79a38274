/** How urgent a change is, 1 to 10 (`wedsync-api.md` §2.1: contextual priority, service boost). Pure. */

const DAY_MS = 86_400_000
const BASE = 6
const LOWEST = 1
const HIGHEST = 10

const BY_TABLE: Readonly<Record<string, number>> = {
  weddings: 2,
  timeline_items: 2,
  vendors: 1,
  vendor_contacts: 1,
  clients: 1,
  photos: -1,
  documents: -1,
}

/**
 * @param date the day of the wedding, `YYYY-MM-DD` or a date-time; anything else counts as no day
 * @param nowMs ms since 1970 UTC
 */
export function changePriority(table: string, date: unknown, nowMs: number): number {
  const own = Object.hasOwn(BY_TABLE, table) ? (BY_TABLE[table] ?? 0) : 0
  return Math.max(LOWEST, Math.min(HIGHEST, BASE + own + boostNear(date, nowMs)))
}

/** The service boost: three on the day and the day before, nothing when it is more than a month off, or over. */
function boostNear(date: unknown, nowMs: number): number {
  const dayMs = typeof date === 'string' ? Date.parse(date) : Number.NaN
  if (Number.isNaN(dayMs)) return 0
  // The ceiling keeps the boost until 24 hours after the instant.
  const days = Math.ceil((dayMs - nowMs) / DAY_MS)
  if (days < 0 || days > 30) return 0
  if (days <= 1) return 3
  return days <= 7 ? 2 : 1
}
