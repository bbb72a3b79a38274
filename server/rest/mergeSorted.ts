/**
 * One sorted sequence of many, each sorted by itself. Lazy: whoever takes the first hundred of thousands of items has only
 * those looked at. Items that compare equal come in the order of their sources.
 */
export function* mergeSorted<T>(sources: readonly Iterable<T>[], compare: (a: T, b: T) => number): Generator<T> {
  /** What each source gives next, the last to be taken first. */
  const heads: { readonly item: T; readonly place: number; readonly rest: Iterator<T> }[] = []

  function take(rest: Iterator<T>, place: number): void {
    const next = rest.next()
    if (next.done) return
    const item = next.value
    let from = 0
    let to = heads.length
    while (from < to) {
      const middle = (from + to) >>> 1
      const head = heads[middle]
      if (head && (compare(head.item, item) || head.place - place) > 0) from = middle + 1
      else to = middle
    }
    heads.splice(from, 0, { item, place, rest })
  }

  for (const [place, source] of sources.entries()) take(source[Symbol.iterator](), place)
  for (let head = heads.pop(); head; head = heads.pop()) {
    yield head.item
    take(head.rest, head.place)
  }
}
