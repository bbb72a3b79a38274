/**
 * What a typed time means for an item. A person types `00:15` for an item at 23:30 and means half an hour later, not a
 * day earlier; they move a start past the end and mean the whole item. Pure.
 */
import { err, ok, type Result } from '../../../model/result.ts'
import { clockTime, instantAt, instantMs, isoInstant, localDate, shiftDate } from './local.ts'

/** After this hour an item belongs to an evening, and before the other to the night that follows it. */
const EVENING = '18:00'
const DAWN = '05:00'
/** No item is longer: an end further away than this was meant before the start. */
const LONGEST_MS = 16 * 60 * 60_000

/** An item's times as stored. */
export interface ItemTimes {
  readonly startTime?: unknown
  readonly endTime?: unknown
}

/** What stands in the form; an empty text means no time. */
export interface TimesForm {
  readonly date: string
  readonly start: string
  readonly end: string
}

/** Only what changed. Null takes a time away. */
export interface TimeChanges {
  readonly startTime?: string | null
  readonly endTime?: string | null
}

export type TimesError = 'end-before-start' | 'not-a-time'

/** The day on which an item falls once its start is retimed; the day stays unless midnight lies in between. */
export function dateAfterRetiming(before: { readonly date: string; readonly time: string }, time: string): string {
  if (time === '') return before.date
  if ((before.time === '' || before.time >= EVENING) && time < DAWN) return shiftDate(before.date, 1)
  if (before.time !== '' && before.time < DAWN && time >= EVENING) return shiftDate(before.date, -1)
  return before.date
}

/** What the form shows for an item, or for a new one on the wedding's day. */
export function timesForm({ startTime, endTime }: ItemTimes, zone: string, weddingDate: string): TimesForm {
  const start = instantMs(startTime)
  const end = instantMs(endTime)
  const anchor = start ?? end
  return {
    date: anchor === undefined ? weddingDate : localDate(anchor, zone),
    start: start === undefined ? '' : clockTime(start, zone),
    end: end === undefined ? '' : clockTime(end, zone),
  }
}

/** Turns the form into the changes to be saved. */
export function planTimes(before: ItemTimes, form: TimesForm, zone: string): Result<TimeChanges, TimesError> {
  const known = timesForm(before, zone, form.date)
  const oldStart = instantMs(before.startTime)
  const start = form.start === known.start && form.date === known.date ? oldStart : parse(form.date, form.start, zone)
  const end = plannedEnd(before, form, known, start, zone)
  if (start === 'not-a-time' || end === 'not-a-time') return err('not-a-time')
  if (end === 'end-before-start') return err(end)
  return ok({
    ...(start !== oldStart && { startTime: start === undefined ? null : isoInstant(start) }),
    ...(end !== instantMs(before.endTime) && { endTime: end === undefined ? null : isoInstant(end) }),
  })
}

function parse(date: string, time: string, zone: string): number | undefined | 'not-a-time' {
  if (time === '') return undefined
  return instantMs(instantAt(date, time, zone)) ?? 'not-a-time'
}

function plannedEnd(
  before: ItemTimes,
  form: TimesForm,
  known: TimesForm,
  start: number | undefined | 'not-a-time',
  zone: string,
): number | undefined | TimesError {
  if (start === 'not-a-time') return start
  const oldEnd = instantMs(before.endTime)
  if (form.end === known.end) return untouchedEnd(instantMs(before.startTime), oldEnd, start, form.date, known, zone)
  const end = parse(form.date, form.end, zone)
  if (typeof end !== 'number' || start === undefined || end >= start) return end
  const nextDay = parse(shiftDate(form.date, 1), form.end, zone)
  return typeof nextDay === 'number' && nextDay - start > LONGEST_MS ? 'end-before-start' : nextDay
}

/** The end stays where it is, unless the start was moved past it or away from it: then the item keeps its length. */
function untouchedEnd(
  oldStart: number | undefined,
  oldEnd: number | undefined,
  start: number | undefined,
  date: string,
  known: TimesForm,
  zone: string,
): number | undefined | TimesError {
  if (oldEnd === undefined) return undefined
  if (start === undefined) return date === known.date ? oldEnd : parse(date, clockTime(oldEnd, zone), zone)
  if (start === oldStart || (oldEnd > start && oldEnd - start <= LONGEST_MS)) return oldEnd
  if (oldStart === undefined) return 'end-before-start'
  // An end that was before its start already came from two people's edits: it is for them to put right.
  return oldEnd < oldStart ? oldEnd : start + (oldEnd - oldStart)
}
