/** The record of twelve fields that the merge core and its peers are measured on, and what people do to it. */
import { toBase64Url } from '../../model/bytes.ts'
import { createClock } from '../../model/merge/clock.ts'
import { type Author, createRecord, editRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'

export type Value = string | number | boolean
export type Fields = Readonly<Record<string, Value>>

export const FIELDS: Fields = {
  title: 'Ceremony in the orchard',
  startTime: '2027-06-12T14:00:00.000Z',
  endTime: '2027-06-12T14:45:00.000Z',
  durationMin: 45,
  location: 'Orchard, under the old pear tree',
  status: 'confirmed',
  category: 'ceremony',
  priority: 'critical',
  section: 'Ceremony',
  rank: '00k',
  fixed: true,
  originalTime: '3pm',
}

/** Concurrent edits: two of different fields, and one of the same field as the first. */
export const EDITS = {
  title: { title: 'Ceremony' },
  start: { startTime: '2027-06-12T14:20:00.000Z' },
  sameTitle: { title: 'Blessing' },
} as const

/** What device `n` changes, one field each. Not longer than what it replaces, so that sizes compare the bookkeeping. */
export function editBy(n: number): Fields {
  const [name = '', before = ''] = Object.entries(FIELDS)[n % Object.keys(FIELDS).length] ?? []
  return { [name]: typeof before === 'string' ? before.toUpperCase() : before === true ? n % 2 === 0 : n }
}

const clock = createClock(Date.now)

/** Somebody on a device of their own. */
export function newAuthor(): Author {
  return { actor: toBase64Url(crypto.getRandomValues(new Uint8Array(8))), stamp: clock.next() }
}

export function newRecord(author: Author = newAuthor()): CausalRecord {
  return createRecord(
    { id: crypto.randomUUID(), scope: crypto.randomUUID(), table: 'timeline_items', data: FIELDS },
    author,
  )
}

/** Made on one device, then edited by it and by others, each of which has seen the edits before. */
export function recordEditedBy(devices: number): CausalRecord {
  const first = newAuthor()
  let record = newRecord(first)
  for (let n = 0; n < devices; n++) {
    const author = n === 0 ? { ...first, stamp: clock.next() } : newAuthor()
    record = editRecord(record, editBy(n), author)
  }
  return record
}

/**
 * The row in which a database without merging would hold the same: who it belongs to, who made and changed it when, on
 * what device, and the data.
 */
export function plainRow(data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    id: crypto.randomUUID(),
    wedding_id: crypto.randomUUID(),
    user_id: crypto.randomUUID(),
    version: 6,
    created_at: '2027-06-12T08:00:00.000Z',
    updated_at: '2027-06-12T09:30:00.000Z',
    updated_by: crypto.randomUUID(),
    device_id: crypto.randomUUID(),
    table: 'timeline_items',
    data,
  })
}
