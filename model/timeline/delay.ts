/** Pushing later. Pure. */
import { endOf, isAhead, MINUTE_MS, type TimedItem } from './dayItem.ts'
import { type Flow, type Move, type Stay, whyStill } from './flow.ts'

/**
 * Moves items later. Slack is eaten from its front: it keeps its end as long as it has any length, and what follows moves
 * only by the rest. What was planned to begin while slack runs begins when the slack does, at the earliest, so that the
 * order stays. Nothing begins after the fixed item that ends the push.
 * @param items   in order, up to the fixed item
 * @param byMs    how much later, above 0
 * @param limitMs the start of the fixed item; `Infinity` without one
 */
export function delay(items: readonly TimedItem[], byMs: number, limitMs: number): Flow {
  const moves: Move[] = []
  const stays: Stay<TimedItem>[] = []
  let leftMs = byMs
  let floorMs = Number.NEGATIVE_INFINITY
  for (const item of items) {
    const still = whyStill(item)
    if (still) {
      stays.push({ item, reason: still })
      continue
    }
    const arrivesMs = Math.max(item.startMs + leftMs, floorMs)
    const lateMs = arrivesMs - item.startMs
    leftMs = Math.min(leftMs, lateMs - Math.min(lateMs, slackOf(item, limitMs)))
    const startMs = Math.min(arrivesMs, limitMs)
    floorMs = startMs
    if (startMs === item.startMs) stays.push({ item, reason: lateMs === 0 ? 'absorbed' : 'held' })
    else moves.push(item.buffer ? shrunk(item, startMs) : shifted(item, startMs))
  }
  return { moves, stays, eatenMs: byMs - leftMs, leftMs }
}

/** How long the slack lasts before the limit. */
function slackOf(item: TimedItem, limitMs: number): number {
  return item.buffer ? Math.max(0, Math.min(endOf(item), limitMs) - item.startMs) : 0
}

/** The item at another time, as long as before. */
export function shifted(item: TimedItem, startMs: number): Move {
  return { item, startMs, endMs: item.endMs === undefined ? undefined : item.endMs + startMs - item.startMs }
}

function shrunk(item: TimedItem, startMs: number): Move {
  const plannedEndMs = endOf(item)
  if (plannedEndMs === item.startMs) return shifted(item, startMs)
  const endMs = Math.max(startMs, plannedEndMs)
  const minutes = (plannedEndMs - item.startMs - (endMs - startMs)) / MINUTE_MS
  return { item, startMs, endMs, eaten: { minutes, leftMinutes: (endMs - startMs) / MINUTE_MS } }
}

/**
 * The free minutes between a fixed item and what comes before it: a push takes them up before anything is lost. What is
 * planned to go on beside the fixed item anyway (drinks on the terrace) may begin as late as that one.
 * @param items from the one that was named on
 */
export function freeBefore(limitMs: number, [from, ...others]: readonly [TimedItem, ...TimedItem[]]): number {
  const latest = [from, ...others.filter(isAhead)].map((item) => {
    const end = endOf(item)
    if (end <= limitMs) return end
    // Slack before the limit was eaten already; its minutes are not free once more.
    return item.buffer ? limitMs : item.startMs
  })
  return limitMs - Math.max(...latest)
}
