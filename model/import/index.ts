/**
 * Reads files that wedding teams already have: timelines and guest lists as CSV, calendars as ICS. Pure; the command line
 * and the app's window call the same function and write what it returns.
 */
import { err, ok, type Result } from '../result.ts'
import { readBookings } from './booking.ts'
import { fileKind } from './fileKind.ts'
import { readGuests } from './guests.ts'
import { readCalendar } from './ics.ts'
import { readSheet } from './sheet.ts'
import { readTimeline } from './timeline.ts'
import type { ImportError, ImportReading, ImportSource, ImportTarget } from './types.ts'

export { decodeText, type TextEncodingName } from './decode.ts'
export type {
  ImportError,
  ImportedRow,
  ImportReading,
  ImportRefusal,
  ImportSource,
  ImportTarget,
  ImportWarning,
} from './types.ts'

/** A list of this size is no wedding's, and would hold up the window it is read in. */
const MAX_FILE_CHARS = 10_000_000

/**
 * Reads one file for one wedding.
 * @returns what each row becomes, or why the file as a whole gives nothing
 * @throws RangeError if the target's time zone is unknown
 */
export function readImport(source: ImportSource, target: ImportTarget): Result<ImportReading, ImportError> {
  const file = source.name
  const refuse = (kind: ImportError['kind'], reason: string) => err({ kind, file, reason })
  const text = source.text.replace(/^\uFEFF/, '')
  if (text.length > MAX_FILE_CHARS) {
    const millions = MAX_FILE_CHARS / 1_000_000
    return refuse('not-readable', `The file is longer than ${millions} million characters; split it and try again.`)
  }
  const kind = fileKind(file, text)
  if (typeof kind === 'object') return refuse(kind.refused, kind.reason)
  if (kind === 'ics') {
    if (target.table === 'guests') {
      return refuse('nothing-to-import', 'A calendar holds no guest list; import it as a timeline.')
    }
    const reading = readCalendar(text, target)
    if (reading.rows > 0) return ok(reading)
    return refuse('nothing-to-import', 'The calendar holds no events; export it again with its events.')
  }

  const sheet = readSheet(text, target.table)
  if (!sheet.ok) return refuse(sheet.error.kind, sheet.error.reason)
  const { layout } = sheet.value
  const read = layout === 'guests' ? readGuests : layout === 'booking' ? readBookings : readTimeline
  const reading = read(sheet.value, target)
  if (reading.rows > 0) return ok(reading)
  return refuse('nothing-to-import', 'There are column names but no rows below them; check that the list was saved.')
}
