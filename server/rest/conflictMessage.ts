/** A conflict in a sentence: `“Ceremony”: Ana set the start to 15:20, Ben to 15:30.` Pure. */
import type { Conflict, ConflictValue } from '../../model/merge/conflicts.ts'
import { unreachable } from '../../model/result.ts'
import type { People } from './people.ts'

export interface Wording {
  readonly people: People
  /** IANA zone of the wedding, in which its times are told. */
  readonly timeZone: string
}

/** @param title what people call the record, if it has a name */
export function conflictMessage(conflict: Conflict, title: string | undefined, wording: Wording): string {
  const subject = title === undefined ? `a record in ${plainWords(conflict.table)}` : `“${title}”`
  switch (conflict.type) {
    case 'delete_conflict': {
      const [kept, deleted] = conflict.values
      const who = deleted ? nameOf(deleted, wording) : undefined
      const other = kept ? nameOf(kept, wording) : undefined
      return `${who ?? 'Somebody'} deleted ${subject} while ${other ?? 'somebody else'} changed it.`
    }
    case 'concurrent_edit': {
      const [field = ''] = conflict.fields
      return `${subject}: ${choices(conflict.values, labelOf(field), wording)}.`
    }
    default:
      return unreachable(conflict.type)
  }
}

/** The settled form: who decided for what. */
export function decisionMessage(
  decision: ConflictValue,
  title: string | undefined,
  table: string,
  wording: Wording,
): string {
  const subject = title === undefined ? `a record in ${plainWords(table)}` : `“${title}”`
  const who = nameOf(decision, wording) ?? 'Somebody'
  if (decision.field === '$deleted')
    return `${who} decided to ${decision.value === true ? 'delete' : 'keep'} ${subject}.`
  const value = showValue(decision.value, { timeZone: wording.timeZone, withDay: true })
  return `${subject}: ${who} settled the ${labelOf(decision.field)} as ${value}.`
}

function choices(values: readonly ConflictValue[], label: string, wording: Wording): string {
  const days = new Set(values.map(({ value }) => (isTime(value) ? dayOf(value, wording.timeZone) : '')))
  const style = { timeZone: wording.timeZone, withDay: days.size > 1 }
  return values
    .map((each, index) => {
      const who = nameOf(each, wording)
      const shown = showValue(each.value, style)
      if (index === 0) return `${who ?? 'Somebody'} set the ${label} to ${shown}`
      return `${who ?? 'somebody else'} to ${shown}`
    })
    .join(', ')
}

function nameOf({ edit }: ConflictValue, { people }: Wording): string | undefined {
  return people.get(edit.actor)?.name
}

const LABELS: Readonly<Record<string, string>> = {
  startTime: 'start',
  endTime: 'end',
  rsvpStatus: 'reply',
  dietary: 'dietary needs',
  actual: 'actual cost',
  estimated: 'estimated cost',
}

function labelOf(field: string): string {
  return Object.hasOwn(LABELS, field) ? (LABELS[field] ?? field) : plainWords(field)
}

/** `ceremonyVenue` → `ceremony venue`, `timeline_items` → `timeline items`. */
function plainWords(name: string): string {
  return name.replaceAll('_', ' ').replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

interface Style {
  readonly timeZone: string
  readonly withDay: boolean
}

const MAX_SHOWN_CHARS = 80

function showValue(value: unknown, style: Style): string {
  if (value === null || value === undefined || value === '') return 'nothing'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (isTime(value)) return showTime(value, style)
  if (Array.isArray(value)) return shorten(value.map((member) => showValue(member, style)).join(', '))
  if (typeof value !== 'object') return shorten(String(value))
  if ('$sealed' in value) return 'a sealed value'
  if ('name' in value && typeof value.name === 'string') return shorten(value.name)
  return shorten(JSON.stringify(value))
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text
}

const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/

function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value))
}

function showTime(time: string, { timeZone, withDay }: Style): string {
  const clock = formatter(timeZone, { hour: '2-digit', minute: '2-digit' }).format(new Date(time))
  return withDay ? `${clock} on ${dayOf(time, timeZone)}` : clock
}

function dayOf(time: string, timeZone: string): string {
  return formatter(timeZone, { day: 'numeric', month: 'long' }).format(new Date(time))
}

function formatter(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone })
  } catch (error) {
    // A peer may know zones that this runtime does not.
    if (error instanceof RangeError) return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
    throw error
  }
}
