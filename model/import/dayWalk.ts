/**
 * Walks down a run sheet and gives each clock time a day, the way a person reads it:
 *
 *     Time    21:00   23:30   00:30   1:15
 *     day     Sat     Sat     Sun     Sun, and am, because the list goes on
 *
 * Times are minutes since 1970 on the venue's clock ("wall minutes"). The list may pass midnight once; a second time
 * nothing tells which day is meant, and the row keeps its place without a clock time.
 */
import { type Clock, choices, clockText, DAY_MIN } from './clock.ts'
import { dateOfDay } from './dates.ts'

const LATE_EVENING_MIN = 18 * 60
const SMALL_HOURS_END_MIN = 6 * 60
const LONGEST_OVERNIGHT_MIN = 8 * 60

export interface Placed {
  /** Undefined if the list gives no safe answer. */
  readonly wallMin: number | undefined
  readonly warnings: readonly string[]
}

export interface DayWalk {
  /**
   * Places the next start of the list.
   * @param ownDay   day number of the row's own date, if it has one
   * @param upcoming minutes of the next time in the list that is certain; helps with `4:30`
   */
  start(clock: Clock, cell: string, ownDay?: number, upcoming?: number): Placed
  /** Places an end that belongs to a start: after it, next day if that makes less than eight hours. */
  end(startMin: number, clock: Clock, cell: string): Placed
  /** Tells the walk about a time that was reached by adding up durations. */
  reach(wallMin: number): void
  /** Moves the list to a day, as a heading with a date does. */
  goTo(day: number): void
}

/** A walk that begins on the given day (a day number). */
export function dayWalk(firstDay: number): DayWalk {
  let day = firstDay
  let statedDay: number | undefined
  let previous: number | undefined
  let passedMidnight = false

  function goTo(next: number): void {
    day = next
    statedDay = next
    previous = undefined
    passedMidnight = false
  }

  function start(clock: Clock, cell: string, ownDay?: number, upcoming?: number): Placed {
    // A date that only repeats itself does not pull 00:30 back to the evening before; a daytime hour it does.
    const isDaytime = clock.form !== 'bare' && clock.minutes >= SMALL_HOURS_END_MIN
    if (ownDay !== undefined && (ownDay !== statedDay || (ownDay !== day && isDaytime))) goTo(ownDay)
    const minutes = clock.form === 'bare' ? chooseHalf(clock, previous, day, upcoming) : clock.minutes
    const warnings = clock.form === 'bare' ? [halfWarning(cell, minutes)] : []
    const placed = (wallMin: number): Placed => {
      previous = wallMin
      return { wallMin, warnings }
    }

    const onDay = day * DAY_MIN + minutes
    if (previous === undefined) {
      // Midnight is the end of the day it is listed under, except where a machine wrote 2027-06-12 00:00.
      const endsDay = minutes === 0 && (ownDay === undefined || clock.form === 'meridiem')
      return placed(endsDay ? onDay + DAY_MIN : onDay)
    }
    const previousClock = previous - day * DAY_MIN
    if (onDay >= previous) {
      if (passedMidnight && previousClock < SMALL_HOURS_END_MIN && minutes >= SMALL_HOURS_END_MIN) {
        warnings.push(`"${cell}" follows times after midnight, so it was put on ${dateOfDay(day)}. Check the date.`)
      }
      return placed(onDay)
    }
    const isSmallHour = minutes < SMALL_HOURS_END_MIN
    const isPastMidnight =
      (previousClock >= LATE_EVENING_MIN && isSmallHour) || (minutes === 0 && previousClock >= SMALL_HOURS_END_MIN)
    if (!isPastMidnight) {
      warnings.push(`"${cell}" is earlier than the row above; it was kept on ${dateOfDay(day)}. Check the order.`)
      return placed(onDay)
    }
    if (passedMidnight) {
      const ask = `The list passes midnight a second time at "${cell}". Give these rows a date; this one has no clock time.`
      return { wallMin: undefined, warnings: [...warnings, ask] }
    }
    if (ownDay !== undefined) {
      warnings.push(`"${cell}" comes after the late evening, so it was put on the next day, ${dateOfDay(day + 1)}.`)
    }
    day += 1
    passedMidnight = true
    return placed(onDay + DAY_MIN)
  }

  function reach(wallMin: number): void {
    previous = wallMin
    if (wallMin < (day + 1) * DAY_MIN) return
    day = Math.floor(wallMin / DAY_MIN)
    passedMidnight = true
  }

  return { start, end: placeEnd, reach, goTo }
}

function halfWarning(cell: string, minutes: number): string {
  const half = minutes < DAY_MIN / 2 ? 'morning' : 'afternoon or evening'
  return `"${cell}" has no am or pm; it was read as ${clockText(minutes)}, ${half}. Check it.`
}

function placeEnd(startMin: number, clock: Clock, cell: string): Placed {
  const midnightBefore = Math.floor(startMin / DAY_MIN) * DAY_MIN
  if (clock.form === 'bare') {
    const later = [...choices(clock), ...choices(clock).map((minutes) => minutes + DAY_MIN)]
    const wallMin = later.map((minutes) => midnightBefore + minutes).find((minute) => minute >= startMin)
    const shown = clockText(wallMin ?? clock.minutes)
    return { wallMin, warnings: [`"${cell}" has no am or pm; the end was read as ${shown}. Check it.`] }
  }
  const onDay = midnightBefore + clock.minutes
  if (onDay >= startMin) return { wallMin: onDay, warnings: [] }
  // Midnight as an end is the end of that day, however long that makes the item.
  const isShort = onDay + DAY_MIN - startMin < LONGEST_OVERNIGHT_MIN
  if (clock.minutes === 0 || isShort) return { wallMin: onDay + DAY_MIN, warnings: [] }
  const warning = `The end "${cell}" is before the start and too far off for the next day; the item has no end. Check it.`
  return { wallMin: undefined, warnings: [warning] }
}

/** Morning or afternoon, for a time that says neither: the half that keeps the list in order. */
function chooseHalf(clock: Clock, previous: number | undefined, day: number, upcoming: number | undefined): number {
  const [morning = 0, afternoon = 0] = choices(clock)
  if (previous === undefined) {
    // Before the next certain time, and as near to it as can be; without one, days start at six in the morning.
    if (upcoming !== undefined) return afternoon <= upcoming || morning > upcoming ? afternoon : morning
    return morning >= SMALL_HOURS_END_MIN ? morning : afternoon
  }
  const after = previous - day * DAY_MIN
  const ordered = [morning, afternoon].filter((minutes) => minutes >= after)
  const fitting = ordered.find((minutes) => upcoming === undefined || upcoming < after || minutes <= upcoming)
  if (fitting !== undefined) return fitting
  if (after >= LATE_EVENING_MIN && morning < SMALL_HOURS_END_MIN) return morning // past midnight
  const nearest = Math.abs(morning - after) < Math.abs(afternoon - after) ? morning : afternoon
  return upcoming !== undefined && upcoming >= after ? nearest : (ordered[0] ?? nearest)
}
