import { createEndOfTurn } from '../../model/sync/endOfTurn.ts'
import type { Scheduler } from '../../model/sync/scheduler.ts'

/** A timer would take a millisecond. */
const atEndOfTurn = createEndOfTurn((callback) => void setImmediate(callback))

/** The clock and the timers of this process. */
export const nodeScheduler: Scheduler = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, run) {
    if (ms === 0) return atEndOfTurn(run)
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
