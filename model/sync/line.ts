/**
 * How good the line to a peer is, measured on what is sent anyway, and how much may be under way on it at once
 * (`wedsync-api.md` §2.5). Lengths are characters of JSON, before compression: what counts is how soon they are there.
 */

/** How much is sent at once, and how much of it may be unacknowledged. */
export interface Allowance {
  /** Records of a batch. */
  readonly records: number
  /** Batches under way. */
  readonly parallel: number
  /** Characters under way. */
  readonly chars: number
}

export interface LineQuality {
  /** Time of a ping and its answer. */
  readonly rttMs?: number
  /** From sending a batch until it was on the peer's disk and we knew. */
  readonly ackMs?: number
  readonly bitsPerSecond?: number
}

/** A batch under way. */
export interface Flight {
  readonly chars: number
  readonly sentAtMs: number
}

export interface Line {
  pinged(): void
  ponged(): void
  sent(chars: number): Flight
  /**
   * One answer to these batches, which were sent in this order.
   * @param tookMs what the peer says that it took from the arrival of the last until its answer
   */
  acknowledged(flights: readonly Flight[], tookMs: number): void
  quality(): LineQuality
  allowance(): Allowance
}

const MBIT = 1_000_000
const BATCHES = [
  { above: 10 * MBIT, records: 100, parallel: 5 },
  { above: 5 * MBIT, records: 50, parallel: 3 },
  { above: MBIT, records: 25, parallel: 2 },
  { above: 0, records: 5, parallel: 1 },
]
/** Before anything was measured. */
const FIRST = { records: 25, parallel: 2, chars: 64_000 }
const SAVER = { records: 3, parallel: 1 }
/** What is under way should be there within this time, so that something urgent need not wait longer behind it. */
const UNDER_WAY_MS = 500
const LEAST_CHARS = 8_000
/** A peer that stops reading costs this much, and what its socket holds. */
const MOST_CHARS = 256_000
/** A batch shorter than this says more of the latency than of the throughput. */
const SAMPLE_CHARS = 1_000
const WEIGHT = 0.3

/** @param saver whether the person wants little data to be used */
export function createLine(now: () => number, saver: () => boolean = () => false): Line {
  let pingedAt: number | undefined
  let rttMs: number | undefined
  let ackMs: number | undefined
  // Sums in which what is long ago counts less. Answers may come in bunches, so single times would tell nothing.
  let chars = 0
  let ms = 0
  let lastArrivalMs = Number.NEGATIVE_INFINITY

  const bitsPerSecond = (): number | undefined => (ms > 0 ? (chars * 8_000) / ms : undefined)

  return {
    pinged() {
      pingedAt = now()
    },
    ponged() {
      if (pingedAt === undefined) return
      rttMs = smoothed(rttMs, Math.max(0, now() - pingedAt))
      pingedAt = undefined
    },
    sent: (length) => ({ chars: length, sentAtMs: now() }),
    acknowledged(flights, tookMs) {
      const [first] = flights
      const [last] = flights.slice(-1)
      if (!first || !last) return
      const { sentAtMs } = first
      const length = flights.reduce((sum, flight) => sum + flight.chars, 0)
      ackMs = smoothed(ackMs, Math.max(0, now() - last.sentAtMs))
      const halfMs = (rttMs ?? 0) / 2
      const arrivalMs = now() - tookMs - halfMs
      // A batch behind another one begins to arrive when that has arrived.
      const beganMs = Math.max(sentAtMs + halfMs, lastArrivalMs)
      lastArrivalMs = arrivalMs
      if (length < SAMPLE_CHARS) return
      chars = (1 - WEIGHT) * chars + length
      ms = (1 - WEIGHT) * ms + Math.max(1, arrivalMs - beganMs)
    },
    quality: () => ({
      ...(rttMs !== undefined && { rttMs: Math.round(rttMs) }),
      ...(ackMs !== undefined && { ackMs: Math.round(ackMs) }),
      ...(ms > 0 && { bitsPerSecond: Math.round(bitsPerSecond() ?? 0) }),
    }),
    allowance() {
      const rate = bitsPerSecond()
      if (rate === undefined) return saver() ? { ...FIRST, ...SAVER } : FIRST
      const underWay = Math.min(Math.max((rate / 8_000) * UNDER_WAY_MS, LEAST_CHARS), MOST_CHARS)
      const { records, parallel } = saver() ? SAVER : (BATCHES.find(({ above }) => rate > above) ?? SAVER)
      return { records, parallel, chars: underWay }
    },
  }
}

function smoothed(before: number | undefined, sample: number): number {
  return before === undefined ? sample : before + WEIGHT * (sample - before)
}
