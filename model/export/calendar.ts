/**
 * The plan of the day as a calendar (RFC 5545): an event for each item that has a time, in UTC. What is internal stays out
 * of it, since calendars are passed around.
 */
import type { RecordRow } from '../rest/records.ts'
import { contentLines, escapeText, type Property } from './contentLines.ts'
import type { Wedding, Written } from './index.ts'

const STATUS: Readonly<Record<string, string>> = { cancelled: 'CANCELLED', confirmed: 'CONFIRMED' }

export function calendar(
  records: readonly RecordRow[],
  { name }: Wedding,
): { readonly text: string; readonly written: readonly Written[] } {
  const items = records.filter(({ table }) => table === 'timeline_items')
  const written = items.map(eventOf)
  const head: readonly Property[] = [
    ['BEGIN', 'VCALENDAR'],
    ['VERSION', '2.0'],
    ['PRODID', '-//WedSync//WedSync Hub//EN'],
    ['X-WR-CALNAME', escapeText(name)],
  ]
  const events = written.map((each) => ('text' in each ? each.text : '')).join('')
  return { text: `${contentLines(head)}${events}${contentLines([['END', 'VCALENDAR']])}`, written }
}

function eventOf({ table, id, data, updatedAt }: RecordRow): Written {
  const start = utc(data.startTime)
  if (start === '') return { left: { table, id, reason: 'it has no start time' } }
  const end = utc(data.endTime)
  const minutes = typeof data.durationMin === 'number' && end === '' ? `PT${Math.round(data.durationMin)}M` : ''
  const people = listOf(data.people)
  const description = [data.description, data.notes, people.length > 0 ? `With: ${people.join(', ')}` : undefined]
  const text = contentLines([
    ['BEGIN', 'VEVENT'],
    ['UID', id],
    ['DTSTAMP', utc(updatedAt)],
    ['DTSTART', start],
    ['DTEND', end],
    ['DURATION', minutes],
    ['SUMMARY', words(data.title)],
    ['LOCATION', words(data.location)],
    ['DESCRIPTION', escapeText(description.filter((each) => typeof each === 'string' && each !== '').join('\n\n'))],
    ['STATUS', STATUS[String(data.status)] ?? ''],
    ['CATEGORIES', [...listOf(data.category), ...listOf(data.tags)].map(escapeText).join(',')],
    ['END', 'VEVENT'],
  ])
  return { text }
}

function words(value: unknown): string {
  return typeof value === 'string' ? escapeText(value) : ''
}

function listOf(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  return list.filter((each) => typeof each === 'string' && each !== '')
}

/** `20270612T143000Z`; empty if it is no time. */
function utc(value: unknown): string {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}
