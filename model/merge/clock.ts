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

/** A clock may be set to the wrong day; one that is further off than this, or a peer that says so, is not followed. */
export const MAX_OFFSET_MS = 2 * 86_400_000

export const STAMP_PATTERN = /^[0-9a-z]{12}$/

export function makeStamp(ms: number, counter: number): Stamp {
  return ms.toString(36).padStart(MS_DIGITS, '0') + counter.toString(36).padStart(COUNTER_DIGITS, '0')
}

/** The last stamp that a whole millisecond can have. */
export function lastStampOf(ms: number): Stamp {
  return makeStamp(ms, MAX_COUNTER)
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

/**
 * @param now wall clock, ms since 1970 UTC; may jump, the stamps do not go back
 * @param offset ms to add to the wall clock, such as `estimateOffset` says; asked at every stamp. An offset larger than
 *   `MAX_OFFSET_MS` counts as 0: it is for a person to look at that clock.
 */
export function createClock(now: () => number, offset: () => number = () => 0): Clock {
  let last = makeStamp(0, 0)

  function corrected(): number {
    const ms = offset()
    const followed = Math.abs(ms) <= MAX_OFFSET_MS ? ms : 0
    return Math.min(Math.max(Math.floor(now() + followed), 0), MAX_STAMP_MS)
  }

  return {
    next() {
      const ms = Math.max(corrected(), stampMs(last))
      const counter = ms === stampMs(last) ? stampCounter(last) + 1 : 0
      // Past 46,655 edits in one millisecond the clock runs a millisecond ahead: still ordered, still unique.
      last = counter > MAX_COUNTER ? makeStamp(ms + 1, 0) : makeStamp(ms, counter)
      return last
    },
    observe(stamp) {
      if (stamp > last && stampMs(stamp) <= corrected() + MAX_DRIFT_MS) last = stamp
    },
  }
}

/** One look at a peer's clock. All in ms since 1970 UTC. */
export interface ClockSample {
  /** What the peer's hello says. */
  readonly peerNowMs: number
  /** By our own clock: when its hello came. */
  readonly receivedMs: number
  /** By our own clock: when our hello left, if the peer's is the answer to it. */
  readonly sentMs?: number
}

export interface ClockOffset {
  /** What to add to our clock to have the peer's. */
  readonly offsetMs: number
  /** The offset is right to this many ms, if the line is; unknown if the peer spoke first. */
  readonly uncertaintyMs?: number
}

/**
 * How far the peer's clock is ahead of ours, after Cristian 1989: it read its clock at some moment between our hello and
 * its own, most likely in the middle. A peer that spoke first may only be further ahead, by the time of its message.
 */
export function estimateOffset({ peerNowMs, receivedMs, sentMs }: ClockSample): ClockOffset {
  if (sentMs === undefined) return { offsetMs: peerNowMs - receivedMs }
  // Our own clock was set between the two: the time that passed is not known.
  const roundTripMs = Math.max(0, receivedMs - sentMs)
  return { offsetMs: Math.round(peerNowMs - receivedMs + roundTripMs / 2), uncertaintyMs: Math.ceil(roundTripMs / 2) }
}
