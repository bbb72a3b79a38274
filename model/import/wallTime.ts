import { DateTime } from 'luxon'
import { DAY_MIN } from './clock.ts'
import { dateOfDay } from './dates.ts'

/** A local time turned into an instant, with what a person should know about it. */
export interface Instant {
  /** UTC, ending in `Z`. */
  readonly iso: string
  readonly warning?: string
}

/**
 * The instant of a venue's local time.
 * @param wallMin minutes since 1970-01-01 00:00 on the clock at the venue
 * @throws RangeError if the zone is unknown; the wedding's record does not let one in
 */
export function instantOf(wallMin: number, timezone: string): Instant {
  const minutes = ((wallMin % DAY_MIN) + DAY_MIN) % DAY_MIN
  const [year, month, day] = dateOfDay(Math.floor(wallMin / DAY_MIN))
    .split('-')
    .map(Number)
  const wall = { hour: Math.floor(minutes / 60), minute: minutes % 60 }
  return instantOfParts({ year: year ?? 0, month: month ?? 0, day: day ?? 0, ...wall }, timezone)
}

export interface WallParts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second?: number
}

/** As `instantOf`, for a time in calendar parts. */
export function instantOfParts(parts: WallParts, timezone: string): Instant {
  const local = DateTime.fromObject({ ...parts }, { zone: timezone })
  const iso = local.toUTC().toISO({ suppressMilliseconds: true })
  if (iso === null) throw new RangeError(`${local.invalidReason}: ${local.invalidExplanation ?? timezone}`)
  if (local.hour !== parts.hour || local.minute !== parts.minute) {
    const shown = local.toFormat('HH:mm')
    return { iso, warning: `The clocks go forward that night and this time does not exist; ${shown} was taken.` }
  }
  if (local.getPossibleOffsets().length > 1) {
    return { iso, warning: 'The clocks go back that night and this time comes twice; the first was taken.' }
  }
  return { iso }
}

export function minutesBetween(startIso: string, endIso: string): number {
  return Math.round((Date.parse(endIso) - Date.parse(startIso)) / 60_000)
}

export function plusMinutes(iso: string, minutes: number): string {
  return new Date(Date.parse(iso) + minutes * 60_000).toISOString().replace('.000Z', 'Z')
}

/** The venue's local date of an instant. */
export function localDate(iso: string, timezone: string): string {
  return DateTime.fromISO(iso, { zone: timezone }).toFormat('yyyy-MM-dd')
}
