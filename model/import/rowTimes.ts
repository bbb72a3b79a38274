/** The times of all rows of a table, worked out together: a row's day and half-day depend on its neighbours. */
import { type Clock, choices, DAY_MIN, readDuration, readTime, type TimeReading } from './clock.ts'
import { type DateOrder, dateOfDay, dayNumber, provenOrder, readDate } from './dates.ts'
import { type DayWalk, dayWalk } from './dayWalk.ts'

/** The cells of one row that bear on time; blank where the table has no such column. */
export interface TimeCells {
  readonly start: string
  readonly end: string
  readonly duration: string
  readonly date: string
  readonly endDate: string
  /** A heading above the row may name the day of all that follows. */
  readonly heading?: string
}

export interface RowTimes {
  /** Minutes since 1970 on the venue's clock. */
  readonly startMin?: number
  readonly endMin?: number
  readonly startIso?: string
  readonly endIso?: string
  readonly durationMin?: number
  readonly approximate: boolean
  /** The row states its own start, so the start is part of what makes it the same row next time. */
  readonly ownStart: boolean
  /** The start was reached by adding durations to a row above, in a list that has clock times elsewhere. */
  readonly chained: boolean
  readonly warnings: readonly string[]
  readonly refusal?: string
}

export interface TimesOptions {
  readonly weddingDate: string
  readonly dateOrder?: DateOrder
  /** Start of a list of durations, as minutes after midnight. */
  readonly anchor?: Clock
}

export interface AllTimes {
  readonly rows: readonly RowTimes[]
  /** No row states a clock time, and no anchor was given for the durations. */
  readonly needsAnchor: boolean
}

/** Times of all rows, in the order of the file. */
export function timesOf(rows: readonly TimeCells[], options: TimesOptions): AllTimes {
  const readings = rows.map((row) => readTime(row.start))
  const is24h = usesOnly24h(rows, readings)
  const starts = readings.map((reading) => (is24h ? as24h(reading) : reading))
  const hasClock = starts.some((reading) => reading.kind === 'clock' || reading.kind === 'instant')
  const hasDurations = rows.some((row) => readDuration(row.duration) !== undefined)
  const dateOrder = options.dateOrder ?? provenOrder(rows.map((row) => row.date))
  const walk = dayWalk(dayNumber(options.weddingDate))
  const context: Context = {
    walk,
    is24h,
    dates: dateReader(options.weddingDate, dateOrder),
    chainEnd: hasClock || options.anchor === undefined ? undefined : anchorMin(options.anchor, options.weddingDate),
    onlyDurations: !hasClock && hasDurations,
  }
  const times = rows.map((row, i) => rowTimes(row, starts[i] ?? { kind: 'blank' }, upcomingClock(starts, i), context))
  return { rows: times, needsAnchor: !hasClock && hasDurations && options.anchor === undefined }
}

interface Context {
  readonly walk: DayWalk
  readonly is24h: boolean
  readonly dates: (cell: string) => DateAnswer
  readonly onlyDurations: boolean
  /** Where a row without a time of its own begins, if the rows above it tell. */
  chainEnd: number | undefined
}

function rowTimes(row: TimeCells, start: TimeReading, upcoming: number | undefined, context: Context): RowTimes {
  const { walk } = context
  const heading: DateAnswer = row.heading === undefined ? { warnings: [] } : context.dates(row.heading)
  if (heading.day !== undefined) walk.goTo(heading.day)
  const dateCell = row.date === '' && start.kind === 'clock' ? (start.date ?? '') : row.date
  const dated: DateAnswer = dateCell === '' ? { warnings: [] } : context.dates(dateCell)
  if (dateCell !== '' && dated.day === undefined) {
    const refusal = dated.refusal ?? `The date "${dateCell}" cannot be read; write it as 2027-06-12.`
    return { approximate: false, ownStart: false, chained: false, warnings: [], refusal }
  }
  const warnings = [...heading.warnings, ...dated.warnings]
  const durationMin = readDuration(row.duration)
  if (row.duration !== '' && durationMin === undefined) {
    warnings.push(`The duration "${row.duration}" cannot be read; write it in minutes.`)
  }
  const length = durationMin === undefined ? {} : { durationMin }

  if (start.kind === 'instant') return { ...fromInstant(start.iso, row, length), warnings }
  if (start.kind !== 'clock') {
    if (dated.day !== undefined) walk.goTo(dated.day)
    const chained = start.kind === 'blank' ? chain(row, durationMin, context, warnings) : undefined
    if (chained !== undefined) return { ...chained, ...length }
    if (!context.onlyDurations) warnings.push(noTime(row.start))
    context.chainEnd = undefined
    return { ...length, approximate: false, ownStart: false, chained: false, warnings }
  }

  const ownDay = dated.day === undefined ? undefined : dated.day + (start.nextDay ? 1 : 0)
  const placed = walk.start(start.start, row.start, ownDay, upcoming)
  warnings.push(...placed.warnings)
  const common = { ...length, approximate: start.approximate, ownStart: true, chained: false, warnings }
  if (placed.wallMin === undefined) {
    context.chainEnd = undefined
    return common
  }
  const endMin = endOf(row, start, placed.wallMin, durationMin, context, warnings)
  context.chainEnd = endMin
  return { ...common, startMin: placed.wallMin, ...(endMin === undefined ? {} : { endMin }) }
}

function endOf(
  row: TimeCells,
  start: Extract<TimeReading, { kind: 'clock' }>,
  startMin: number,
  durationMin: number | undefined,
  context: Context,
  warnings: string[],
): number | undefined {
  const read = readTime(row.end)
  const end = context.is24h ? as24h(read) : read
  const clock = end.kind === 'clock' ? end.start : start.end
  const byDuration = durationMin === undefined ? undefined : startMin + durationMin
  if (row.end !== '' && end.kind !== 'clock') warnings.push(`The end "${row.end}" is no clock time; check it.`)
  if (clock === undefined) return byDuration
  const cell = end.kind === 'clock' ? row.end : row.start
  const endDay = row.endDate === '' ? undefined : context.dates(row.endDate).day
  // An end date that only repeats the start's says nothing about 00:30.
  const onEndDay = choices(clock).map((minutes) => (endDay ?? 0) * DAY_MIN + minutes)
  const stated = endDay === undefined ? undefined : onEndDay.find((minute) => minute >= startMin)
  if (stated !== undefined) return stated
  const placed = context.walk.end(startMin, clock, cell)
  warnings.push(...placed.warnings)
  if (placed.wallMin !== undefined && byDuration !== undefined && placed.wallMin !== byDuration) {
    warnings.push(`The end "${cell}" and the duration "${row.duration}" do not agree; the end was taken.`)
  }
  return placed.wallMin ?? byDuration
}

/** A row without a time begins where the one above ends, if it says how long it takes. */
function chain(
  row: TimeCells,
  durationMin: number | undefined,
  context: Context,
  warnings: string[],
): RowTimes | undefined {
  if (context.chainEnd === undefined || durationMin === undefined) return undefined
  const startMin = context.chainEnd
  context.walk.reach(startMin)
  context.chainEnd = startMin + durationMin
  if (row.end !== '') warnings.push(`The end "${row.end}" was left aside, because the row has no start of its own.`)
  const endMin = startMin + durationMin
  return { startMin, endMin, approximate: false, ownStart: false, chained: !context.onlyDurations, warnings }
}

function fromInstant(startIso: string, row: TimeCells, length: { durationMin?: number }): RowTimes {
  const end = readTime(row.end)
  const endIso = end.kind === 'instant' && end.iso >= startIso ? { endIso: end.iso } : {}
  return { ...length, startIso, ...endIso, approximate: false, ownStart: true, chained: false, warnings: [] }
}

function noTime(cell: string): string {
  const what = cell === '' ? 'There is no time' : `"${cell}" is no clock time`
  return `${what}; the item keeps its place in the list without one.`
}

function anchorMin(anchor: Clock, weddingDate: string): number {
  return dayNumber(weddingDate) * DAY_MIN + anchor.minutes
}

/** One hour past twelve, or 09:00 with its nought, and no am or pm anywhere: then 4:30 is in the night. */
function usesOnly24h(rows: readonly TimeCells[], starts: readonly TimeReading[]): boolean {
  const readings = [...starts, ...rows.map((row) => readTime(row.end))]
  const clocks = readings.flatMap((reading) =>
    reading.kind !== 'clock' ? [] : reading.end === undefined ? [reading.start] : [reading.start, reading.end],
  )
  return clocks.some((clock) => clock.form === '24h') && !clocks.some(isWrittenMeridiem)
}

/** Noon and midnight are words that a 24-hour list uses too. */
function isWrittenMeridiem(clock: Clock): boolean {
  return clock.form === 'meridiem' && clock.minutes % (DAY_MIN / 2) !== 0
}

function as24h(reading: TimeReading): TimeReading {
  if (reading.kind !== 'clock') return reading
  const { end } = reading
  return { ...reading, start: certain(reading.start), ...(end === undefined ? {} : { end: certain(end) }) }
}

/** The bare `12:15` stands at 00:15, its morning reading; on a 24-hour clock it is after noon. */
function certain(clock: Clock): Clock {
  if (clock.form !== 'bare') return clock
  const minutes = clock.minutes < 60 ? clock.minutes + DAY_MIN / 2 : clock.minutes
  return { minutes, form: '24h' }
}

function upcomingClock(starts: readonly TimeReading[], from: number): number | undefined {
  for (const reading of starts.slice(from + 1)) {
    if (reading.kind === 'clock' && reading.start.form !== 'bare') return choices(reading.start)[0]
  }
  return undefined
}

interface DateAnswer {
  readonly day?: number
  readonly warnings: readonly string[]
  readonly refusal?: string
}

const NEAR_DAYS = 3

function dateReader(weddingDate: string, order: DateOrder | undefined): (cell: string) => DateAnswer {
  const wedding = dayNumber(weddingDate)
  const warnedOf = new Set<string>()
  return (cell) => {
    const reading = readDate(cell, weddingDate, order)
    if (reading.kind === 'date') return { day: dayNumber(reading.date), warnings: [] }
    if (reading.kind === 'unknown') return { warnings: [] }
    if (reading.kind === 'weekday') {
      const warnings = warnedOf.has(cell) ? [] : [`"${cell}" was taken as ${reading.date}, the nearest to the wedding.`]
      warnedOf.add(cell)
      return { day: dayNumber(reading.date), warnings }
    }
    const near = [reading.dayFirst, reading.monthFirst].map(dayNumber).filter((d) => Math.abs(d - wedding) <= NEAR_DAYS)
    const [day] = near
    if (near.length === 1 && day !== undefined) {
      return { day, warnings: [`"${cell}" was read as ${dateOfDay(day)}, because the wedding is then. Check it.`] }
    }
    const refusal =
      `"${cell}" may be ${reading.dayFirst} or ${reading.monthFirst}; say whether the file writes the day first ` +
      'or the month first, or write the date as 2027-06-12.'
    return { warnings: [], refusal }
  }
}
