/** Run sheets: one row an item, or one column a person. Bookings, one row a wedding, are in `booking.ts`. */
import { readTime } from './clock.ts'
import { type Candidate, type Collector, collector } from './collector.ts'
import type { SheetRow } from './csv.ts'
import { idMaker, rankOf } from './ids.ts'
import { newDraft } from './notes.ts'
import { type RowTimes, type TimeCells, timesOf } from './rowTimes.ts'
import { widthCheck } from './rowWidth.ts'
import type { Sheet } from './sheet.ts'
import { isPointInTime, putTimelineFields, TIMELINE_TABLE } from './timelineFields.ts'
import { putTimes, wallText } from './timelineTimes.ts'
import type { ImportReading, ImportTarget } from './types.ts'
import { localDate } from './wallTime.ts'

/** Between two rows this far apart the first one surely ends earlier, so its end is not guessed. */
const LONGEST_INFERRED_MIN = 6 * 60

interface Entry {
  readonly row: SheetRow
  readonly section: string
  readonly refusal?: string
  readonly warning?: string
  readonly times: TimeCells
}

/** Reads a table of timeline items. Every row below the header is an item, a heading, spacing, or refused. */
export function readTimeline(sheet: Sheet, target: ImportTarget): ImportReading {
  const into = collector(TIMELINE_TABLE, idMaker(target.weddingId, TIMELINE_TABLE))
  const entries = entriesOf(sheet, into)
  const readable = entries.filter((entry) => entry.refusal === undefined)
  const anchor = anchorOf(target, into, sheet.header.line)
  const { rows, needsAnchor } = timesOf(
    readable.map((entry) => entry.times),
    {
      weddingDate: target.date,
      ...(target.dateOrder === undefined ? {} : { dateOrder: target.dateOrder }),
      ...(anchor === undefined ? {} : { anchor }),
    },
  )
  const times = new Map(readable.map((entry, i) => [entry, rows[i]]))
  if (needsAnchor) {
    const reason =
      'The list has durations and no clock times; its order and durations were kept. ' +
      'Give the time at which it starts (such as 09:00) and import it again to fill in the times.'
    into.warn(sheet.header.line, reason)
  }

  const inferred = inferredEnds(sheet, readable, times)
  let inferredRows = 0
  for (const entry of entries) {
    const time = times.get(entry)
    const refusal = entry.refusal ?? time?.refusal
    if (refusal !== undefined || time === undefined) {
      into.refuse(entry.row, refusal ?? 'The row could not be read.')
      continue
    }
    if (entry.warning !== undefined) into.warn(entry.row.line, entry.warning)
    const context = { sheet, entry, time, target, ends: inferred.get(entry) }
    const candidates =
      sheet.layout === 'people-columns' ? itemsByPerson(context, into.nextRow()) : oneItem(context, into.nextRow())
    if (candidates.length > 0 && (inferred.get(entry)?.size ?? 0) > 0) inferredRows += 1
    if (candidates.length === 0) into.refuse(entry.row, whatIsMissing(entry))
    else into.take(entry.row, candidates)
  }
  if (inferredRows > 0) {
    const reason = `${inferredRows} rows have no end; each was given the next item's start and the tag "end-inferred".`
    into.warn(sheet.header.line, inferredRows === 1 ? reason.replace('1 rows have', '1 row has') : reason)
  }
  return withDateWarning(into.reading('csv', columnsOf(sheet)), sheet.header.line, target)
}

/** Says so if nothing in the file happens on the wedding's date; the dates themselves stay as given. */
export function withDateWarning(reading: ImportReading, line: number, target: ImportTarget): ImportReading {
  const starts = reading.items.flatMap(({ data }) => (typeof data.startTime === 'string' ? [data.startTime] : []))
  const dates = [...new Set(starts.map((iso) => localDate(iso, target.timezone)))].sort()
  if (dates.length === 0 || dates.includes(target.date)) return reading
  const span = dates.length === 1 ? `it is all on ${dates[0]}` : `it runs ${dates[0]} to ${dates.at(-1)}`
  const reason = `Nothing in this file is on the wedding's date, ${target.date}: ${span}. The dates were kept.`
  return { ...reading, warned: [{ line, reason }, ...reading.warned] }
}

/** For the preview: what each column was taken for. */
export function columnsOf(sheet: Sheet): ImportReading['columns'] {
  const fields = new Map([...sheet.columns.byField].map(([field, column]) => [column, field]))
  return sheet.columns.headers.map((header, i) => ({ header, field: fields.get(i) ?? 'notes' }))
}

function entriesOf(sheet: Sheet, into: Collector): Entry[] {
  const check = widthCheck(sheet)
  const entries: Entry[] = []
  let section = ''
  let heading: string | undefined
  for (const row of sheet.rows) {
    if (row.cells.join() === sheet.header.cells.join()) continue // printed sheets repeat their header on each page
    if (isSpacing(sheet, row)) continue
    if (isHeading(sheet, row)) {
      section = row.cells[0] ?? ''
      heading = section
      if (sheet.columns.byField.get('title') === 0) {
        into.warn(row.line, `"${section}" stands alone in its row and was taken as a heading, not as an item.`)
      }
      continue
    }
    const { refusal, warning } = check(row)
    const times = timeCells(sheet, row.cells, heading)
    heading = undefined
    entries.push({ row, section, times, ...(refusal && { refusal }), ...(warning && { warning }) })
  }
  return entries
}

function isHeading(sheet: Sheet, row: SheetRow): boolean {
  const [first = '', ...others] = row.cells
  if (sheet.header.cells.filter((cell) => cell !== '').length < 2) return false
  if (first === '' || others.some((cell) => cell !== '')) return false
  return sheet.columns.byField.get('start') !== 0 || readTime(first).kind === 'words'
}

/** In a table with a column a person, a time with nothing beside it is only spacing. */
function isSpacing(sheet: Sheet, row: SheetRow): boolean {
  const isTime = readTime(row.cells[0] ?? '').kind === 'clock'
  return sheet.layout === 'people-columns' && isTime && row.cells.slice(1).every((cell) => cell === '')
}

function timeCells(sheet: Sheet, cells: readonly string[], heading: string | undefined): TimeCells {
  const cell = (field: string) => cells[sheet.columns.byField.get(field) ?? -1] ?? ''
  return {
    start: cell('start'),
    end: cell('end'),
    duration: cell('duration'),
    date: cell('date'),
    endDate: cell('endDate'),
    ...(heading === undefined ? {} : { heading }),
  }
}

function anchorOf(target: ImportTarget, into: Collector, line: number) {
  if (target.anchor === undefined) return undefined
  const reading = readTime(target.anchor)
  if (reading.kind === 'clock') return reading.start
  into.warn(line, `The start of the list, "${target.anchor}", is no clock time; write it as 09:00.`)
  return undefined
}

interface ItemContext {
  readonly sheet: Sheet
  readonly entry: Entry
  readonly time: RowTimes
  readonly target: ImportTarget
  /** Ends that the rows below suggest, by column of the title. */
  readonly ends: ReadonlyMap<number, number> | undefined
}

function oneItem(context: ItemContext, row: number): Candidate[] {
  const { sheet, entry, ends } = context
  const draft = newDraft()
  putTimelineFields(draft, sheet.columns, entry.row.cells)
  const title = draft.data.title
  if (typeof title !== 'string') return []
  draft.data.rank = rankOf(row)
  if (entry.section !== '' && draft.data.section === undefined) draft.data.section = entry.section
  putTimes(draft, context.time, entry.times, context.target.timezone, ends?.get(titleColumn(sheet)))
  return [{ draft, key: [wallText(context.time), title, String(draft.data.location ?? '')] }]
}

/** A column a person: each filled cell is an item for whoever the header names, two at times (`Ana & Jo`). */
function itemsByPerson(context: ItemContext, row: number): Candidate[] {
  const { sheet, entry, ends } = context
  const { columns } = sheet
  const shared = { ...columns, rest: [] }
  return columns.rest.flatMap((column, n) => {
    const title = entry.row.cells[column] ?? ''
    if (title === '') return []
    const draft = newDraft()
    putTimelineFields(draft, shared, entry.row.cells)
    const header = columns.headers[column] ?? ''
    draft.data.title = title
    draft.data.people = header.split(/\s*(?:&|\+|\/|,|\band\b)\s*/i).filter((name) => name !== '')
    draft.data.rank = rankOf(row, n)
    if (entry.section !== '') draft.data.section = entry.section
    putTimes(draft, context.time, entry.times, context.target.timezone, ends?.get(column))
    return [{ draft, key: [wallText(context.time), title, header] }]
  })
}

function titleColumn(sheet: Sheet): number {
  return sheet.columns.byField.get('title') ?? -1
}

/** Without an end, an item lasts until the next one of its column begins. Markers such as sunset take no time. */
function inferredEnds(
  sheet: Sheet,
  entries: readonly Entry[],
  times: ReadonlyMap<Entry, RowTimes | undefined>,
): Map<Entry, ReadonlyMap<number, number>> {
  const columns = sheet.layout === 'people-columns' ? sheet.columns.rest : [titleColumn(sheet)]
  const inferred = new Map<Entry, Map<number, number>>()
  for (const column of columns) {
    const list = entries.filter(
      ({ row }) => (row.cells[column] ?? '') !== '' && !isPointInTime(row.cells[column] ?? ''),
    )
    for (const [i, entry] of list.entries()) {
      const time = times.get(entry)
      if (time?.startMin === undefined || time.endMin !== undefined || time.durationMin !== undefined) continue
      if (entry.times.end !== '') continue // it had one, which could not be used
      const start = time.startMin
      const later = list.slice(i + 1).map((next) => times.get(next)?.startMin)
      const next = later.find((minute) => minute !== undefined && minute > start)
      if (next === undefined || next - start > LONGEST_INFERRED_MIN) continue
      inferred.set(entry, (inferred.get(entry) ?? new Map<number, number>()).set(column, next))
    }
  }
  return inferred
}

function whatIsMissing(entry: Entry): string {
  const when = entry.times.start === '' ? '' : ` at ${entry.times.start}`
  return `The row does not say what happens${when}; fill in its title and import it again.`
}
