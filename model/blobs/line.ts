/** How good a line is, as the pieces that went over it tell, and what it may carry (`wedsync-api.md` §2.5). */
import type { BlobKind } from './blob.ts'

const BITS_PER_MEGABIT = 1_000_000
/** Smaller pieces tell about the distance of the peer, not about the line. */
const MIN_MEASURED_BYTES = 64 * 1024
/** One slow piece may have met a busy computer. */
const REMEMBERED = 3
const MEDIA_MEGABITS = 5
const MEDIUM_MEGABITS = 1
const PAUSE_MEDIUM_MS = 120_000
const PAUSE_SLOW_MS = 300_000

export interface LineMeter {
  /** A piece of so many bytes took so long. */
  note(bytes: number, ms: number, nowMs: number): void
  /** Thumbnails always; the rest while the line is good, and one piece after each pause to see whether it is again. */
  mayCarry(kind: BlobKind, nowMs: number): boolean
  /** Over the last pieces; `undefined` before the first. */
  megabits(): number | undefined
}

export function createLineMeter(): LineMeter {
  const recent: number[] = []
  let pausedUntilMs = 0
  const best = (): number | undefined => (recent.length === 0 ? undefined : Math.max(...recent))
  return {
    note(bytes, ms, nowMs) {
      if (bytes < MIN_MEASURED_BYTES) return
      recent.push((bytes * 8) / BITS_PER_MEGABIT / (Math.max(ms, 1) / 1_000))
      if (recent.length > REMEMBERED) recent.shift()
      const megabits = best() ?? 0
      const isGood = recent.length < REMEMBERED || megabits > MEDIA_MEGABITS
      pausedUntilMs = isGood ? 0 : nowMs + (megabits > MEDIUM_MEGABITS ? PAUSE_MEDIUM_MS : PAUSE_SLOW_MS)
    },
    mayCarry: (kind, nowMs) => kind === 'thumbnail' || nowMs >= pausedUntilMs,
    megabits: best,
  }
}
