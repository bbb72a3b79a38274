/** Chance from a seed: the same seed gives the same row of numbers on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number of 0 to n - 1. */
  below(n: number): number
  /** A whole number of `from` to `to`, both included. */
  between(from: number, to: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** One of the keys, as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K
  /** Another row that does not depend on how many numbers are drawn here. */
  fork(name: string): Random
}

export function randomFrom(seed: string): Random {
  const draw = sfc32(seed)
  const below = (n: number) => Math.floor(draw() * n)
  return {
    next: draw,
    below,
    between: (from, to) => from + below(to - from + 1),
    chance: (probability) => draw() < probability,
    pick(list) {
      const index = below(list.length)
      for (const [at, item] of list.entries()) if (at === index) return item
      throw new Error('nothing to pick from')
    },
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      const keys = keysOf(weights)
      let left = draw() * keys.reduce((sum, key) => sum + weights[key], 0)
      let last: K | undefined
      for (const key of keys) {
        last = key
        left -= weights[key]
        if (left < 0) break
      }
      if (last === undefined) throw new Error('nothing to choose from')
      return last
    },
    fork: (name) => randomFrom(`${seed}/${name}`),
  }
}

function keysOf<K extends string>(weights: Readonly<Record<K, number>>): readonly K[] {
  const keys: K[] = []
  for (const key in weights) keys.push(key)
  return keys
}

/** Chris Doty-Humphrey's small fast counter, 32 bits; seeded by FNV-1a over the text. */
function sfc32(seed: string): () => number {
  let hash = 0x811c9dc5
  const word = (salt: string): number => {
    for (const char of salt + seed) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
    return hash | 0
  }
  let [a, b, c, counter] = [word('a'), word('b'), word('c'), 1]
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let n = 0; n < 12; n++) draw()
  return draw
}
