import type { Scheduler } from './scheduler.ts'

/** Timers with names. What is put off again and again, as at every edit, keeps the alarm that it has, which looks again when it rings. */
export interface Timers {
  /** Calls back once, after `ms`. A later call with the same name takes the place of an earlier one. */
  set(name: string, ms: number, run: () => void): void
  isSet(name: string): boolean
  cancel(name: string): void
  /** Cancels all, for good. */
  stop(): void
}

interface Timer {
  /** On the clock that only ever goes forward, ms. */
  dueAt: number
  run: () => void
  /** Not after it is due. */
  ringsAt: number
  cancelAlarm: () => void
}

export function createTimers({ elapsed, after }: Pick<Scheduler, 'elapsed' | 'after'>): Timers {
  const timers = new Map<string, Timer>()
  let stopped = false

  function cancel(name: string): void {
    timers.get(name)?.cancelAlarm()
    timers.delete(name)
  }

  /** Sets the alarm of a timer for when it is due. */
  function arm(name: string, timer: Timer): void {
    timer.ringsAt = timer.dueAt
    // A loop that was held up may come to it when it is over-due.
    timer.cancelAlarm = after(Math.max(0, timer.dueAt - elapsed()), () => {
      if (timer.dueAt > timer.ringsAt) return arm(name, timer)
      timers.delete(name)
      timer.run()
    })
  }

  return {
    set(name, ms, run) {
      if (stopped) return
      const dueAt = elapsed() + ms
      const known = timers.get(name)
      if (known && known.ringsAt <= dueAt) {
        known.dueAt = dueAt
        known.run = run
        return
      }
      cancel(name)
      const timer: Timer = { dueAt, run, ringsAt: dueAt, cancelAlarm: () => undefined }
      timers.set(name, timer)
      arm(name, timer)
    },
    isSet: (name) => timers.has(name),
    cancel,
    stop() {
      stopped = true
      for (const { cancelAlarm } of timers.values()) cancelAlarm()
      timers.clear()
    },
  }
}
