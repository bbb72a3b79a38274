import type { Scheduler } from '../../model/sync/scheduler.ts'

/** Virtual time: it passes only when the test says so. */
export interface ManualScheduler extends Scheduler {
  /** How far the wall clock is off from now on, in ms. */
  setClock(errorMs: number): void
  /**
   * Lets time pass, running what falls due in order.
   * @param between is awaited before anything, after each thing that ran, and at the end
   */
  pass(ms: number, between?: () => Promise<void>): Promise<void>
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** A Saturday in June, ten in the morning. */
export const WEDDING_MORNING_MS = Date.parse('2026-06-13T10:00:00Z')

export function createManualScheduler(startMs = WEDDING_MORNING_MS): ManualScheduler {
  let nowMs = startMs
  let clockErrorMs = 0
  const timers = new Set<Timer>()

  function nextUntil(limitMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of timers) if (timer.at <= limitMs && (!next || timer.at < next.at)) next = timer
    return next
  }

  return {
    now: () => nowMs + clockErrorMs,
    elapsed: () => nowMs - startMs,
    setClock(errorMs) {
      clockErrorMs = errorMs
    },
    after(ms, run) {
      const timer = { at: nowMs + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    random: () => 0.5,
    async pass(ms, between = async () => undefined) {
      const until = nowMs + ms
      await between()
      for (let next = nextUntil(until); next; next = nextUntil(until)) {
        timers.delete(next)
        nowMs = next.at
        next.run()
        await between()
      }
      nowMs = until
      await between()
    },
  }
}
