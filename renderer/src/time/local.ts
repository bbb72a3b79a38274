/**
 * Instants are stored in UTC; people read and type the local time of the wedding. All of this is pure.
 *
 * Dates are `yyyy-MM-dd`, clock times `HH:mm`, zones IANA names, instants ISO in UTC ending in `Z`.
 */
import { DateTime } from 'luxon'

const LOCALE = 'en-GB'

/** The time zone of this device, for a wedding that names none. */
export function deviceZone(): string {
  return DateTime.local().zoneName ?? 'utc'
}

/** The zone itself if this runtime knows it, else the device's. */
export function knownZone(zone: unknown): string {
  return typeof zone === 'string' && DateTime.utc().setZone(zone).isValid ? zone : deviceZone()
}

/** @returns `undefined` for anything that is not an instant */
export function instantMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const instant = DateTime.fromISO(value, { zone: 'utc' })
  return instant.isValid ? instant.toMillis() : undefined
}

export function clockTime(ms: number, zone: string): string {
  return DateTime.fromMillis(ms, { zone }).toFormat('HH:mm')
}

export function localDate(ms: number, zone: string): string {
  return DateTime.fromMillis(ms, { zone }).toFormat('yyyy-MM-dd')
}

/** Such as `Saturday 14 June`. A text that is no date is returned as it is. */
export function dayWords(date: string): string {
  const day = DateTime.fromISO(date, { locale: LOCALE })
  return day.isValid ? day.toFormat('cccc d LLLL') : date
}

/** Such as `Sat 14 June 2025`. */
export function dateWords(date: string): string {
  const day = DateTime.fromISO(date, { locale: LOCALE })
  return day.isValid ? day.toFormat('ccc d LLLL yyyy') : date
}

/** A time of the given day as `15:20`, of another day as `Sun 15 June, 00:30`. */
export function timeWords(ms: number, zone: string, today?: string): string {
  const at = DateTime.fromMillis(ms, { zone, locale: LOCALE })
  return at.toFormat('yyyy-MM-dd') === today ? at.toFormat('HH:mm') : at.toFormat('ccc d LLLL, HH:mm')
}

/** The instant at which a clock in `zone` shows this time on this day. A time that the clock skips is moved forward. */
export function instantAt(date: string, time: string, zone: string): string | undefined {
  const at = DateTime.fromISO(`${date}T${time}`, { zone })
  return at.isValid ? isoInstant(at.toMillis()) : undefined
}

/** Seconds without milliseconds, so that one instant has one text. */
export function isoInstant(ms: number): string {
  return DateTime.fromMillis(ms, { zone: 'utc' }).toFormat("yyyy-MM-dd'T'HH:mm:ss'Z'")
}

export function shiftDate(date: string, days: number): string {
  return DateTime.fromISO(date, { zone: 'utc' }).plus({ days }).toFormat('yyyy-MM-dd')
}

/** Whole days from today, in the wedding's own zone, to the date; negative once it is past. */
export function daysUntil(date: string, nowMs: number, zone: string): number | undefined {
  const day = DateTime.fromISO(date, { zone: 'utc' })
  const today = DateTime.fromISO(localDate(nowMs, zone), { zone: 'utc' })
  return day.isValid ? Math.round(day.diff(today, 'days').days) : undefined
}

/** `Today`, `in 3 days`, `2 days ago`. */
export function daysWords(days: number): string {
  if (days === 0) return 'Today'
  if (days === 1) return 'Tomorrow'
  if (days === -1) return 'Yesterday'
  return days > 0 ? `in ${days} days` : `${-days} days ago`
}

/** `45 min`, `1 h`, `1 h 20 min`. */
export function minutesWords(minutes: number): string {
  const whole = Math.round(minutes)
  const hours = Math.floor(whole / 60)
  const rest = whole % 60
  if (hours === 0) return `${rest} min`
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}
