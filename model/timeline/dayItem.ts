/** A timeline item as the arithmetic of the day needs it, made from the data of its record. Pure. */
import { DateTime } from 'luxon'
import type { RecordView } from '../merge/view.ts'

/** Instants are ms since 1970 UTC: the clock at the venue may jump in the night, minutes do not. */
export interface DayItem {
  readonly id: string
  readonly title: string
  readonly startMs: number | undefined
  /** From the end, else from the duration. */
  readonly endMs: number | undefined
  /** The times as they are stored, so that they can be put back letter by letter; absent if they are no instants. */
  readonly stored: { readonly startTime?: string; readonly endTime?: string }
  readonly rank: string
  readonly place: string
  readonly people: readonly string[]
  readonly vendors: readonly string[]
  /** Cannot move: sunset, curfew, contracted hours. */
  readonly fixed: boolean
  /** Planned slack. */
  readonly buffer: boolean
  readonly done: boolean
  readonly cancelled: boolean
  /** Two people wrote different times, and nobody has decided yet. */
  readonly contested: boolean
}

/** An item that stands somewhere in the day. */
export type TimedItem = DayItem & { readonly startMs: number }

export const MINUTE_MS = 60_000

/** Reads an item of the table `timeline_items`. A value of another shape counts as absent. */
export function dayItem({ id, data, siblings }: Pick<RecordView, 'id' | 'data' | 'siblings'>): DayItem {
  const startMs = instantMs(data.startTime)
  const storedEnd = instantMs(data.endTime)
  const length = typeof data.durationMin === 'number' ? data.durationMin * MINUTE_MS : undefined
  return {
    id,
    title: words(data.title) || 'Item without a title',
    startMs,
    endMs: storedEnd ?? (startMs === undefined || length === undefined ? undefined : startMs + length),
    stored: {
      ...(startMs !== undefined && { startTime: String(data.startTime) }),
      ...(storedEnd !== undefined && { endTime: String(data.endTime) }),
    },
    rank: words(data.rank),
    place: words(data.location),
    people: strings(data.people),
    vendors: strings(data.assignedVendors),
    fixed: data.fixed === true,
    buffer: data.buffer === true,
    done: data.done === true || data.status === 'completed',
    cancelled: data.status === 'cancelled',
    contested: 'startTime' in siblings || 'endTime' in siblings,
  }
}

export function isTimed(item: DayItem): item is TimedItem {
  return item.startMs !== undefined
}

/** Still to come: neither over nor called off. Only such an item takes up time. */
export function isAhead({ done, cancelled }: DayItem): boolean {
  return !done && !cancelled
}

/** When the item is over; its start for one without a length, or whose end is before its start. */
export function endOf({ startMs, endMs }: TimedItem): number {
  return Math.max(startMs, endMs ?? startMs)
}

/** By start, then rank, as the timeline shows them. */
export function byStart(a: TimedItem, b: TimedItem): number {
  return a.startMs - b.startMs || compare(a.rank, b.rank) || compare(a.title, b.title) || compare(a.id, b.id)
}

/** In UTC, seconds without milliseconds where there are none, so that one instant has one text. */
export function isoInstant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

function instantMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const instant = DateTime.fromISO(value, { zone: 'utc' })
  return instant.isValid ? instant.toMillis() : undefined
}

function words(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : []
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
