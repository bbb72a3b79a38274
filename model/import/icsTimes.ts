import type { ContentLine } from './icsLines.ts'
import { instantOfParts, localDate, minutesBetween, plusMinutes } from './wallTime.ts'
import { zoneNamed } from './zones.ts'

const DAY_MIN = 1440

export interface EventTime {
  readonly iso: string
  /** A date without a time of day. */
  readonly isAllDay: boolean
  readonly warning?: string
}

export interface EventSpan {
  readonly startTime: string
  readonly endTime: string | undefined
  readonly durationMin: number | undefined
  readonly isAllDay: boolean
  readonly warnings: readonly string[]
}

/**
 * The times of an event. Times without a zone are the venue's; so are days. An event without an end is a moment, one
 * whose end is its start lasts no time.
 * @returns undefined if the start is no date or time
 */
export function spanOf(
  start: ContentLine,
  end: ContentLine | undefined,
  duration: ContentLine | undefined,
  timezone: string,
): EventSpan | undefined {
  const from = timeOf(start, timezone)
  if (from === undefined) return undefined
  const warnings = from.warning === undefined ? [] : [from.warning]
  const to = endOf(end, duration, from, timezone)
  if (to === 'unreadable')
    warnings.push(`The end "${end?.value ?? duration?.value}" cannot be read; there is none now.`)
  const endTime = to === undefined || to === 'unreadable' ? undefined : to
  if (endTime !== undefined && Date.parse(endTime) < Date.parse(from.iso)) {
    warnings.push(`The end "${end?.value ?? duration?.value}" is before the start, so the event has no end. Check it.`)
    return { startTime: from.iso, endTime: undefined, durationMin: undefined, isAllDay: from.isAllDay, warnings }
  }
  if (from.isAllDay) warnings.push('The event has a date and no time of day; it runs from midnight. Give it a time.')
  const durationMin = endTime === undefined ? undefined : minutesBetween(from.iso, endTime)
  return { startTime: from.iso, endTime, durationMin, isAllDay: from.isAllDay, warnings }
}

function endOf(
  end: ContentLine | undefined,
  duration: ContentLine | undefined,
  from: EventTime,
  timezone: string,
): string | 'unreadable' | undefined {
  if (end !== undefined) return timeOf(end, timezone)?.iso ?? 'unreadable'
  const minutes = duration === undefined ? undefined : durationOf(duration.value)
  if (duration !== undefined) return minutes === undefined ? 'unreadable' : plusMinutes(from.iso, minutes)
  return from.isAllDay ? nextMidnight(from.iso, timezone) : undefined
}

/**
 * One date or date-time. A time of day is taken where there is one, whatever `VALUE` says: an exporter in our samples
 * writes `VALUE=DATE:20110804T120000`.
 */
function timeOf({ value, params }: ContentLine, timezone: string): EventTime | undefined {
  const match = /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d):?(\d\d)?(?:\.\d+)?(Z)?)?$/.exec(value.trim())
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const check = new Date(Date.UTC(year, month - 1, day))
  if (check.getUTCMonth() !== month - 1 || hour > 23 || minute > 59) return undefined
  const parts = { year, month, day, hour, minute, second: Math.min(second, 59) } // 60 is a leap second
  const isAllDay = match[4] === undefined
  const tzid = params.get('TZID')
  if (match[7] === 'Z') return { ...instantOfParts(parts, 'UTC'), isAllDay }
  if (tzid === undefined || isAllDay) return { ...instantOfParts(parts, timezone), isAllDay }

  const { zone, warning } = zoneNamed(tzid)
  if (zone !== undefined)
    return { ...instantOfParts(parts, zone), isAllDay, ...(warning === undefined ? {} : { warning }) }
  const unknown = `The time zone "${tzid}" is not known; the venue's was taken (${timezone}). Check the time.`
  return { ...instantOfParts(parts, timezone), isAllDay, warning: unknown }
}

/** Minutes of `PT1H30M`, `P1D`, `P1W`. */
function durationOf(value: string): number | undefined {
  const match = /^\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value.trim())
  if (match === null) return undefined
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (weeks * 7 + days) * DAY_MIN + hours * 60 + minutes + Math.round(seconds / 60)
}

function nextMidnight(iso: string, timezone: string): string {
  const [year = 0, month = 0, day = 0] = localDate(iso, timezone).split('-').map(Number)
  const next = new Date(Date.UTC(year, month - 1, day + 1))
  const parts = { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() }
  return instantOfParts({ ...parts, hour: 0, minute: 0 }, timezone).iso
}
