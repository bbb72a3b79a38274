/**
 * Each side says something at least every few seconds, so that the other knows that the line is alive, and gives the line up when
 * it hears nothing. Whatever is sent is a sign of life; only who has sent nothing for a while sends a ping. The pong to it is one
 * too, and the side that was called waits a little longer, so that at rest one of the two asks and the other answers.
 */
import type { Scheduler } from './scheduler.ts'
import type { Timers } from './timers.ts'

const CALLER_MS = 2_500
const CALLED_MS = 2_750
/** A line without a sign of life for this long is dead, whatever the socket claims. Noticed with the next heartbeat. */
export const SILENCE_MS = 7_000
/** So often each side measures how long a ping and its answer take, also when it need not say anything. */
const MEASURE_MS = 30_000

export interface HeartbeatOptions {
  /** True on the side that opened the line. */
  readonly caller: boolean
  readonly timers: Timers
  readonly elapsed: Scheduler['elapsed']
  readonly ping: () => void
  readonly onSilence: () => void
}

export interface Heartbeat {
  /** Something has arrived. */
  heard(): void
  /** Something was sent. */
  said(): void
}

export function startHeartbeat({ caller, timers, elapsed, ping, onSilence }: HeartbeatOptions): Heartbeat {
  const everyMs = caller ? CALLER_MS : CALLED_MS
  let lastHeard = elapsed()
  let lastSaid = elapsed()
  let measuredAt = Number.NEGATIVE_INFINITY

  function beat(): void {
    const now = elapsed()
    if (now - lastHeard > SILENCE_MS) {
      onSilence()
      return
    }
    if (now - lastSaid >= everyMs || now - measuredAt >= MEASURE_MS) {
      measuredAt = now
      lastSaid = now
      ping()
    }
    timers.set('heartbeat', everyMs - (now - lastSaid), beat)
  }

  timers.set('heartbeat', everyMs, beat)
  return {
    heard() {
      lastHeard = elapsed()
    },
    said() {
      lastSaid = elapsed()
    },
  }
}
