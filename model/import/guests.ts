/** Guest lists: one row a guest, or a guest and the one they bring. */
import { type Candidate, collector } from './collector.ts'
import type { SheetRow } from './csv.ts'
import { readDiet } from './diets.ts'
import { namesIn, type PersonName } from './guestNames.ts'
import { idMaker } from './ids.ts'
import { listIn } from './lists.ts'
import { type Draft, keepInNotes, newDraft, put } from './notes.ts'
import { widthCheck } from './rowWidth.ts'
import type { Sheet } from './sheet.ts'
import { columnsOf } from './timeline.ts'
import { addTag, readFlag } from './timelineFields.ts'
import type { ImportReading, ImportTarget } from './types.ts'

const GUEST_TABLE = 'guests'

const RSVP: readonly (readonly [RegExp, string])[] = [
  [/^(no|n|false|0|declined?|declines|regrets?|not (attending|coming)|can'?t (come|attend)|absent)$/i, 'declined'],
  [/^(yes|y|true|1|x|✓|✔|confirmed|attending|attends|accepted|accepts?|coming|going|joyfully accepts)$/i, 'attending'],
  [/^(maybe|tentative|unsure|perhaps|\?)$/i, 'maybe'],
  [
    /^(pending|invited|sent|awaiting.*|waiting|no (reply|response|answer)( yet)?|not yet|unknown|open|tbc)$/i,
    'pending',
  ],
]

/** Reads a guest list. Every row below the header is a guest or two, a heading, or refused. */
export function readGuests(sheet: Sheet, target: ImportTarget): ImportReading {
  const into = collector(GUEST_TABLE, idMaker(target.weddingId, GUEST_TABLE))
  const check = widthCheck(sheet)
  const namesById = guestIds(sheet)
  const linesByKey = new Map<string, number>()
  let heading = ''
  for (const row of sheet.rows) {
    if (row.cells.join() === sheet.header.cells.join()) continue // a header repeated on each printed page
    if (isHeading(sheet, row)) {
      heading = (row.cells[0] ?? '').replace(/:$/, '')
      into.warn(row.line, `"${heading}" was taken as a heading, not as a guest.`)
      continue
    }
    const { refusal, warning } = check(row)
    if (refusal !== undefined) {
      into.refuse(row, refusal)
      continue
    }
    const candidates = guestsOf(sheet, row, heading, namesById)
    if (candidates.length === 0) {
      into.refuse(row, 'The row names no guest; fill in a name and import it again.')
      continue
    }
    if (warning !== undefined) into.warn(row.line, warning)
    for (const { key } of candidates) {
      const plain = key.join('|').toLowerCase()
      const first = linesByKey.get(plain)
      if (first === undefined) linesByKey.set(plain, row.line)
      else
        into.warn(row.line, `"${key[0]}" stands in line ${first} too; both were kept. Check that they are two people.`)
    }
    into.take(row, candidates)
  }
  return into.reading('csv', columnsOf(sheet))
}

function guestsOf(sheet: Sheet, row: SheetRow, heading: string, namesById: ReadonlyMap<string, string>): Candidate[] {
  const cell = (field: string) => cellOf(sheet, row, field)
  const { people, wasSplit } = namesIn({
    name: cell('name'),
    firstName: cell('firstName'),
    lastName: cell('lastName'),
    honorific: cell('honorific'),
    secondName: cell('secondName'),
    secondFirstName: cell('secondFirstName'),
    secondLastName: cell('secondLastName'),
  })
  return people.map((person) => {
    const draft = newDraft()
    putPerson(draft, person, people)
    putCommon(draft, sheet, row, heading)
    // Two names in one cell: nobody knows whose the allergy is, so both have it until a person decides.
    const ownsCells = !person.isSecond || wasSplit
    putDiet(draft, sheet, row, ownsCells ? 'first' : 'second')
    if (ownsCells) putOwn(draft, sheet, row, namesById)
    if (person.isSecond) draft.data.plusOne = true
    if (wasSplit) {
      const given = cell('name') === '' ? cell('firstName') : cell('name')
      draft.notes.push(`Name as given: ${given}`)
      draft.warnings.push(`"${given}" was split into two guests with the same diet and answers. Check both.`)
    }
    return { draft, key: [person.name, String(draft.data.party ?? '')] }
  })
}

function putPerson(draft: Draft, person: PersonName, people: readonly PersonName[]): void {
  put(draft, 'name', person.name)
  put(draft, 'firstName', person.firstName)
  put(draft, 'lastName', person.lastName)
  put(draft, 'partnerName', people.find((other) => other !== person)?.name)
}

/** What two people of one row share. */
function putCommon(draft: Draft, sheet: Sheet, row: SheetRow, heading: string): void {
  const cell = (field: string) => cellOf(sheet, row, field)
  const tableHeading = /^table\b/i.test(heading)
  const party = cell('party').startsWith('[') ? listIn(cell('party')).join('; ') : cell('party')
  put(draft, 'party', party === '' && !tableHeading ? heading : party)
  put(draft, 'side', cell('side'))
  put(draft, 'tableNumber', tableNamed(cell('tableNumber') === '' && tableHeading ? heading : cell('tableNumber')))
  const answer = cell('rsvpStatus')
  const rsvp = RSVP.find(([pattern]) => pattern.test(answer))?.[1]
  put(draft, 'rsvpStatus', rsvp)
  if (rsvp === undefined && answer !== '') {
    keepInNotes(draft, headerOf(sheet, 'rsvpStatus'), answer)
    draft.warnings.push(`The answer "${answer}" is neither yes, no, maybe nor pending; it is in the notes.`)
  }
}

function putDiet(draft: Draft, sheet: Sheet, row: SheetRow, whose: 'first' | 'second'): void {
  const cell = (field: string) => cellOf(sheet, row, field)
  const cells =
    whose === 'first'
      ? { meal: cell('meal'), dietary: cell('dietary'), allergies: cell('allergies') }
      : { meal: '', dietary: cell('secondDiet'), allergies: '' }
  const diet = readDiet(cells)
  put(draft, 'meal', diet.meal)
  put(draft, 'dietary', diet.dietary)
  put(draft, 'allergies', diet.allergies)
  draft.warnings.push(...diet.warnings)
  // A cell that was taken apart is kept as it was, because a misread allergy does harm.
  if (cells.dietary !== '' && diet.dietary !== cells.dietary) keepInNotes(draft, 'Diet as given', cells.dietary)
  if (cells.allergies !== '' && diet.allergies?.join() !== cells.allergies && diet.dietary !== cells.allergies) {
    keepInNotes(draft, headerOf(sheet, 'allergies'), cells.allergies)
  }
}

/** What belongs to the row's own guest, and not to the one they bring. */
function putOwn(draft: Draft, sheet: Sheet, row: SheetRow, namesById: ReadonlyMap<string, string>): void {
  const cell = (field: string) => cellOf(sheet, row, field)
  for (const field of ['email', 'phone', 'address', 'ageGroup']) put(draft, field, cell(field))
  put(draft, 'seat', /^\d+$/.test(cell('seat')) ? Number(cell('seat')) : cell('seat'))
  for (const tag of cell('tags') === '' ? [] : listIn(cell('tags'))) addTag(draft, tag)
  if (cell('honorific') !== '') keepInNotes(draft, headerOf(sheet, 'honorific'), cell('honorific'))
  const partner = cell('partnerName')
  if (partner !== '') put(draft, 'partnerName', namesById.get(partner) ?? partner)
  putPlusOne(draft, headerOf(sheet, 'plusOne'), cell('plusOne'))

  const access = cell('accessibility')
  // "needs_accommodation: true" may mean a ramp or a hotel room; a bare yes keeps its header to say which.
  if (readFlag(access) === undefined) put(draft, 'accessibility', access)
  else keepInNotes(draft, headerOf(sheet, 'accessibility'), access)

  if (cell('notes') !== '') draft.notes.push(cell('notes'))
  const known = cell('id') === '' ? [] : [sheet.columns.byField.get('id') ?? -1]
  for (const column of [...known, ...sheet.columns.rest]) {
    keepInNotes(draft, sheet.columns.headers[column] ?? '', row.cells[column] ?? '')
  }
}

function putPlusOne(draft: Draft, header: string, cell: string): void {
  if (cell === '') return
  const flag = readFlag(cell)
  if (flag !== undefined) draft.data.plusOne = flag
  else if (/^\d+$/.test(cell)) {
    draft.data.plusOne = true
    keepInNotes(draft, header, cell)
  } else draft.data.plusOne = cell
}

/** `7` and `Table 7` are table 7; `Head Table` is a name. */
function tableNamed(cell: string): number | string {
  const number = /^(?:table|tbl\.?|no\.?|#)?\s*(\d{1,4})$/i.exec(cell)?.[1]
  return number === undefined ? cell : Number(number)
}

/**
 * In a list that begins with the name, a name with nothing beside it is a guest of whom nothing is known yet; only a
 * colon, or "Table 4", makes it a heading.
 */
function isHeading(sheet: Sheet, row: SheetRow): boolean {
  const [first = '', ...others] = row.cells
  if (first === '' || others.some((cell) => cell !== '')) return false
  const { byField } = sheet.columns
  const isNameColumn = [byField.get('name'), byField.get('firstName'), byField.get('lastName')].includes(0)
  return !isNameColumn || /:$/.test(first) || /^table\s+\S+$/i.test(first)
}

function guestIds(sheet: Sheet): Map<string, string> {
  const names = sheet.rows.map((row): [string, string] => {
    const full = [cellOf(sheet, row, 'firstName'), cellOf(sheet, row, 'lastName')]
      .filter((part) => part !== '')
      .join(' ')
    return [cellOf(sheet, row, 'id'), cellOf(sheet, row, 'name') || full]
  })
  return new Map(names.filter(([id, name]) => id !== '' && name !== ''))
}

function cellOf(sheet: Sheet, row: SheetRow, field: string): string {
  return row.cells[sheet.columns.byField.get(field) ?? -1] ?? ''
}

function headerOf(sheet: Sheet, field: string): string {
  return sheet.columns.headers[sheet.columns.byField.get(field) ?? -1] ?? field
}
