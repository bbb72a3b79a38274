import { clockText, DAY_MIN } from './clock.ts'
import { dateOfDay } from './dates.ts'
import { type Draft, put } from './notes.ts'
import type { RowTimes, TimeCells } from './rowTimes.ts'
import { addTag } from './timelineFields.ts'
import { instantOf, minutesBetween, plusMinutes } from './wallTime.ts'

/**
 * Fills in the times of an item.
 * @param inferredEnd wall minutes at which the next item begins, for one that states no end
 */
export function putTimes(draft: Draft, time: RowTimes, cells: TimeCells, timezone: string, inferredEnd?: number): void {
  put(draft, 'originalTime', originalTime(cells))
  if (time.approximate) draft.data.approximate = true
  draft.warnings.push(...time.warnings)
  if (time.chained) addTag(draft, 'start-inferred')
  put(draft, 'durationMin', time.durationMin)
  const start = time.startMin === undefined ? undefined : instantOf(time.startMin, timezone)
  if (start?.warning !== undefined) draft.warnings.push(start.warning)
  const startTime = start?.iso ?? time.startIso
  if (startTime === undefined) return
  draft.data.startTime = startTime

  const endMin = time.endMin ?? inferredEnd
  const { startMin, durationMin } = time
  // An hour is an hour, also in the night when the clocks change; an end on the clock is what the clock shows.
  const isByLength = endMin === undefined || (startMin !== undefined && endMin === startMin + (durationMin ?? NaN))
  const byLength = isByLength && durationMin !== undefined ? plusMinutes(startTime, durationMin) : undefined
  const onClock = endMin === undefined ? undefined : instantOf(endMin, timezone).iso
  const endTime = time.endIso ?? byLength ?? onClock
  if (endTime === undefined) return
  draft.data.endTime = endTime
  draft.data.durationMin = minutesBetween(startTime, endTime)
  if (time.endMin === undefined && inferredEnd !== undefined) addTag(draft, 'end-inferred')
}

/** What the time cells said, word for word. */
function originalTime(cells: TimeCells): string {
  const clock = [cells.start, [cells.endDate, cells.end].filter((cell) => cell !== '').join(' ')]
  const range = clock.filter((cell) => cell !== '').join(' – ')
  const length = /^\d+$/.test(cells.duration) ? `${cells.duration} min` : cells.duration
  const main = [cells.date, range].filter((cell) => cell !== '').join(' ')
  if (length === '') return main
  return main === '' ? length : `${main} (${length})`
}

/** A row's own start as it is written, for its id; blank if the file does not state one. */
export function wallText(time: RowTimes): string {
  if (!time.ownStart) return ''
  if (time.startMin === undefined) return time.startIso ?? ''
  return `${dateOfDay(Math.floor(time.startMin / DAY_MIN))}T${clockText(time.startMin)}`
}
