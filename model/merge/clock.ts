/**
 * Hybrid logical clock (Kulkarni et al. 2014). A stamp orders *concurrent* edits only; causality comes from version
 * vectors, so a clock that is a day off cannot beat an edit that has seen its own.
 *
 * A stamp is 12 base-36 digits, 9 for milliseconds since 1970 UTC and 3 for a counter within the millisecond, so that
 * comparing strings compares stamps. Example: `0mj8k2p1x000`.
 */
export type Stamp = string

const MS_DIGITS = 9
const COUNTER_DIGITS = 3
const MAX_COUNTER = 36 ** COUNTER_DIGITS - 1
export const MAX_STAMP_MS = 36 ** MS_DIGITS - 1

/** A stamp of somebody else that is further ahead than this does not pull our own clock along. */
export const MAX_DRIFT_MS = 5 * 60_000

export const STAMP_PATTERN = /^[0-9a-z]{12}$/

export function makeStamp(ms: number, counter: number): Stamp {
  return ms.toString(36).padStart(MS_DIGITS, '0') + counter.toString(36).padStart(COUNTER_DIGITS, '0')
}

/** Milliseconds since 1970 UTC. */
export function stampMs(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(0, MS_DIGITS), 36)
}

function stampCounter(stamp: Stamp): number {
  return Number.parseInt(stamp.slice(MS_DIGITS), 36)
}

export function stampTime(stamp: Stamp): string {
  return new Date(stampMs(stamp)).toISOString()
}

export interface Clock {
  /** A stamp later than every stamp that this clock has issued or observed. */
  next(): Stamp
  /** Takes note of a stamp that somebody else issued. */
  observe(stamp: Stamp): void
}

/** @param now wall clock, ms since 1970 UTC; may jump, the stamps do not go back */
export function createClock(now: () => number): Clock {
  let last = makeStamp(0, 0)
  return {
    next() {
      const ms = Math.max(now(), stampMs(last))
      const counter = ms === stampMs(last) ? stampCounter(last) + 1 : 0
      // Past 46,655 edits in one millisecond the clock runs a millisecond ahead: still ordered, still unique.
      last = counter > MAX_COUNTER ? makeStamp(ms + 1, 0) : makeStamp(ms, counter)
      return last
    },
    observe(stamp) {
      if (stamp > last && stampMs(stamp) <= now() + MAX_DRIFT_MS) last = stamp
    },
  }
}
