/** Days of a wedding in short: items by clock time, and plans as lines of text. */
import { DateTime } from 'luxon'
import { type DayItem, dayItem } from '../../../model/timeline/dayItem.ts'
import { type PushPlan, pushFrom } from '../../../model/timeline/pushFrom.ts'

export const LISBON = 'Europe/Lisbon'
export const DAY = '2026-06-13'
export const NEXT_DAY = '2026-06-14'

/** The stored text of a clock time; `+00:30` is half past midnight of the night that follows. */
export function iso(clock: string, date = DAY, zone = LISBON): string {
  const next = clock.startsWith('+')
  const at = DateTime.fromISO(`${date}T${next ? clock.slice(1) : clock}`, { zone }).plus({ days: next ? 1 : 0 })
  return at.toUTC().toISO({ suppressMilliseconds: true }) ?? ''
}

/** An item from `19:30–19:45`, from a bare `19:30`, or, with an empty text, without a time. The title is its id. */
export function item(title: string, times: string, more: Record<string, unknown> = {}, date = DAY): DayItem {
  const [start, end] = times.split('–')
  return ofData(title, {
    ...(start && { startTime: iso(start, date) }),
    ...(end && { endTime: iso(end, date) }),
    ...more,
  })
}

/** An item from its data; the title is its id. */
export function ofData(title: string, data: Record<string, unknown>): DayItem {
  return dayItem({ id: title, data: { title, ...data }, siblings: {} })
}

/** Throws if the push cannot even be planned. */
export function push(items: readonly DayItem[], from: string, minutes: number, timezone = LISBON): PushPlan {
  const plan = pushFrom(items, { from, minutes, timezone })
  if (!plan.ok) throw new Error(plan.error)
  return plan.value
}

export function clock(ms: number | undefined, zone = LISBON): string {
  return ms === undefined ? '' : DateTime.fromMillis(ms, { zone }).toFormat('HH:mm')
}

/** `Dessert 20:15–20:45`, for what moves. */
export function moved({ moves }: PushPlan, zone = LISBON): readonly string[] {
  return moves.map(({ item: { title }, startMs, endMs }) => {
    return `${title} ${clock(startMs, zone)}${endMs === undefined ? '' : `–${clock(endMs, zone)}`}`
  })
}

/** `Sunset: fixed`, for what does not. */
export function stayed({ stays }: PushPlan): readonly string[] {
  return stays.map(({ item: { title }, reason }) => `${title}: ${reason}`)
}
