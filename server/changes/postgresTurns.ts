interface Waiting<Job, Result> {
  readonly job: Job
  readonly done: (result: Result) => void
  readonly failed: (reason: unknown) => void
}

/**
 * Turns per scope within this process. The lock that counts is the row in `scopes`; but whoever waits for that row holds
 * a connection, and one busy wedding would soon have all of the pool waiting for it and nobody else served. Jobs that need
 * the same scopes and wait for their turn are done together, in one transaction and with one wait for the disk.
 */
export class ScopeTurns<Job, Result> {
  readonly #work: (scopes: readonly string[], jobs: readonly Job[]) => Promise<readonly PromiseSettledResult<Result>[]>
  readonly #maxJobs: number
  /** Settles, without a value, when the last one that waits for the scope is done. */
  readonly #last = new Map<string, Promise<void>>()
  /** By their scopes, those whose turn has not come: whoever needs the same may still join them. */
  readonly #waiting = new Map<string, Waiting<Job, Result>[]>()

  /** @param work does the jobs, in their order; one that fails does not take others with it. If it rejects, none is done */
  constructor(
    work: (scopes: readonly string[], jobs: readonly Job[]) => Promise<readonly PromiseSettledResult<Result>[]>,
    maxJobs: number,
  ) {
    this.#work = work
    this.#maxJobs = maxJobs
  }

  /** Does the job when everybody before us who needs one of the scopes is done. @param scopes sorted */
  run(scopes: readonly string[], job: Job): Promise<Result> {
    return new Promise((done, failed) => {
      const key = JSON.stringify(scopes)
      const waiting = this.#waiting.get(key)
      if (waiting && waiting.length < this.#maxJobs) {
        waiting.push({ job, done, failed })
        return
      }
      const group = [{ job, done, failed }]
      this.#waiting.set(key, group)
      void this.#takeTurn(scopes, key, group)
    })
  }

  async #takeTurn(scopes: readonly string[], key: string, group: readonly Waiting<Job, Result>[]): Promise<void> {
    // All places are taken at once, in one order for all scopes, so two that need the same scopes cannot block each other.
    const before = scopes.map((scope) => this.#last.get(scope))
    const { promise: over, resolve: finish } = Promise.withResolvers<void>()
    for (const scope of scopes) this.#last.set(scope, over)
    await Promise.all(before)
    if (this.#waiting.get(key) === group) this.#waiting.delete(key)
    try {
      const results = await this.#work(
        scopes,
        group.map(({ job }) => job),
      )
      for (const [i, { done, failed }] of group.entries()) {
        const result = results[i]
        if (result?.status === 'fulfilled') done(result.value)
        else failed(result?.reason ?? new Error('a job was never done'))
      }
    } catch (reason) {
      for (const { failed } of group) failed(reason)
    } finally {
      finish()
      for (const scope of scopes) if (this.#last.get(scope) === over) this.#last.delete(scope)
    }
  }
}
