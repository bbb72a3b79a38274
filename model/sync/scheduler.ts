/** Time and chance, given from outside, so that a test or a simulation decides them. */
export interface Scheduler {
  /** Wall clock, ms since 1970 UTC. A person may set it to another day: what waits for time to pass asks `elapsed`. */
  now(): number
  /** Ms since some moment in the past; never jumps, never goes back. */
  elapsed(): number
  /** Runs once after `ms`, for 0 when the turn of the event loop is over; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
  /** In [0, 1). */
  random(): number
}
