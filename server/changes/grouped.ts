interface Waiting<T, R> {
  readonly item: T
  readonly done: (result: R | undefined) => void
  readonly failed: (reason: unknown) => void
}

/**
 * Does for many what comes at once: items that come within one turn of the event loop, and those that come while others
 * are at work. One statement, or one write to the disk, then serves many callers, each of whom waits for their own item.
 * @param work does all of the items or none of them; the results in their order, if there are any
 */
export function grouped<T, R = undefined>(
  work: (items: readonly T[]) => Promise<readonly R[]>,
  maxItems: number,
): (item: T) => Promise<R | undefined> {
  let waiting: Waiting<T, R>[] = []
  let isAtWork = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxItems)
      waiting = waiting.slice(maxItems)
      try {
        const results = await work(group.map(({ item }) => item))
        for (const [i, { done }] of group.entries()) done(results[i])
      } catch (reason) {
        for (const { failed } of group) failed(reason)
      }
    }
    isAtWork = false
  }

  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed })
      if (isAtWork) return
      isAtWork = true
      setImmediate(() => void run())
    })
}
