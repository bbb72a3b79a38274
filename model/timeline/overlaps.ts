/** What cannot all happen as planned: the same place, person or vendor in two items at once. Pure. */
import { byStart, type DayItem, endOf, isAhead, isTimed, type TimedItem } from './dayItem.ts'

export interface Overlap {
  /** The one that begins first. */
  readonly first: TimedItem
  readonly second: TimedItem
  /** The time that they share. */
  readonly startMs: number
  readonly endMs: number
  /** What they share; at least one of the three is there. */
  readonly place?: string
  readonly people: readonly string[]
  readonly vendors: readonly string[]
}

/**
 * All overlaps, by the start of the first item. Touching is not overlapping. What has no length (sunset, curfew) overlaps
 * nothing, nor does what is cancelled or done; and slack takes nobody's time.
 */
export function overlaps(items: readonly DayItem[]): readonly Overlap[] {
  const ordered = items.filter(isTimed).filter(takesTime).toSorted(byStart)
  return ordered.flatMap((first, index) => {
    const after = ordered.slice(index + 1)
    const past = after.findIndex(({ startMs }) => startMs >= endOf(first))
    return (past < 0 ? after : after.slice(0, past)).flatMap((second) => overlapOf(first, second) ?? [])
  })
}

/** The same name for the overlap of the same two items, whichever begins first. */
export function overlapKey({ first, second }: Overlap): string {
  return [first.id, second.id].toSorted().join(' ')
}

function takesTime(item: TimedItem): boolean {
  return isAhead(item) && !item.buffer && endOf(item) > item.startMs
}

function overlapOf(first: TimedItem, second: TimedItem): Overlap | undefined {
  const people = shared(first.people, second.people)
  const vendors = shared(first.vendors, second.vendors)
  const samePlace = first.place !== '' && plain(first.place) === plain(second.place)
  if (!samePlace && people.length === 0 && vendors.length === 0) return undefined
  return {
    first,
    second,
    startMs: second.startMs,
    endMs: Math.min(endOf(first), endOf(second)),
    ...(samePlace && { place: first.place }),
    people,
    vendors,
  }
}

function shared(a: readonly string[], b: readonly string[]): readonly string[] {
  const others = new Set(b.map(plain))
  return a.filter((name) => plain(name) !== '' && others.has(plain(name)))
}

/** `long  barn` is the Long barn. */
function plain(name: string): string {
  return name.trim().replace(/\s+/g, ' ').toLowerCase()
}
