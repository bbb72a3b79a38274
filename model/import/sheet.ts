import { err, ok, type Result } from '../result.ts'
import { isBlank, readRows, SEPARATORS, type Separator, type SheetRow } from './csv.ts'
import {
  type Aliases,
  BOOKING_HEADERS,
  type Columns,
  GUEST_HEADERS,
  matchHeaders,
  plainHeader,
  TIMELINE_HEADERS,
  withField,
  withoutField,
} from './headers.ts'

/** A title block may stand above the header, within these rows. */
const HEADER_WITHIN_ROWS = 15

export type Layout = 'timeline' | 'people-columns' | 'booking' | 'guests'

/** A file's table: what its header says, and the rows below it. */
export interface Sheet {
  readonly layout: Layout
  readonly columns: Columns
  readonly separator: Separator
  readonly header: SheetRow
  readonly rows: readonly SheetRow[]
}

/** A table that reads well but that we do not import, with the sentence that says so. */
const OTHER_TABLES: readonly { readonly has: (headers: ReadonlySet<string>) => boolean; readonly reason: string }[] = [
  {
    has: (headers) => headers.has('capacity') && (headers.has('name') || headers.has('table')),
    reason:
      'This is a list of tables with their capacity, and only timelines and guest lists can be imported; ' +
      'put the table into a "Table" column of the guest list and import that.',
  },
  {
    has: (headers) =>
      ['company', 'companyname', 'contactperson', 'arrivaltime', 'setuptime', 'компания'].some((h) => headers.has(h)),
    reason:
      'This is a list of vendors or contacts, and only timelines and guest lists can be imported; ' +
      'enter the vendors by hand.',
  },
  {
    has: (headers) =>
      ['group', 'grouping', 'combination', 'shot'].some((h) => headers.has(h)) &&
      ['people', 'names', 'who', 'musthave', 'est'].some((h) => headers.has(h)),
    reason:
      'This is a list of photo groups, and only timelines and guest lists can be imported; enter the groups by hand.',
  },
]

/** Finds the separator, the header row and the layout. The error is a sentence for the user, and whose fault it is. */
export function readSheet(
  text: string,
  table: 'timeline_items' | 'guests' | undefined,
): Result<Sheet, { readonly kind: 'not-readable' | 'nothing-to-import'; readonly reason: string }> {
  let damage: string | undefined
  let best: { separator: Separator; row: number; layout: Layout; columns: Columns } | undefined
  for (const separator of separatorsOf(text)) {
    const head = readRows(text, separator, HEADER_WITHIN_ROWS + 1)
    if (!head.ok) {
      damage ??= head.error
      continue
    }
    for (const [row, { cells }] of head.value.slice(0, HEADER_WITHIN_ROWS).entries()) {
      const found = layoutOf(cells, table)
      if (found !== undefined && found.columns.byField.size > (best?.columns.byField.size ?? 0)) {
        best = { separator, row, ...found }
      }
    }
  }
  if (best === undefined && damage !== undefined) return err({ kind: 'not-readable', reason: damage })
  if (best === undefined) return err({ kind: 'nothing-to-import', reason: whyNoHeader(text, table) })
  const all = readRows(text, best.separator)
  if (!all.ok) return err({ kind: 'not-readable', reason: all.error })
  const header = all.value[best.row]
  if (header === undefined) return err({ kind: 'nothing-to-import', reason: whyNoHeader(text, table) })
  const rows = all.value.slice(best.row + 1).filter((row) => !isBlank(row))
  return ok({ layout: best.layout, columns: best.columns, separator: best.separator, header, rows })
}

/** Excel may say which separator it used in a first line `sep=;`. */
function separatorsOf(text: string): readonly Separator[] {
  const stated = /^sep=([,;\t])\r?\n/.exec(text)?.[1]
  return SEPARATORS.filter((separator) => stated === undefined || separator === stated)
}

type Found = { readonly layout: Layout; readonly columns: Columns } | undefined

function layoutOf(cells: readonly string[], table: 'timeline_items' | 'guests' | undefined): Found {
  if (cells.filter((cell) => cell !== '').length < (table === undefined ? 2 : 1)) return undefined
  const headers = new Set(cells.map(plainHeader))
  if (OTHER_TABLES.some(({ has }) => has(headers)) && !matches(cells, TIMELINE_HEADERS, 'start')) return undefined
  if (table === 'guests') return guestLayout(cells, true)
  return timelineLayout(cells, table !== undefined) ?? (table === undefined ? guestLayout(cells, false) : undefined)
}

function timelineLayout(cells: readonly string[], chosen: boolean): Found {
  const booking = matchHeaders(cells, BOOKING_HEADERS)
  let columns = matchHeaders(cells, TIMELINE_HEADERS)
  const hasBookingTimes = booking.byField.has('ceremonyStart') || booking.byField.has('receptionStart')
  const hasBoth = hasBookingTimes && (booking.byField.has('receptionStart') || booking.byField.has('receptionEnd'))
  if (hasBookingTimes && (hasBoth || !columns.byField.has('title'))) return { layout: 'booking', columns: booking }

  const notes = columns.byField.get('notes')
  const has = (field: string) => columns.byField.has(field)
  const hasTimes = has('start') || has('duration') || has('end')
  // `Time, Description`: what happens stands in the only column of words.
  if (!has('title') && notes !== undefined && hasTimes) columns = withField(columns, 'title', notes)
  if (has('title') && (hasTimes || chosen)) return { layout: 'timeline', columns }
  // `Time, Ana, Ben`: a column a person, told by a first column of times and names we do not know.
  const named = columns.rest.filter((column) => cells[column] !== '')
  if (columns.byField.get('start') === 0 && named.length > 0) {
    return { layout: 'people-columns', columns: withoutField(columns, 'title') }
  }
  return undefined
}

function guestLayout(cells: readonly string[], chosen: boolean): Found {
  const columns = matchHeaders(cells, GUEST_HEADERS)
  const has = (field: string) => columns.byField.has(field)
  if (!has('name') && !has('firstName') && !has('lastName')) return undefined
  const plain = new Set(cells.map(plainHeader))
  const tells = ['party', 'side', 'rsvpStatus', 'meal', 'dietary', 'allergies', 'tableNumber', 'seat', 'partnerName']
  const isGuestList =
    tells.some(has) ||
    (has('firstName') && has('lastName')) ||
    has('plusOne') ||
    has('accessibility') ||
    plain.has('age')
  if (!chosen && (!isGuestList || matches(cells, TIMELINE_HEADERS, 'start'))) return undefined
  // Without a second person's columns, `guestdietary` is the guest's own diet.
  const hasSecond = has('secondFirstName') || has('secondLastName') || has('secondName')
  const diet = columns.byField.get('secondDiet')
  if (hasSecond || diet === undefined || has('dietary')) return { layout: 'guests', columns }
  return { layout: 'guests', columns: withField(columns, 'dietary', diet) }
}

function matches(cells: readonly string[], aliases: Aliases, field: string): boolean {
  return matchHeaders(cells, aliases).byField.has(field)
}

function whyNoHeader(text: string, table: 'timeline_items' | 'guests' | undefined): string {
  for (const separator of separatorsOf(text)) {
    const head = readRows(text, separator, HEADER_WITHIN_ROWS)
    if (!head.ok) continue
    for (const { cells } of head.value) {
      const headers = new Set(cells.map(plainHeader))
      const other = cells.length > 1 ? OTHER_TABLES.find(({ has }) => has(headers)) : undefined
      if (other !== undefined) return other.reason
    }
  }
  if (table === 'guests') {
    return 'No row names the columns of a guest list; add a first row such as Name, Group, RSVP, Meal, Diet, Table.'
  }
  if (table === 'timeline_items') {
    return 'No row names the columns of a timeline; add a first row such as Time, What, Who, Where, Notes.'
  }
  return (
    'No row names the columns, so this is neither a timeline nor a guest list that can be read; ' +
    'save it as CSV with a first row such as Time, What, Who, Where or Name, Group, RSVP, Diet.'
  )
}
