/** Time that passes only from one event to the next; between them, everything that can go on goes on until it rests. */
export interface VirtualTime {
  /** ms since the start, of the world and not of any clock in it. */
  now(): number
  /** Runs once after `ms`. Events of one moment run in the order in which they were asked for. */
  after(ms: number, run: () => void): () => void
  /** Lets time pass, event by event. */
  pass(ms: number): Promise<void>
}

interface Event {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

export function createVirtualTime(): VirtualTime {
  const heap: Event[] = []
  let now = 0
  let order = 0

  return {
    now: () => now,
    after(ms, run) {
      const event: Event = { at: now + Math.max(0, ms), order: ++order, run }
      push(heap, event)
      return () => {
        event.run = undefined
      }
    },
    async pass(ms) {
      const until = now + ms
      await rest()
      for (let next = heap[0]; next && next.at <= until; next = heap[0]) {
        pop(heap)
        const { run } = next
        if (!run) continue
        now = next.at
        run()
        await rest()
      }
      now = until
    },
  }
}

/** Nothing in the simulation waits for anything but promises and virtual time: after one turn, all promises have run. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function isBefore(a: Event | undefined, b: Event | undefined): boolean {
  if (!a || !b) return a !== undefined
  return a.at !== b.at ? a.at < b.at : a.order < b.order
}

function push(heap: Event[], event: Event): void {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above]
    if (!parent || isBefore(parent, event)) break
    heap[at] = parent
    at = above
  }
  heap[at] = event
}

function pop(heap: Event[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left
    const next = heap[child]
    if (!next || isBefore(last, next)) break
    heap[at] = next
    at = child
  }
  heap[at] = last
}
