/** Calendars: one event an item. */
import { err, ok, type Result } from '../result.ts'
import { type Candidate, collector } from './collector.ts'
import { type Component, type ContentLine, componentsOf, textList, unescapeText } from './icsLines.ts'
import { spanOf } from './icsTimes.ts'
import { idMaker, rankOf } from './ids.ts'
import { peopleIn } from './lists.ts'
import { type Draft, keepInNotes, newDraft, put } from './notes.ts'
import { withDateWarning } from './timeline.ts'
import { addTag, isPointInTime, TIMELINE_TABLE } from './timelineFields.ts'
import type { ImportReading, ImportTarget } from './types.ts'

/** Lines of an event that are read into fields, or that only programs need. All others are kept in the notes. */
const READ = new Set([
  'SUMMARY',
  'DESCRIPTION',
  'LOCATION',
  'DTSTART',
  'DTEND',
  'DURATION',
  'STATUS',
  'CATEGORIES',
  'UID',
])
const FOR_PROGRAMS = new Set([
  'DTSTAMP',
  'CREATED',
  'LAST-MODIFIED',
  'SEQUENCE',
  'TRANSP',
  'CLASS',
  'PRIORITY',
  'RECURRENCE-ID',
  'EXDATE',
  'ORGANIZER',
  'ATTENDEE',
])
const MAX_REFUSED_TEXT_CHARS = 1000

/** Reads a calendar. Each VEVENT and VTODO counts as a row; zones, alarms and busy times do not. */
export function readCalendar(text: string, target: ImportTarget): ImportReading {
  const into = collector(TIMELINE_TABLE, idMaker(target.weddingId, TIMELINE_TABLE))
  for (const component of componentsOf(text)) {
    const source = { line: component.line, text: component.text.slice(0, MAX_REFUSED_TEXT_CHARS) }
    if (component.name === 'VEVENT') {
      const candidate = candidateOf(component, target.timezone, into.nextRow())
      if (candidate.ok) into.take(source, [candidate.value])
      else into.refuse(source, candidate.error)
    } else if (component.name === 'VTODO' || component.name === 'VJOURNAL') {
      into.refuse(source, 'This is a to-do or a journal entry, not an event; enter it under Tasks by hand.')
    }
  }
  return withDateWarning(into.reading('ics', []), 1, target)
}

/** The item of an event, or a reason to refuse it. */
function candidateOf(event: Component, timezone: string, row: number): Result<Candidate, string> {
  const line = (name: string) => event.lines.find((content) => content.name === name)
  const words = (name: string) => unescapeText(line(name)?.value ?? '')
  const start = line('DTSTART')
  if (!event.isWhole) return err('The file stops in the middle of this event; export the calendar again.')
  if (start === undefined) return err('The event has no start; give it a date and time and export it again.')
  const span = spanOf(start, line('DTEND'), line('DURATION'), timezone)
  if (span === undefined) {
    return err(`The start "${start.value}" is no date or time; correct the event and export it again.`)
  }

  const draft = newDraft()
  draft.warnings.push(...span.warnings)
  putWords(draft, words, line('CLASS')?.value)
  put(draft, 'startTime', span.startTime)
  put(draft, 'endTime', span.endTime)
  put(draft, 'durationMin', span.durationMin)
  put(draft, 'originalTime', originalTime(start, line('DTEND') ?? line('DURATION')))
  draft.data.rank = rankOf(row)
  if (span.isAllDay) addTag(draft, 'all-day')
  putStatus(draft, words('STATUS').toUpperCase())
  const [category, ...others] = event.lines.flatMap(({ name, value }) => (name === 'CATEGORIES' ? textList(value) : []))
  put(draft, 'category', category)
  for (const tag of others) addTag(draft, tag)
  putPeople(draft, event.lines)
  putRepeats(draft, event.lines)
  for (const { name, value } of event.lines) {
    if (READ.has(name) || FOR_PROGRAMS.has(name) || name.startsWith('X-')) continue
    keepInNotes(draft, name, unescapeText(value))
  }
  for (const { text } of event.damaged) {
    draft.notes.push(text.trim())
    draft.warnings.push(`A line of the event cannot be read and is in its notes: "${text.trim().slice(0, 80)}".`)
  }

  const uid = words('UID')
  const key =
    uid === '' ? [start.value, words('SUMMARY'), words('LOCATION')] : ['uid', uid, line('RECURRENCE-ID')?.value ?? '']
  return ok({ draft, key })
}

function putWords(draft: Draft, words: (name: string) => string, privacy: string | undefined): void {
  const title = words('SUMMARY')
  if (title === '') draft.warnings.push('The event has no title; it is called "Untitled event" for now.')
  draft.data.title = title === '' ? 'Untitled event' : title
  put(draft, 'location', words('LOCATION'))
  const description = words('DESCRIPTION')
  const isPrivate = /^(private|confidential)$/i.test(privacy?.trim() ?? '')
  if (description !== '') (isPrivate ? draft.internal : draft.notes).push(description)
  if (isPrivate) {
    draft.warnings.push('The event is marked private: its description went to the internal notes; all else is open.')
  }
  if (isPointInTime(title)) {
    addTag(draft, 'marker')
    draft.data.fixed = true
  }
}

function putStatus(draft: Draft, status: string): void {
  if (status === 'CANCELLED') draft.data.status = 'cancelled'
  else if (status === 'CONFIRMED') draft.data.status = 'confirmed'
  else if (status === 'TENTATIVE') {
    draft.data.status = 'pending'
    addTag(draft, 'tentative')
  } else if (status !== '') keepInNotes(draft, 'STATUS', status)
}

/** Names of those invited; their mail addresses are nobody else's business. */
function putPeople(draft: Draft, lines: readonly ContentLine[]): void {
  const invited = lines.filter(({ name }) => name === 'ATTENDEE' || name === 'ORGANIZER')
  const names = invited.map(({ params }) => params.get('CN')?.trim() ?? '').filter((n) => n !== '' && !n.includes('@'))
  if (names.length > 0) draft.data.people = [...new Set(names.flatMap((name) => peopleIn(name.replace(/,\s*/g, ' '))))]
  for (const { name, value } of invited) {
    const address = value.replace(/^mailto:/i, '').trim()
    if (address !== '') draft.internal.push(`${name}: ${address}`)
  }
}

function putRepeats(draft: Draft, lines: readonly ContentLine[]): void {
  const rule = lines.find(({ name }) => name === 'RRULE' || name === 'RDATE')
  if (rule === undefined) return
  draft.warnings.push(`The event repeats (${rule.value}); only the first time was imported. Add the others by hand.`)
}

function originalTime(start: ContentLine, end: ContentLine | undefined): string {
  const shown = ({ value, params }: ContentLine) => [value.trim(), params.get('TZID') ?? ''].join(' ').trim()
  return end === undefined ? shown(start) : `${shown(start)} – ${shown(end)}`
}
