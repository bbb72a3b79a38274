/** The timeline as a list of lines from top to bottom: dates, sections, items and the line for now. Pure. */
import type { TimelineItem } from './item.ts'

/** How the item that is under way stands against its planned end. */
export type Pace =
  | { readonly kind: 'left'; readonly minutes: number }
  | { readonly kind: 'over'; readonly minutes: number }
  | { readonly kind: 'begun'; readonly minutes: number }

export type Line =
  | { readonly kind: 'date'; readonly key: string; readonly date: string }
  | { readonly kind: 'section'; readonly key: string; readonly title: string }
  | { readonly kind: 'untimed'; readonly key: string }
  | { readonly kind: 'now'; readonly key: string }
  | { readonly kind: 'item'; readonly key: string; readonly item: TimelineItem; readonly pace?: Pace }

const MINUTE_MS = 60_000
/** Now is part of the day from this long before the first item until this long after the last. */
const MARGIN_MS = 12 * 60 * MINUTE_MS

/** By start, then rank; what has no time yet comes last. */
export function byTime(a: TimelineItem, b: TimelineItem): number {
  return (
    (a.startMs ?? Number.POSITIVE_INFINITY) - (b.startMs ?? Number.POSITIVE_INFINITY) ||
    compare(a.rank, b.rank) ||
    compare(a.title, b.title) ||
    compare(a.id, b.id)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * @param items in any order
 * @param nowMs ms since 1970 UTC
 * @param weddingDate needs no divider when the day begins on it
 */
export function timelineLines(items: readonly TimelineItem[], nowMs: number, weddingDate: string): readonly Line[] {
  // Infinity − Infinity is NaN, which `||` passes over: items without a time fall back to their rank.
  const ordered = items.toSorted(byTime)
  const current = currentItem(ordered, nowMs)
  const lines: Line[] = []
  let date = weddingDate
  let section = ''
  let nowDrawn = !isNowOnTheDay(ordered, nowMs)
  for (const item of ordered) {
    if (!nowDrawn && (item.startMs === undefined || item.startMs > nowMs)) {
      lines.push({ kind: 'now', key: 'now' })
      nowDrawn = true
    }
    if (item.startMs === undefined) {
      if (!lines.some(({ kind }) => kind === 'untimed')) lines.push({ kind: 'untimed', key: 'untimed' })
    } else if (item.date !== date) {
      date = item.date
      lines.push({ kind: 'date', key: `date ${date}`, date })
    }
    if (item.section !== section) {
      section = item.section
      if (section !== '') lines.push({ kind: 'section', key: `section of ${item.id}`, title: section })
    }
    const pace = item === current ? paceOf(item, nowMs) : undefined
    lines.push({ kind: 'item', key: item.id, item, ...(pace && { pace }) })
  }
  if (!nowDrawn) lines.push({ kind: 'now', key: 'now' })
  return lines
}

function isNowOnTheDay(ordered: readonly TimelineItem[], nowMs: number): boolean {
  const starts = ordered.map(({ startMs }) => startMs).filter((ms) => ms !== undefined)
  const [first] = starts
  const last = Math.max(...ordered.map(({ startMs, endMs }) => endMs ?? startMs ?? Number.NEGATIVE_INFINITY))
  return first !== undefined && nowMs >= first - MARGIN_MS && nowMs <= last + MARGIN_MS
}

/** The one that began last of those that are neither done nor cancelled. */
export function currentItem(ordered: readonly TimelineItem[], nowMs: number): TimelineItem | undefined {
  if (!isNowOnTheDay(ordered, nowMs)) return undefined
  return ordered.findLast(
    ({ startMs, done, cancelled }) => startMs !== undefined && startMs <= nowMs && !done && !cancelled,
  )
}

/** Whole minutes; a minute that has begun still counts as left. */
export function paceOf({ startMs, endMs }: TimelineItem, nowMs: number): Pace | undefined {
  if (startMs === undefined) return undefined
  if (endMs === undefined) return { kind: 'begun', minutes: Math.floor((nowMs - startMs) / MINUTE_MS) }
  if (nowMs <= endMs) return { kind: 'left', minutes: Math.ceil((endMs - nowMs) / MINUTE_MS) }
  return { kind: 'over', minutes: Math.floor((nowMs - endMs) / MINUTE_MS) }
}
