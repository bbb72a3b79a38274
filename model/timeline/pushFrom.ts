/**
 * "From here on, 15 minutes later" (day-of.md 2–4), as a plan to look at before anything is written. Pure.
 *
 * The day is one line, in the order in which the timeline shows it. The minutes travel down that line:
 *
 *     +15   Speech 19:30–19:45          → 19:45–20:00
 *     +15   Slack 19:45–19:55           → 20:00–20:00, eaten whole
 *      +5   Dessert 20:00–20:20         → 20:05–20:25
 *           Portraits 20:20, fixed      → stay; the 5 minutes are lost, and nothing after them moves
 *
 * Slack before anything else, then free time right before a fixed item, then loss. Gaps between other items are meant:
 * they keep their minutes. All sums are done in instants, so that a change of the clocks in the night shifts nothing.
 */
import { err, ok, type Result } from '../result.ts'
import { byStart, type DayItem, endOf, isAhead, isTimed, MINUTE_MS, type TimedItem } from './dayItem.ts'
import { delay, freeBefore } from './delay.ts'
import { type Flow, type Move, type Stay, type StayReason, whyStill } from './flow.ts'
import { untilNight } from './night.ts'
import { type Overlap, overlapKey, overlaps } from './overlaps.ts'
import { pull } from './pull.ts'

export interface PushRequest {
  /** The id of the first item that may move. If it is itself fixed or done, what follows it moves. */
  readonly from: string
  /** Negative to pull earlier. */
  readonly minutes: number
  /** IANA zone of the venue. */
  readonly timezone: string
}

/** The fixed item at which the push ends. What arrives there is taken up by free time before it, or lost. */
export interface PushStop {
  readonly item: TimedItem
  readonly arrivedMinutes: number
  readonly freeMinutes: number
}

export interface PushPlan {
  readonly from: TimedItem
  readonly minutes: number
  /** In order. */
  readonly moves: readonly Move[]
  readonly stays: readonly Stay<DayItem>[]
  /** What slack took up. Of slacks that run side by side, each minute counts once. */
  readonly eatenMinutes: number
  /** Later: what did not fit before the fixed item. Earlier: what something that goes on did not let through. */
  readonly lostMinutes: number
  readonly stop?: PushStop
  /** Pulling earlier: what goes on so long that not all minutes could be had. */
  readonly heldBy?: TimedItem
  /** Overlaps that the push makes; those that the plan had before are not among them. */
  readonly collisions: readonly Overlap[]
}

export type PushError = 'unknown-item' | 'no-time'

/** @param items those of one wedding, in any order */
export function pushFrom(
  items: readonly DayItem[],
  { from: id, minutes, timezone }: PushRequest,
): Result<PushPlan, PushError> {
  const asked = items.find((item) => item.id === id)
  if (!asked) return err('unknown-item')
  if (!isTimed(asked)) return err('no-time')
  const ordered = items.filter(isTimed).toSorted(byStart)
  const index = ordered.indexOf(asked)
  const [before, following] = [ordered.slice(0, index), ordered.slice(index + 1)]
  const busyUntil = Math.max(...ordered.slice(0, index + 1).map(endOf))
  const [, ...today] = untilNight([asked, ...following], busyUntil, timezone)
  const atStop = today.findIndex((item) => isAhead(item) && item.fixed)
  const line: readonly [TimedItem, ...TimedItem[]] = [asked, ...(atStop < 0 ? today : today.slice(0, atStop))]
  const stopItem = today[atStop]

  const flow = flowOf(before, line, minutes * MINUTE_MS, stopItem)
  const stop = stopItem && stopOf(stopItem, flow, line, minutes)
  const plan = {
    from: asked,
    minutes,
    moves: flow.moves,
    stays: [
      ...before.map((item) => ({ item, reason: 'before' as const })),
      ...flow.stays,
      ...today.slice(line.length - 1).map((item) => ({ item, reason: beyond(item, 'after-fixed') })),
      ...following.slice(today.length).map((item) => ({ item, reason: beyond(item, 'another-day') })),
      ...items.filter((item) => !isTimed(item)).map((item) => ({ item, reason: 'no-time' as const })),
    ],
    eatenMinutes: flow.eatenMs / MINUTE_MS,
    lostMinutes: minutes < 0 ? -minutes - flow.leftMs / MINUTE_MS : stop ? stop.arrivedMinutes - stop.freeMinutes : 0,
    ...(stop && { stop }),
    ...(flow.heldBy && { heldBy: flow.heldBy }),
  }
  return ok({ ...plan, collisions: newOverlaps(items, plan.moves) })
}

/** The items as they are after the push. */
export function afterPush(items: readonly DayItem[], moves: readonly Move[]): readonly DayItem[] {
  const moved = new Map(moves.map((move) => [move.item.id, move]))
  return items.map((item) => {
    const move = moved.get(item.id)
    return move ? { ...item, startMs: move.startMs, endMs: move.endMs } : item
  })
}

/** Why an item stays that the push does not reach. */
function beyond(item: TimedItem, reason: StayReason): StayReason {
  const still = whyStill(item)
  return still === undefined || still === 'contested' ? reason : still
}

function flowOf(
  before: readonly TimedItem[],
  line: readonly TimedItem[],
  byMs: number,
  stop: TimedItem | undefined,
): Flow {
  if (byMs < 0) return pull(before, line, -byMs)
  if (byMs > 0) return delay(line, byMs, stop?.startMs ?? Number.POSITIVE_INFINITY)
  const stays = line.map((item) => ({ item, reason: whyStill(item) ?? ('absorbed' as const) }))
  return { moves: [], stays, eatenMs: 0, leftMs: 0 }
}

/** An item that is pulled earlier leaves free time before the fixed one: then nothing arrives there. */
function stopOf(
  item: TimedItem,
  { leftMs }: Flow,
  line: readonly [TimedItem, ...TimedItem[]],
  minutes: number,
): PushStop {
  const arrivedMs = minutes > 0 ? leftMs : 0
  const freeMs = Math.min(arrivedMs, freeBefore(item.startMs, line))
  return { item, arrivedMinutes: arrivedMs / MINUTE_MS, freeMinutes: freeMs / MINUTE_MS }
}

function newOverlaps(items: readonly DayItem[], moves: readonly Move[]): readonly Overlap[] {
  const known = new Set(overlaps(items).map(overlapKey))
  return overlaps(afterPush(items, moves)).filter((overlap) => !known.has(overlapKey(overlap)))
}
