import type { Scheduler } from '../../model/sync/scheduler.ts'

/** The clock and the timers of this process. */
export const nodeScheduler: Scheduler = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, run) {
    if (ms === 0) {
      const immediate = setImmediate(run) // a timer would take a millisecond
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
