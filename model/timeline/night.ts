/** Where one day of a wedding ends and the next begins. Pure. */
import { DateTime } from 'luxon'
import { endOf, type TimedItem } from './dayItem.ts'

/** Nobody sleeps less between two days of a wedding. */
const SHORTEST_NIGHT_MS = 4 * 60 * 60_000
/** The last coach leaves before, and hair begins after: free time that touches these hours is sleep. */
const SLEEP = { fromHour: 3, untilHour: 6 } as const

/**
 * The items of the day on which the list begins. Midnight is no border: the last coach and the strike belong to the day
 * before (day-of.md 20). A border is a night: four hours or more with nothing planned, some of them between 03:00 and
 * 06:00 at the venue. A free afternoon is no border.
 * @param ordered   by start
 * @param busyUntil when that is over which began before the list does
 * @param timezone  IANA zone of the venue
 */
export function untilNight(ordered: readonly TimedItem[], busyUntil: number, timezone: string): readonly TimedItem[] {
  let end = busyUntil
  for (const [index, item] of ordered.entries()) {
    if (item.cancelled) continue
    if (index > 0 && isNight(end, item.startMs, timezone)) return ordered.slice(0, index)
    end = Math.max(end, endOf(item))
  }
  return ordered
}

function isNight(fromMs: number, toMs: number, timezone: string): boolean {
  if (toMs - fromMs < SHORTEST_NIGHT_MS) return false
  return [fromMs, toMs].some((ms) => {
    const day = DateTime.fromMillis(ms, { zone: timezone }).startOf('day')
    return fromMs < day.set({ hour: SLEEP.untilHour }).toMillis() && toMs > day.set({ hour: SLEEP.fromHour }).toMillis()
  })
}
