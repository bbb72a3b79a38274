import type { Scheduler } from '../../model/sync/scheduler.ts'

/** What is to be done later, and can be given up all at once. */
export interface Timers {
  later(ms: number, run: () => void): void
  cancelAll(): void
}

export function timersOn(scheduler: Pick<Scheduler, 'after'>): Timers {
  const waiting = new Set<() => void>()
  return {
    later(ms, run) {
      const cancel = scheduler.after(ms, () => {
        waiting.delete(cancel)
        run()
      })
      waiting.add(cancel)
    },
    cancelAll() {
      for (const cancel of waiting) cancel()
    },
  }
}
