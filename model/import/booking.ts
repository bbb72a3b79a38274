/** Intake forms and bookings: one wide row a wedding, whose ceremony and reception times become items. */
import { type Candidate, collector } from './collector.ts'
import type { SheetRow } from './csv.ts'
import { type DateOrder, provenOrder } from './dates.ts'
import { idMaker, rankOf } from './ids.ts'
import { type Draft, newDraft, put } from './notes.ts'
import { type RowTimes, type TimeCells, timesOf } from './rowTimes.ts'
import { widthCheck } from './rowWidth.ts'
import type { Sheet } from './sheet.ts'
import { columnsOf, withDateWarning } from './timeline.ts'
import { putRest, TIMELINE_TABLE } from './timelineFields.ts'
import { putTimes, wallText } from './timelineTimes.ts'
import type { ImportReading, ImportTarget } from './types.ts'

const PARTS = [
  { title: 'Ceremony', category: 'ceremony', start: 'ceremonyStart', end: 'ceremonyEnd' },
  { title: 'Reception', category: 'reception', start: 'receptionStart', end: 'receptionEnd' },
] as const

/** Reads a table of bookings. The date of each row is kept; whatever is not a time or a place goes to the notes. */
export function readBookings(sheet: Sheet, target: ImportTarget): ImportReading {
  const into = collector(TIMELINE_TABLE, idMaker(target.weddingId, TIMELINE_TABLE))
  const check = widthCheck(sheet)
  const dateOrder = target.dateOrder ?? provenOrder(sheet.rows.map((row) => cellOf(sheet, row, 'date')))
  for (const row of sheet.rows) {
    const { refusal, warning } = check(row)
    const parts = refusal === undefined ? partsOf(sheet, row, target, dateOrder) : []
    const reason = refusal ?? parts.find(({ time }) => time.refusal !== undefined)?.time.refusal
    const timed = parts.filter(({ time }) => time.startMin !== undefined || time.startIso !== undefined)
    if (reason !== undefined) {
      into.refuse(row, reason)
    } else if (timed.length === 0) {
      into.refuse(row, 'The booking gives no time for the ceremony or the reception; fill one in and import it again.')
    } else {
      if (warning !== undefined) into.warn(row.line, warning)
      into.take(row, itemsOf(sheet, row, timed, target, into.nextRow()))
    }
  }
  return withDateWarning(into.reading('csv', columnsOf(sheet)), sheet.header.line, target)
}

interface Part {
  readonly title: string
  readonly category: string
  readonly cells: TimeCells
  readonly time: RowTimes
}

function partsOf(sheet: Sheet, row: SheetRow, target: ImportTarget, dateOrder: DateOrder | undefined): Part[] {
  const date = cellOf(sheet, row, 'date')
  const parts = PARTS.map(({ title, category, start, end }) => ({
    title,
    category,
    cells: { start: cellOf(sheet, row, start), end: cellOf(sheet, row, end), duration: '', date, endDate: '' },
  })).filter(({ cells }) => cells.start !== '' || cells.end !== '')
  const cells = parts.map((part) => part.cells)
  const times = timesOf(cells, { weddingDate: target.date, ...(dateOrder === undefined ? {} : { dateOrder }) })
  return parts.flatMap((part, i) => {
    const time = times.rows[i]
    return time === undefined ? [] : [{ ...part, time }]
  })
}

function itemsOf(sheet: Sheet, row: SheetRow, parts: readonly Part[], target: ImportTarget, n: number): Candidate[] {
  const location = cellOf(sheet, row, 'location')
  return parts.map(({ title, category, cells, time }, i) => {
    const draft: Draft = newDraft()
    draft.data.title = title
    put(draft, 'location', location)
    draft.data.category = category
    draft.data.rank = rankOf(n, i)
    putTimes(draft, time, cells, target.timezone)
    // Once is enough: the rest of the booking stands with its first item.
    if (i === 0) {
      putRest(draft, sheet.columns, row.cells)
      keepUntimed(draft, sheet, row, parts)
    }
    return { draft, key: [wallText(time), title, location] }
  })
}

/** A part whose time could not be read makes no item, but its words are kept. */
function keepUntimed(draft: Draft, sheet: Sheet, row: SheetRow, parts: readonly Part[]): void {
  for (const { title, start, end } of PARTS) {
    if (parts.some((part) => part.title === title)) continue
    const words = [cellOf(sheet, row, start), cellOf(sheet, row, end)].filter((cell) => cell !== '').join(' – ')
    if (words === '') continue
    draft.notes.push(`${title}: ${words}`)
    draft.warnings.push(`The time of the ${title.toLowerCase()}, "${words}", cannot be read; it is in the notes.`)
  }
}

function cellOf(sheet: Sheet, row: SheetRow, field: string): string {
  return row.cells[sheet.columns.byField.get(field) ?? -1] ?? ''
}
