/** Date cells. A date is `YYYY-MM-DD`; a day number counts days since 1970-01-01, which makes "the day after" a sum. */

const DAY_MS = 86_400_000
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const WEEKDAY = /^(sun|mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?)(day)?\b\.?,?\s*/i

export type DateOrder = 'day-first' | 'month-first'

export type DateReading =
  | { readonly kind: 'date'; readonly date: string }
  /** Both readings are real dates and nothing tells which is meant. */
  | { readonly kind: 'ambiguous'; readonly dayFirst: string; readonly monthFirst: string }
  /** Only a day of the week; `date` is the one nearest to the wedding. */
  | { readonly kind: 'weekday'; readonly date: string }
  | { readonly kind: 'unknown' }

export function dayNumber(date: string): number {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / DAY_MS)
}

export function dateOfDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/**
 * Reads one date cell.
 * @param weddingDate gives the year of `12 June` and the week of `Saturday`
 * @param order       decides between `06/07` and `07/06`, if known
 */
export function readDate(cell: string, weddingDate: string, order?: DateOrder): DateReading {
  const text = cell.trim()
  const withoutWeekday = text.replace(WEEKDAY, '')
  if (withoutWeekday === '') return WEEKDAY.test(text) ? nearestWeekday(text, weddingDate) : { kind: 'unknown' }
  return inDigits(withoutWeekday, order) ?? inWords(withoutWeekday, weddingDate) ?? { kind: 'unknown' }
}

/** The order that a file's own dates prove: `25/06/2027` can only be day first. */
export function provenOrder(cells: Iterable<string>): DateOrder | undefined {
  for (const cell of cells) {
    const match = /^(\d{1,2})[/-](\d{1,2})[/-]\d{2,4}\b/.exec(cell.trim().replace(WEEKDAY, ''))
    if (match === null) continue
    const [first, second] = [Number(match[1]), Number(match[2])]
    if (first > 12 && second <= 12) return 'day-first'
    if (second > 12 && first <= 12) return 'month-first'
  }
  return undefined
}

function inDigits(text: string, order: DateOrder | undefined): DateReading | undefined {
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$/.exec(text)
  if (iso !== null) return dated(iso[1], iso[2], iso[3])
  const local = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text)
  if (local === null) return undefined
  const [, first, mark, second, year] = local
  const dayFirst = dated(year, second, first)
  // Nobody writes dots month first.
  if (mark === '.' || order === 'day-first') return dayFirst
  const monthFirst = dated(year, first, second)
  if (order === 'month-first') return monthFirst
  if (dayFirst.kind !== 'date' || monthFirst.kind !== 'date') return dayFirst.kind === 'date' ? dayFirst : monthFirst
  return dayFirst.date === monthFirst.date
    ? dayFirst
    : { kind: 'ambiguous', dayFirst: dayFirst.date, monthFirst: monthFirst.date }
}

function inWords(text: string, weddingDate: string): DateReading | undefined {
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+([a-z]{3,9})\.?(?:,?[\s-]+(\d{4}|\d{2}))?$/i.exec(text)
  const monthFirst = /^([a-z]{3,9})\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?(?:,?[\s-]+(\d{4}))?$/i.exec(text)
  const [day, word, year] = dayFirst?.slice(1) ?? [monthFirst?.[2], monthFirst?.[1], monthFirst?.[3]]
  if (day === undefined || word === undefined) return undefined
  const month = MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1
  return month === 0 ? undefined : dated(year ?? weddingDate.slice(0, 4), String(month), day)
}

function dated(year: string | undefined, month: string | undefined, day: string | undefined): DateReading {
  const fullYear = year?.length === 2 ? `20${year}` : (year ?? '')
  const date = `${fullYear}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`
  const ms = Date.parse(`${date}T00:00:00Z`)
  // JavaScript takes 31 June for 1 July; a date that does not come back unchanged is no date.
  return Number.isNaN(ms) || dateOfDay(ms / DAY_MS) !== date ? { kind: 'unknown' } : { kind: 'date', date }
}

function nearestWeekday(text: string, weddingDate: string): DateReading {
  const wanted = WEEKDAYS.indexOf(text.slice(0, 3).toLowerCase())
  const wedding = dayNumber(weddingDate)
  const weddingWeekday = new Date(wedding * DAY_MS).getUTCDay()
  const ahead = (wanted - weddingWeekday + 7) % 7
  return { kind: 'weekday', date: dateOfDay(wedding + (ahead > 3 ? ahead - 7 : ahead)) }
}
