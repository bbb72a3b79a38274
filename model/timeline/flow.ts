/** What the two directions of a push have in common: what may move, and what became of each item. */
import type { TimedItem } from './dayItem.ts'

export interface Move {
  readonly item: TimedItem
  readonly startMs: number
  /** Absent if the item has no end. */
  readonly endMs: number | undefined
  /** For slack: how much of it the push took, and what is left. */
  readonly eaten?: { readonly minutes: number; readonly leftMinutes: number }
}

/**
 * - `before`: it begins before the one that was named.
 * - `fixed`, `cancelled`, `done`: moving it is impossible, pointless, or untrue.
 * - `contested`: two people wrote different times. To move it would settle in silence what a person should decide.
 * - `no-time`: it has no start.
 * - `absorbed`: slack took up everything before it was its turn.
 * - `held`: a fixed item right after it, or what goes on right before it, leaves it no room.
 * - `after-fixed`: it follows the fixed item at which the push ends.
 * - `another-day`: a night lies in between.
 */
export type StayReason =
  | 'before'
  | 'fixed'
  | 'cancelled'
  | 'done'
  | 'contested'
  | 'no-time'
  | 'absorbed'
  | 'held'
  | 'after-fixed'
  | 'another-day'

export interface Stay<Item> {
  readonly item: Item
  readonly reason: StayReason
}

/** How the items up to the stop move; all times in ms. */
export interface Flow {
  readonly moves: readonly Move[]
  readonly stays: readonly Stay<TimedItem>[]
  /** What slack took up. */
  readonly eatenMs: number
  /** What is left of the push after the last of these items. */
  readonly leftMs: number
  /** Pulling earlier: what goes on so long that no more was possible. */
  readonly heldBy?: TimedItem
}

/** Why an item keeps its time whatever is pushed, if it does. */
export function whyStill({ cancelled, done, fixed, contested }: TimedItem): StayReason | undefined {
  if (cancelled) return 'cancelled'
  if (done) return 'done'
  if (fixed) return 'fixed'
  return contested ? 'contested' : undefined
}
