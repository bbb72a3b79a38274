/** Pushing by negative minutes: the day is early. Pure. */
import { endOf, isAhead, type TimedItem } from './dayItem.ts'
import { shifted } from './delay.ts'
import { type Flow, type Move, type Stay, whyStill } from './flow.ts'

/**
 * Moves items earlier, never before the end of what precedes. Slack keeps its length: it is there for being late. What
 * is done or cancelled holds nothing up, since it is over; that it ended early may be the very reason.
 * @param before what begins before the one that was named
 * @param items  in order, from the one that was named up to a fixed item
 * @param byMs   how much earlier, above 0
 */
export function pull(before: readonly TimedItem[], items: readonly TimedItem[], byMs: number): Flow {
  const moves: Move[] = []
  const stays: Stay<TimedItem>[] = []
  // Those that move keep their gaps; only those that stay can be in the way.
  const inPlace = before.filter(isAhead)
  let leftMs = byMs
  let heldBy: TimedItem | undefined
  for (const item of items) {
    const still = whyStill(item)
    if (still) {
      stays.push({ item, reason: still })
      if (isAhead(item)) inPlace.push(item)
      continue
    }
    for (const other of inPlace) {
      const roomMs = item.startMs - freeFrom(other, item)
      if (roomMs < leftMs) {
        leftMs = roomMs
        heldBy = other
      }
    }
    if (leftMs === 0) stays.push({ item, reason: 'held' })
    else moves.push(shifted(item, item.startMs - leftMs))
  }
  return { moves, stays, eatenMs: 0, leftMs, ...(heldBy && { heldBy }) }
}

/** When the second may begin: after the first, or, if they go on side by side anyway, with it. */
function freeFrom(first: TimedItem, second: TimedItem): number {
  const end = endOf(first)
  return end <= second.startMs ? end : first.startMs
}
