/** Fields and values in plain English, times as a clock at the wedding shows them. Pure. */
import { fieldOf, tableNamed } from '../tables/index.ts'

const LABELS: Readonly<Record<string, string>> = {
  startTime: 'start',
  endTime: 'end',
  location: 'place',
  rsvpStatus: 'reply',
  dietary: 'dietary needs',
  actual: 'actual cost',
  estimated: 'estimated cost',
  invitedBy: 'name of who invites',
  plan: 'plan for the weather',
  dueDate: 'due date',
  arriveAt: 'arrival',
  departAt: 'departure',
  tableNumber: 'table',
}

/** `startTime` is "start"; a field without a word of its own is its name, spaced out. */
export function labelOf(field: string): string {
  return Object.hasOwn(LABELS, field) ? (LABELS[field] ?? field) : plainWords(field)
}

/** `ceremonyVenue` → `ceremony venue`, `timeline_items` → `timeline items`. */
export function plainWords(name: string): string {
  return name.replaceAll('_', ' ').replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** Where and how a value is told. */
export interface Telling {
  readonly table: string
  readonly field: string
  readonly timeZone: string | undefined
}

/**
 * Each value in words, all in the same manner: with the day where they fall on different ones, and of places with parts
 * those parts in which they differ.
 */
export function tellValues(values: readonly unknown[], telling: Telling): readonly string[] {
  const days = new Set(values.filter(isTime).map((value) => dayOf(value, telling.timeZone)))
  const withDay = days.size > 1
  const told = values.map((value) => tellValue(value, telling, withDay))
  const isClear = new Set(told).size === told.length
  return isClear || !values.every(isPlace) ? told : values.map((place) => tellDifference(place, values, telling))
}

const MAX_SHOWN_CHARS = 80

export function tellValue(value: unknown, telling: Telling, withDay = false): string {
  if (value === null || value === undefined || value === '') return 'nothing'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return isMoney(telling) ? value.toLocaleString('en-GB') : String(value)
  if (isTime(value)) {
    const clock = formatted(value, telling.timeZone, { hour: '2-digit', minute: '2-digit' })
    return withDay ? `${clock} on ${dayOf(value, telling.timeZone)}` : clock
  }
  if (typeof value === 'string') return DATE.test(value) ? dateWords(value) : shorten(value)
  if (Array.isArray(value)) return shorten(value.map((member) => tellValue(member, telling)).join(', ')) || 'nothing'
  if (!isPlace(value)) return String(value)
  if ('$sealed' in value) return 'a sealed value'
  if (typeof value.name === 'string' && value.name !== '') return shorten(value.name)
  return tellDifference(value, [{}], telling)
}

type Place = Readonly<Record<string, unknown>>

function isPlace(value: unknown): value is Place {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function tellDifference(place: Place, all: readonly Place[], telling: Telling): string {
  const keys = [...new Set([place, ...all].flatMap((each) => Object.keys(each)))].sort()
  const different = keys.filter((key) => all.some((each) => JSON.stringify(each[key]) !== JSON.stringify(place[key])))
  return shorten(different.map((key) => `${labelOf(key)} ${tellValue(place[key], telling)}`).join(', ')) || 'nothing'
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text
}

function isMoney({ table, field }: Telling): boolean {
  return fieldOf(tableNamed(table), field).readClass === 'money'
}

const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/
const DATE = /^\d{4}-\d{2}-\d{2}$/

export function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value))
}

function dateWords(date: string): string {
  return formatted(`${date}T00:00:00Z`, 'UTC', { day: 'numeric', month: 'long', year: 'numeric' })
}

function dayOf(time: string, timeZone: string | undefined): string {
  return formatted(time, timeZone, { day: 'numeric', month: 'long' })
}

function formatted(time: string, timeZone: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return time
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: timeZone ?? 'UTC' }).format(at)
  } catch (error) {
    // A peer may know zones that this runtime does not.
    if (error instanceof RangeError) return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(at)
    throw error
  }
}

const MINUTES_PER_HOUR = 60

/** `15 minutes`, `1 hour`, `1 hour 20 minutes`. */
export function durationWords(minutes: number): string {
  const hours = Math.floor(minutes / MINUTES_PER_HOUR)
  const rest = Math.round(minutes - hours * MINUTES_PER_HOUR)
  const parts = [...(hours > 0 ? [counted(hours, 'hour')] : []), ...(rest > 0 ? [counted(rest, 'minute')] : [])]
  return parts.join(' ') || 'nothing'
}

/** `1 item`, `7 items`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `Ana`, `Ana and Ben`, `Ana, Ben and Cleo`. */
export function listed(words: readonly string[]): string {
  const [last = '', ...before] = words.toReversed()
  return before.length === 0 ? last : `${before.toReversed().join(', ')} and ${last}`
}
