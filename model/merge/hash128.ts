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

export class SetHash {
  readonly #start = new Int32Array(LANES)
  readonly #lanes = new Int32Array(LANES)
  readonly #sum = new Int32Array(LANES)
  readonly #marked = new Int32Array(LANES)
  #markedWords = 0
  #words = 0

  /** @param about what all statements are about: the same set about something else has another hash */
  constructor(...about: readonly string[]) {
    for (const text of about) this.text(text)
    this.#mixLanes()
    this.#start.set(this.#lanes)
    this.#words = 0
  }

  /** Continues the statement with a text. */
  text(text: string): this {
    this.#word(text.length)
    for (let i = 0; i < text.length; i += 2) {
      this.#word(text.charCodeAt(i) | (i + 1 < text.length ? text.charCodeAt(i + 1) << 16 : 0))
    }
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
    for (let i = 0; i < LANES; i++) this.#sum[i] = at(this.#sum, i) + at(this.#lanes, i)
    this.#lanes.set(this.#start)
    this.#words = 0
  }

  hex(): string {
    let text = ''
    for (const lane of this.#sum) text += (lane >>> 0).toString(16).padStart(8, '0')
    return text
  }

  #word(word: number): void {
    const lane = this.#words++ % LANES
    const mixed = at(this.#lanes, lane) ^ Math.imul(rotated(Math.imul(word, C1), 15), C2)
    const next = rotated(mixed, 19) + at(this.#lanes, (lane + 1) % LANES)
    this.#lanes[lane] = Math.imul(next, 5) + (LANE_CONSTANTS[lane] ?? 0)
  }

  /** Lets every bit of the statement reach every bit of every lane. */
  #mixLanes(): void {
    this.#addLanesToEachOther()
    for (let i = 0; i < LANES; i++) this.#lanes[i] = avalanche(at(this.#lanes, i) ^ this.#words)
    this.#addLanesToEachOther()
  }

  #addLanesToEachOther(): void {
    const lanes = this.#lanes
    for (let i = 1; i < LANES; i++) lanes[0] = at(lanes, 0) + at(lanes, i)
    for (let i = 1; i < LANES; i++) lanes[i] = at(lanes, i) + at(lanes, 0)
  }
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
