/**
 * A fast 128-bit hash over a *set* of statements: each statement is hashed by itself, in the manner of MurmurHash3
 * (x86, 128 bits), and the hashes are added up, so that the order of statements does not matter and nothing is sorted.
 * It finds accidents, not forgeries: see `digest.ts` for why that is enough there.
 */
const C1 = 0x239b961b
const C2 = 0xab0e9789
/** Differ from lane to lane, so that no two lanes ever hold the same. */
const LANE_CONSTANTS = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17] as const
const LANES = LANE_CONSTANTS.length
/** Looked up: `toString(16)` of a word that is no small integer takes ten times as long. */
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export class SetHash {
  readonly #start = new Int32Array(LANES)
  readonly #lanes = new Int32Array(LANES)
  readonly #sum = new Int32Array(LANES)
  readonly #marked = new Int32Array(LANES)
  #markedWords = 0
  #words = 0

  /**
   * Begins a set anew; one object can serve for many sets, one after the other.
   * @param texts what all statements are about: the same set about something else has another hash
   */
  about(...texts: readonly string[]): this {
    this.#lanes.fill(0)
    this.#sum.fill(0)
    this.#words = 0
    for (const text of texts) this.text(text)
    this.#mixLanes()
    this.#start.set(this.#lanes)
    this.#words = 0
    return this
  }

  /** Continues the statement with a text. */
  text(text: string): this {
    const lanes = this.#lanes
    let lane = this.#words % LANES
    // The lane whose turn it is, and those after it. Locals of one loop, so that they stay in processor registers.
    let first = at(lanes, lane)
    let second = at(lanes, (lane + 1) % LANES)
    let third = at(lanes, (lane + 2) % LANES)
    let fourth = at(lanes, (lane + 3) % LANES)
    for (let i = -2; i < text.length; i += 2) {
      const word = i < 0 ? text.length : text.charCodeAt(i) | (i + 1 < text.length ? text.charCodeAt(i + 1) << 16 : 0)
      const next = mixed(first, second, word, lane)
      first = second
      second = third
      third = fourth
      fourth = next
      lane = (lane + 1) & (LANES - 1)
    }
    lanes[lane] = first
    lanes[(lane + 1) % LANES] = second
    lanes[(lane + 2) % LANES] = third
    lanes[(lane + 3) % LANES] = fourth
    this.#words += 1 + ((text.length + 1) >>> 1)
    return this
  }

  /** Continues the statement with a whole number from 0 to 2^53. */
  number(value: number): this {
    this.#word(value | 0)
    this.#word((value / 2 ** 32) | 0)
    return this
  }

  /** Remembers the beginning of a statement, so that others can have the same. */
  mark(): void {
    this.#marked.set(this.#lanes)
    this.#markedWords = this.#words
  }

  /** Begins a statement as far as it was when it was last marked. */
  resume(): void {
    this.#lanes.set(this.#marked)
    this.#words = this.#markedWords
  }

  /** Ends the statement. */
  end(): void {
    this.#mixLanes()
    const [lanes, sum, start] = [this.#lanes, this.#sum, this.#start]
    for (let i = 0; i < LANES; i++) {
      sum[i] = at(sum, i) + at(lanes, i)
      lanes[i] = at(start, i)
    }
    this.#words = 0
  }

  hex(): string {
    let text = ''
    for (const lane of this.#sum) {
      for (let bits = 24; bits >= 0; bits -= 8) text += HEX_OF_BYTE[(lane >>> bits) & 0xff] ?? ''
    }
    return text
  }

  #word(word: number): void {
    const lane = this.#words++ % LANES
    this.#lanes[lane] = mixed(at(this.#lanes, lane), at(this.#lanes, (lane + 1) % LANES), word, lane)
  }

  /** Lets every bit of the statement reach every bit of every lane. */
  #mixLanes(): void {
    const lanes = this.#lanes
    const [b, c, d] = [at(lanes, 1), at(lanes, 2), at(lanes, 3)]
    const sum = at(lanes, 0) + b + c + d
    const first = avalanche(sum ^ this.#words)
    const second = avalanche((sum + b) ^ this.#words)
    const third = avalanche((sum + c) ^ this.#words)
    const fourth = avalanche((sum + d) ^ this.#words)
    const mixed = first + second + third + fourth
    lanes[0] = mixed
    lanes[1] = mixed + second
    lanes[2] = mixed + third
    lanes[3] = mixed + fourth
  }
}

/** A lane after a word was taken in. */
function mixed(lane: number, nextLane: number, word: number, place: number): number {
  const mixed = lane ^ Math.imul(rotated(Math.imul(word, C1), 15), C2)
  return (Math.imul((rotated(mixed, 19) + nextLane) | 0, 5) + (LANE_CONSTANTS[place] ?? 0)) | 0
}

function at(lanes: Int32Array, i: number): number {
  return lanes[i] ?? 0
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** The finalizer of MurmurHash3: each bit of the input turns about half of the bits of the output. */
function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
