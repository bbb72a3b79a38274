/** Conflicts in words. Pure. */

import type { EntryValue, Part, Writer } from '../../../model/conflicts/entry.ts'
import type { Conflict, Severity } from '../../../model/merge/conflicts.ts'
import { DELETED } from '../../../model/merge/registers.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { dateWords, instantMs, localDate, timeWords } from '../time/local.ts'

const FIELDS: Readonly<Record<string, string>> = {
  startTime: 'Start',
  endTime: 'End',
  location: 'Place',
  backupLocation: 'Place if it rains',
  date: 'Date',
  venue: 'Venue',
  ceremonyVenue: 'Ceremony venue',
  plan: 'Plan for the weather',
  dueDate: 'Due date',
  rsvpStatus: 'Answer to the invitation',
  invitedBy: 'Invited by',
  dietary: 'Diet',
  $deleted: 'Deleted or kept',
}

/** `startTime` is Start; a field without a word of its own is its name, spaced out. */
export function fieldWords(field: string): string {
  const known = FIELDS[field]
  if (known !== undefined) return known
  const spaced = field.replace(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

const TABLES: Readonly<Record<string, string>> = {
  weddings: 'Wedding',
  timeline_items: 'Timeline',
  photo_groups: 'Shot list',
  photo_group_members: 'Shot list',
  guests: 'Guests',
  vendors: 'Vendors',
  vendor_contacts: 'Vendor contacts',
  tasks: 'Tasks',
  client_notes: 'Notes',
}

export function tableWords(table: string): string {
  return TABLES[table] ?? fieldWords(table.replaceAll('_', ' '))
}

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  critical: 'Urgent',
  high: 'Important',
  medium: 'Soon',
  low: 'When there is time',
}

/** What the record is called. */
export function recordName({ title, record }: Pick<Part, 'title' | 'record'>): string {
  const named = [title, viewRecord(record).data.content].find((value) => typeof value === 'string' && value !== '')
  return typeof named === 'string' ? named.slice(0, 100) : 'An item without a name'
}

export interface Place {
  readonly zone: string
  readonly date: string
}

/** Both values as a person reads them. */
export function valueWords({ conflict }: { readonly conflict: Conflict }, place: Place): readonly string[] {
  const values = conflict.values.map(({ value }) => value)
  return wordsOf(conflict.type === 'delete_conflict' ? DELETED : conflict.fields[0], values, place)
}

/** Values of one field: times as a clock shows them, with the day only where it matters. */
export function wordsOf(
  field: string | undefined,
  values: readonly unknown[],
  { zone, date }: Place,
): readonly string[] {
  if (field === DELETED) return values.map((value) => (value ? 'deleted' : 'kept'))
  const days = new Set(values.map((value) => dayOf(value, zone)).filter((day) => day !== undefined))
  const [only] = days
  const today = days.size === 1 ? only : date
  return values.map((value) => oneValue(value, zone, today))
}

function dayOf(value: unknown, zone: string): string | undefined {
  const ms = instantMs(value)
  return ms === undefined || !isInstant(value) ? undefined : localDate(ms, zone)
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT.+Z$/.test(value)
}

function oneValue(value: unknown, zone: string, today: string | undefined): string {
  if (value === null || value === undefined || value === '') return 'nothing'
  if (typeof value === 'string') {
    const ms = isInstant(value) ? instantMs(value) : undefined
    if (ms !== undefined) return timeWords(ms, zone, today)
    return /^\d{4}-\d\d-\d\d$/.test(value) ? dateWords(value) : value
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(String).join(', ')
  if (typeof value === 'object') {
    const parts = Object.values(value).filter((part) => typeof part === 'string' && part !== '')
    return parts.length === 0 ? 'nothing' : parts.join(', ')
  }
  return String(value)
}

/** `Rita, on Rita's tablet, today at 14:02`, as far as this replica knows. */
export function writerWords(
  { name, deviceName, at }: Pick<Writer, 'name' | 'deviceName' | 'at'>,
  { zone }: Pick<Place, 'zone'>,
  nowMs: number,
): string {
  const ms = instantMs(at)
  const when = ms === undefined ? undefined : timeWords(ms, zone, localDate(nowMs, zone))
  const device = deviceName === undefined ? '' : `, on ${deviceName}`
  if (when === undefined) return `${name ?? 'Somebody'}${device}`
  return `${name ?? 'Somebody'}${device}, ${when.includes(',') ? when : `today at ${when}`}`
}

/** `Mine`, `Hana's`, `Hana's and Piet's`: whose values one side of an action's conflict are. */
export function sideWords(values: readonly EntryValue[], deviceId: string): string {
  if (values.every(({ writer }) => writer.deviceId === deviceId)) return 'Mine'
  return [...new Set(values.map(({ writer }) => `${writer.name ?? 'somebody'}'s`))].join(' and ')
}
