import { type DayItem, dayItem } from '../../../model/timeline/dayItem.ts'
import { number, strings, words } from '../data/read.ts'
import type { Row } from '../data/row.ts'
import { instantMs, localDate, timeWords } from '../time/local.ts'

/** A timeline item as the screen shows it, in the wedding's local time. */
export interface TimelineItem {
  readonly id: string
  readonly title: string
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  /** `yyyy-MM-dd` of the start; empty without one. */
  readonly date: string
  readonly start: string
  readonly end: string
  readonly place: string
  readonly people: readonly string[]
  readonly description: string
  readonly notes: string
  readonly section: string
  readonly rank: string
  readonly done: boolean
  readonly cancelled: boolean
  readonly fixed: boolean
  /** Names of the fields that wait for a decision. */
  readonly inConflict: readonly string[]
  /** The same item for the arithmetic of the day. */
  readonly day: DayItem
  readonly row: Row
}

const items = new WeakMap<Row, { readonly zone: string; readonly item: TimelineItem }>()

/** Reads an item from its record, once per revision and zone, so that unchanged rows need not be drawn again. */
export function itemOf(row: Row, zone: string): TimelineItem {
  const known = items.get(row)
  if (known?.zone === zone) return known.item
  const item = readItem(row, zone)
  items.set(row, { zone, item })
  return item
}

function readItem(row: Row, zone: string): TimelineItem {
  const { data } = row.view
  const startMs = instantMs(data.startTime)
  const endMs = instantMs(data.endTime) ?? endFromDuration(startMs, data.durationMin)
  const date = startMs === undefined ? '' : localDate(startMs, zone)
  return {
    id: row.id,
    title: words(data.title) || 'Item without a title',
    startMs,
    endMs,
    date,
    start: startMs === undefined ? '' : timeWords(startMs, zone, date),
    end: endMs === undefined ? '' : timeWords(endMs, zone, localDate(endMs, zone)),
    place: words(data.location),
    people: [...strings(data.people), ...strings(data.assignedVendors)],
    description: words(data.description),
    notes: words(data.notes),
    section: words(data.section),
    rank: words(data.rank),
    done: data.done === true || data.status === 'completed',
    cancelled: data.status === 'cancelled',
    fixed: data.fixed === true,
    inConflict: row.conflicts.flatMap(({ fields }) => fields),
    day: dayItem(row.view),
    row,
  }
}

function endFromDuration(startMs: number | undefined, minutes: unknown): number | undefined {
  const length = number(minutes)
  return startMs === undefined || length === undefined ? undefined : startMs + length * 60_000
}
