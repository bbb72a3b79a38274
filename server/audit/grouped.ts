interface Waiting<T> {
  readonly item: T
  readonly done: () => void
  readonly failed: (reason: unknown) => void
}

/**
 * Writes items together: those that come within one turn of the event loop, and those that come while others are written.
 * One write to the disk then serves many callers, each of whom waits for their own item.
 * @param write all of the items or none of them
 */
export function grouped<T>(
  write: (items: readonly T[]) => Promise<unknown>,
  maxItems: number,
): (item: T) => Promise<void> {
  let waiting: Waiting<T>[] = []
  let isWriting = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxItems)
      waiting = waiting.slice(maxItems)
      try {
        await write(group.map(({ item }) => item))
        for (const { done } of group) done()
      } catch (reason) {
        for (const { failed } of group) failed(reason)
      }
    }
    isWriting = false
  }

  return (item) =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed })
      if (isWriting) return
      isWriting = true
      setImmediate(() => void run())
    })
}
