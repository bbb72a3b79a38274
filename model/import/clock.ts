/**
 * Time cells as people type them: `2:30pm`, `14h30`, `8-9am`, `1pm ish`, `Midnight`, `0.6041666667`. A reading stays as
 * uncertain as the cell was: `4:30` is morning or afternoon until the rest of the list decides (`dayWalk.ts`).
 */

export const DAY_MIN = 1440
const HALF_DAY_MIN = 720

/** A time on the clock face. */
export interface Clock {
  /** Minutes after midnight, 0–1439; for a `bare` one, of the morning reading. */
  readonly minutes: number
  /**
   * - `meridiem`: am or pm is written, or it is a word (noon)
   * - `24h`: can only be a 24-hour time (`14:30`, `09:00`)
   * - `bare`: `4:30`, which may be either
   */
  readonly form: 'meridiem' | '24h' | 'bare'
}

export type TimeReading =
  | { readonly kind: 'blank' }
  /** No time in it (`TBC`, `After ceremony`); the row keeps its place in the list. */
  | { readonly kind: 'words' }
  | {
      readonly kind: 'clock'
      readonly start: Clock
      readonly end?: Clock
      readonly approximate: boolean
      /** The text of a date written in the same cell. */
      readonly date?: string
      /** `+1` or `next day` is written. */
      readonly nextDay: boolean
    }
  /** A full date-time with a zone, already in UTC. */
  | { readonly kind: 'instant'; readonly iso: string }

const APPROXIMATE_BEFORE = /^(~|≈|approx(imately)?\.?|about|around|circa|ca\.?|c\.|abt\.?|by)\s*(?=\d|noon|mid)/i
const APPROXIMATE_AFTER = /(\s*-?ish|\s*\?|\s*\(?(tbc|approx(imately)?\.?|or so)\)?)$/i
const NEXT_DAY = /\s*\(?(\+\s?1( ?d(ay)?)?|next day)\)?$/i
const RANGE = /\s*(?:[-–—→]+>?|\bto\b|\buntil\b|\btill?\b)\s*/i

/** Reads a time cell: one time, or a range. */
export function readTime(cell: string): TimeReading {
  let text = cell.trim()
  if (text === '') return { kind: 'blank' }
  const instant = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(instant)) return { kind: 'instant', iso: new Date(instant).toISOString().replace('.000Z', 'Z') }

  const dated = /^(\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{2,4})(?:T|,?\s+)(.+)$/.exec(text)
  if (dated !== null) text = dated[2] ?? ''
  const nextDay = NEXT_DAY.test(text)
  text = text.replace(NEXT_DAY, '')
  const approximate = APPROXIMATE_BEFORE.test(text) || APPROXIMATE_AFTER.test(text)
  text = text.replace(APPROXIMATE_BEFORE, '').replace(APPROXIMATE_AFTER, '')
  text = text
    .replace(/\s*\([^)]*\)$/, '') // a remark, as in `14:30 (sharp)`
    .replace(/\s+sharp$/i, '')
    .replace(/^(from|at|@)\s*/i, '')
    .replace(/\s*[-–—]$/, '')

  const clocks = clocksIn(text)
  if (clocks === undefined) return { kind: 'words' }
  const date = dated?.[1]
  return { kind: 'clock', ...clocks, approximate, nextDay, ...(date === undefined ? {} : { date }) }
}

/** Both readings of a clock in minutes after midnight: one if it is certain, morning then afternoon if it is not. */
export function choices(clock: Clock): readonly number[] {
  return clock.form === 'bare' ? [clock.minutes, clock.minutes + HALF_DAY_MIN] : [clock.minutes]
}

/** `HH:MM`, for sentences; minutes past the day's end come round again. */
export function clockText(minutes: number): string {
  const inDay = ((minutes % DAY_MIN) + DAY_MIN) % DAY_MIN
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`
}

/** Minutes of `45`, `45 min`, `1h30`, `1:30`, `1.5 hours`, `2 hrs 15`; undefined if it is none of these. */
export function readDuration(cell: string): number | undefined {
  const text = cell.trim().toLowerCase().replace(',', '.')
  const minutes = /^(\d+(?:\.\d+)?)\s*(?:m|mins?\.?|minutes?|')?$/.exec(text)
  if (minutes !== null) return Number(minutes[1])
  const hours = /^(\d+(?:\.\d+)?)\s*(?:h|hrs?\.?|hours?)(?:\s*(?:and\s*)?(\d{1,2})\s*(?:m|mins?\.?|minutes?)?)?$/.exec(
    text,
  )
  if (hours !== null) return Math.round(Number(hours[1]) * 60 + Number(hours[2] ?? 0))
  const clock = /^(\d{1,2}):(\d{2})(?::00)?$/.exec(text)
  return clock === null ? undefined : Number(clock[1]) * 60 + Number(clock[2])
}

function clocksIn(text: string): { start: Clock; end?: Clock } | undefined {
  const alone = clockIn(text)
  if (alone !== undefined) return { start: alone }
  const sides = text.split(RANGE)
  if (sides.length !== 2) return undefined
  const start = clockIn(sides[0] ?? '')
  const end = clockIn(sides[1] ?? '')
  if (start === undefined || end === undefined) return undefined
  if (start.form === 'bare' && end.form === 'meridiem') return { start: startBefore(start, end), end }
  if (start.form === 'meridiem' && end.form === 'bare') return { start, end: endAfter(start, end) }
  return { start, end }
}

/** A lone am or pm covers both sides, unless the range would then run backwards: `8-9am`, but `11-1pm` begins at 11am. */
function startBefore(start: Clock, end: Clock): Clock {
  const [morning = 0, afternoon = 0] = choices(start)
  const endMinutes = end.minutes === 0 ? DAY_MIN : end.minutes
  const [same, other] = endMinutes >= HALF_DAY_MIN ? [afternoon, morning] : [morning, afternoon]
  return { minutes: same < endMinutes ? same : other, form: 'meridiem' }
}

function endAfter(start: Clock, end: Clock): Clock {
  const [morning = 0, afternoon = 0] = choices(end)
  const [same, other] = start.minutes >= HALF_DAY_MIN ? [afternoon, morning] : [morning, afternoon]
  return { minutes: same > start.minutes ? same : other, form: 'meridiem' }
}

function clockIn(raw: string): Clock | undefined {
  const text = raw.trim().toLowerCase()
  if (/^(12\s*)?(noon|midday)$/.test(text)) return { minutes: HALF_DAY_MIN, form: 'meridiem' }
  if (/^(12\s*)?midnight$/.test(text)) return { minutes: 0, form: 'meridiem' }
  // Excel's fraction of a day never ends in 0, so `0.30` is half past midnight and `0.3125` is 07:30.
  if (/^0?[.,]\d*[1-9]$/.test(text) && Number(text.replace(',', '.')) < 1) {
    return { minutes: Math.round(Number(text.replace(',', '.')) * DAY_MIN) % DAY_MIN, form: '24h' }
  }
  const match =
    /^(\d{1,2})(?:([:.h])(\d{2})(?::\d{2}(?:\.\d+)?)?)?\s*(a\.?m\.?|p\.?m\.?|o'?clock|h(?:rs?|ours)?|uhr)?$/.exec(
      text,
    ) ?? /^(\d{1,2})()(\d{2})\s*(a\.?m\.?|p\.?m\.?|h(?:rs?|ours)?|uhr)?$/.exec(text)
  if (match === null) return undefined
  const [, hourText = '', mark, minuteText = '0', suffix = ''] = match
  return clockOf(hourText, Number(minuteText), mark, suffix)
}

function clockOf(hourText: string, minute: number, mark: string | undefined, suffix: string): Clock | undefined {
  const hour = Number(hourText)
  if (minute > 59 || hour > 24 || (hour === 24 && minute > 0)) return undefined
  const isPm = suffix.startsWith('p')
  if (isPm || suffix.startsWith('a')) {
    // `14:30 pm` is a slip that leaves no doubt; `14:30 am` is one that does.
    if (hour > 12) return isPm ? { minutes: (hour % 24) * 60 + minute, form: 'meridiem' } : undefined
    return { minutes: ((hour % 12) + (isPm ? 12 : 0)) * 60 + minute, form: 'meridiem' }
  }
  const fourDigits = mark === '' && hourText.length === 2
  const hours24 = mark === 'h' || suffix.startsWith('h') || suffix === 'uhr'
  const leadingZero = hourText.length === 2 && hourText.startsWith('0')
  if (hour === 0 || hour > 12 || fourDigits || hours24 || leadingZero) {
    return { minutes: (hour % 24) * 60 + minute, form: '24h' }
  }
  return { minutes: (hour % 12) * 60 + minute, form: 'bare' }
}
