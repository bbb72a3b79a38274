/** Time and chance, given from outside, so that a test or a simulation decides them. */
export interface Scheduler {
  /** Wall clock, ms since 1970 UTC. */
  now(): number
  /** Runs once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
  /** In [0, 1). */
  random(): number
}
