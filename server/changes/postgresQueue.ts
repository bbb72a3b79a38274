interface Waiting<Job> {
  readonly job: Job
  readonly done: (isDone: boolean) => void
  readonly failed: (reason: unknown) => void
}

/** What a job is about. */
export interface Concern {
  readonly ids: readonly string[]
}

/**
 * Group commit (Gawlick and Kinkade 1985) for whatever weddings, one at a time: those that come while one is under way go together in
 * the next. A commit waits for the disk, and one that tells other processes holds a lock of the whole database meanwhile, so several at
 * once would only wait for each other. Nobody waits here for a lock of somebody else.
 */
export class GroupCommit<Job extends Concern> {
  readonly #commit: (jobs: readonly Job[]) => Promise<readonly boolean[]>
  readonly #maxRecords: number
  #waiting: Waiting<Job>[] = []
  #isAtWork = false

  /**
   * @param commit says of each job, in their order, whether it is done. If it rejects, none is
   * @param maxRecords of one commit, so that nobody waits long for others
   */
  constructor(commit: (jobs: readonly Job[]) => Promise<readonly boolean[]>, maxRecords: number) {
    this.#commit = commit
    this.#maxRecords = maxRecords
  }

  /** @returns false if it has to be done in another way, with nothing done */
  run(job: Job): Promise<boolean> {
    return new Promise((done, failed) => {
      this.#waiting.push({ job, done, failed })
      if (this.#isAtWork) return
      this.#isAtWork = true
      setImmediate(() => void this.#work())
    })
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#next()
      try {
        const results = await this.#commit(group.map(({ job }) => job))
        for (const [i, { done }] of group.entries()) done(results[i] ?? false)
      } catch (reason) {
        for (const { failed } of group) failed(reason)
      }
    }
    this.#isAtWork = false
  }

  /** Those that come first, but of two that are about one record only the former: its commit makes the latter's out of date. */
  #next(): readonly Waiting<Job>[] {
    const group: Waiting<Job>[] = []
    const taken = new Set<string>()
    let count = 0
    for (const each of this.#waiting) {
      const { ids } = each.job
      if (group.length > 0 && taken.size + ids.length > this.#maxRecords) break
      count += 1
      if (ids.some((id) => taken.has(id))) {
        each.done(false)
        continue
      }
      group.push(each)
      for (const id of ids) taken.add(id)
    }
    this.#waiting = this.#waiting.slice(count)
    return group
  }
}
