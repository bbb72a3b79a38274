/** So few names are sooner looked through than halved. */
const FEW = 8

/**
 * An immutable map from names to values that stands in the order of its names (by code unit), as two arrays. The registers
 * of a unit are one: two states of a record are compared place by place, a copy is a copy of two arrays, and whatever is
 * written down or shown has the same order on every replica without sorting. Filling a JavaScript `Map` costs several
 * times as much as a whole join of such arrays.
 */
export class SortedMap<V extends NonNullable<unknown>> implements ReadonlyMap<string, V> {
  static readonly #EMPTY = new SortedMap<never>([], [])

  /** In order, none twice. */
  readonly names: readonly string[]
  /** The value of each name, in the same place. */
  readonly items: readonly V[]

  private constructor(names: readonly string[], items: readonly V[]) {
    this.names = names
    this.items = items
  }

  static empty<V extends NonNullable<unknown>>(): SortedMap<V> {
    return SortedMap.#EMPTY
  }

  /** The same entries; the map itself if it is one of this kind. */
  static from<V extends NonNullable<unknown>>(map: ReadonlyMap<string, V>): SortedMap<V> {
    if (map instanceof SortedMap) return map
    return SortedMap.of([...map.keys()], [...map.values()])
  }

  /** Of names without repetition, in any order, and their values in the same places. Keeps the arrays if they are in order. */
  static of<V extends NonNullable<unknown>>(names: readonly string[], items: readonly V[]): SortedMap<V> {
    if (isInOrder(names)) return new SortedMap(names, items)
    const places = names.map((name, place) => ({ name, place })).sort((a, b) => (a.name < b.name ? -1 : 1))
    return new SortedMap(
      places.map(({ name }) => name),
      places.flatMap(({ place }) => items.slice(place, place + 1)),
    )
  }

  get size(): number {
    return this.names.length
  }

  get(name: string): V | undefined {
    const place = this.#find(name)
    return place < 0 ? undefined : this.items[place]
  }

  has(name: string): boolean {
    return this.#find(name) >= 0
  }

  /** The same names with other items, in the same places. */
  withItems(items: readonly V[]): SortedMap<V> {
    return new SortedMap(this.names, items)
  }

  /**
   * With these entries changed, added, or, where the item is `undefined`, left out.
   * @param names in order, none twice
   */
  with(names: readonly string[], items: readonly (V | undefined)[]): SortedMap<V> {
    const copy = this.items.slice()
    for (let i = 0; i < names.length; i++) {
      const item = items[i]
      const place = this.#placeOf(names[i] ?? '')
      if (item === undefined || this.names[place] !== names[i]) return this.#merged(names, items)
      copy[place] = item
    }
    return new SortedMap(this.names, copy)
  }

  #merged(names: readonly string[], items: readonly (V | undefined)[]): SortedMap<V> {
    const mergedNames: string[] = []
    const mergedItems: V[] = []
    let i = 0
    let j = 0
    while (i < this.names.length || j < names.length) {
      const order = compareAt(this.names, i, names, j)
      const name = order < 0 ? this.names[i] : names[j]
      const item = order < 0 ? this.items[i] : items[j]
      if (order <= 0) i++
      if (order >= 0) j++
      if (name === undefined || item === undefined) continue
      mergedNames.push(name)
      mergedItems.push(item)
    }
    return new SortedMap(mergedNames, mergedItems)
  }

  /** The entries whose names begin with a text; they stand next to each other. */
  startingWith(start: string): SortedMap<V> {
    const first = this.#placeOf(start)
    let end = first
    while (this.names[end]?.startsWith(start)) end++
    return new SortedMap(this.names.slice(first, end), this.items.slice(first, end))
  }

  keys(): MapIterator<string> {
    return this.names[Symbol.iterator]()
  }

  values(): MapIterator<V> {
    return this.items[Symbol.iterator]()
  }

  *entries(): MapIterator<[string, V]> {
    for (let i = 0; i < this.names.length; i++) {
      const [name, item] = [this.names[i], this.items[i]]
      if (name !== undefined && item !== undefined) yield [name, item]
    }
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }

  forEach(visit: (value: V, name: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [name, item] of this) visit(item, name, this)
  }

  /** Where the name stands; -1 if it does not. */
  #find(name: string): number {
    if (this.names.length <= FEW) return this.names.indexOf(name)
    const place = this.#placeOf(name)
    return this.names[place] === name ? place : -1
  }

  /** Where the name stands, or would. */
  #placeOf(name: string): number {
    let low = 0
    let high = this.names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.names[middle] ?? '') < name) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Negative if the next name in order is the first list's, positive if it is the second's, 0 if both have it. */
export function compareAt(a: readonly string[], i: number, b: readonly string[], j: number): number {
  const first = a[i]
  const second = b[j]
  if (first === second) return 0
  if (first === undefined) return 1
  return second === undefined || first < second ? -1 : 1
}

function isInOrder(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if ((names[i - 1] ?? '') >= (names[i] ?? '')) return false
  return true
}
