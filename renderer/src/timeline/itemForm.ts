/** The form of an item, and what a person changed in it. Pure. */
import { ok, type Result } from '../../../model/result.ts'
import { strings } from '../data/read.ts'
import { planTimes, type TimesError, type TimesForm, timesForm } from '../time/retime.ts'

export type Data = Readonly<Record<string, unknown>>

export interface ItemForm extends TimesForm {
  readonly title: string
  readonly location: string
  readonly section: string
  /** Names, separated by commas. */
  readonly people: string
  readonly notes: string
  readonly description: string
  readonly cancelled: boolean
}

const TEXTS = ['title', 'location', 'section', 'notes', 'description'] as const

/** What the form shows for a record; for a new item, of empty data. */
export function itemForm(data: Data, zone: string, weddingDate: string): ItemForm {
  return {
    ...timesForm(data, zone, weddingDate),
    title: textOf(data.title),
    location: textOf(data.location),
    section: textOf(data.section),
    notes: textOf(data.notes),
    description: textOf(data.description),
    people: strings(data.people).join(', '),
    cancelled: data.status === 'cancelled',
  }
}

/**
 * Only the fields that the person changed: a field that they merely looked at must not overwrite, or settle, what
 * somebody else wrote.
 */
export function itemChanges(
  before: Data,
  shown: ItemForm,
  form: ItemForm,
  zone: string,
): Result<Record<string, unknown>, TimesError> {
  const times = planTimes(before, form, zone)
  if (!times.ok) return times
  const changes: Record<string, unknown> = { ...times.value }
  for (const field of TEXTS) {
    if (form[field] !== shown[field]) changes[field] = form[field].trim() === '' ? null : form[field].trim()
  }
  if (form.people !== shown.people) changes.people = namesIn(form.people)
  if (form.cancelled !== shown.cancelled) changes.status = form.cancelled ? 'cancelled' : 'pending'
  return ok(changes)
}

/** A new record needs no nulls and no empty lists. */
export function withoutEmpty(data: Data): Data {
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  )
}

/** `Rita, Tom ,` is Rita and Tom. */
export function namesIn(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
