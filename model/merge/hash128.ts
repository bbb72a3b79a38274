/**
 * A fast 128-bit hash over a *set* of statements: each statement is hashed by itself, in the manner of MurmurHash3
 * (x86, 128 bits), and the hashes are added up, so that the order of statements does not matter and nothing is sorted.
 * It finds accidents, not forgeries: see `digest.ts` for why that is enough there.
 */
const C1 = 0x239b961b
const C2 = 0xab0e9789
/** Differ from lane to lane, so that no two lanes ever hold the same. */
const LANE_CONSTANTS = Int32Array.of(0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17)
const LANES = LANE_CONSTANTS.length
/** Four lanes: `&` with this is the remainder. */
const LAST_LANE = LANES - 1
/** Looked up: `toString(16)` of a word that is no small integer takes ten times as long. */
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export class SetHash {
  /** What every statement of the set begins with. */
  readonly #start = new Int32Array(LANES)
  /** The statement under way. */
  #lanes = new Int32Array(LANES)
  #words = 0
  /** The one set aside. */
  #asideLanes = new Int32Array(LANES)
  #asideWords = 0
  readonly #ended = new Int32Array(LANES)
  readonly #sum = new Int32Array(LANES)

  /**
   * Begins a set anew; one object can serve for many sets, one after the other.
   * @param texts what all statements are about: the same set about something else has another hash
   */
  about(...texts: readonly string[]): this {
    this.#lanes.fill(0)
    this.#sum.fill(0)
    this.#words = 0
    for (const text of texts) this.text(text)
    copy(this.#lanes, this.#start)
    mix(this.#start, this.#words)
    return this.begin()
  }

  /** Begins a statement. */
  begin(): this {
    copy(this.#start, this.#lanes)
    this.#words = 0
    return this
  }

  /** Sets the statement under way aside, and takes up the one that was set aside before. */
  swap(): this {
    const [lanes, words] = [this.#lanes, this.#words]
    this.#lanes = this.#asideLanes
    this.#words = this.#asideWords
    this.#asideLanes = lanes
    this.#asideWords = words
    return this
  }

  /** Continues the statement with a text. */
  text(text: string): this {
    this.#words = takeText(text, this.#lanes, this.#words, this.#lanes)
    return this
  }

  /** Continues the statement with a whole number from 0 to 2^53. */
  number(value: number): this {
    this.#words = takeWord(value | 0, this.#lanes, this.#words)
    this.#words = takeWord((value / 2 ** 32) | 0, this.#lanes, this.#words)
    return this
  }

  /** The statement is one of the set. */
  end(): void {
    copy(this.#lanes, this.#ended)
    this.#add(this.#words)
  }

  /** The statement with this text at its end is one of the set. It stays under way as it is, for others that begin like it. */
  endWith(text: string): void {
    this.#add(takeText(text, this.#lanes, this.#words, this.#ended))
  }

  #add(words: number): void {
    const [ended, sum] = [this.#ended, this.#sum]
    mix(ended, words)
    for (let i = 0; i < LANES; i++) sum[i] = at(sum, i) + at(ended, i)
  }

  hex(): string {
    let text = ''
    for (const lane of this.#sum) {
      for (let bits = 24; bits >= 0; bits -= 8) text += HEX_OF_BYTE[(lane >>> bits) & 0xff] ?? ''
    }
    return text
  }
}

/** Takes in its length, then its characters two by two. @returns how many words have been taken in after it */
function takeText(text: string, from: Int32Array, before: number, into: Int32Array): number {
  const pairs = text.length >>> 1
  let lane = before & LAST_LANE
  // The lane whose turn it is, and those after it. Locals of one loop, so that they stay in processor registers.
  let first = at(from, lane)
  let second = at(from, (lane + 1) & LAST_LANE)
  let third = at(from, (lane + 2) & LAST_LANE)
  let fourth = at(from, (lane + 3) & LAST_LANE)
  let word = text.length
  for (let i = 0; ; i++) {
    const next = mixed(first, second, word, lane)
    first = second
    second = third
    third = fourth
    fourth = next
    lane = (lane + 1) & LAST_LANE
    if (i === pairs) break
    word = text.charCodeAt(2 * i) | (text.charCodeAt(2 * i + 1) << 16)
  }
  into[lane] = first
  into[(lane + 1) & LAST_LANE] = second
  into[(lane + 2) & LAST_LANE] = third
  into[(lane + 3) & LAST_LANE] = fourth
  const words = before + 1 + pairs
  return text.length & 1 ? takeWord(text.charCodeAt(text.length - 1), into, words) : words
}

function takeWord(word: number, lanes: Int32Array, before: number): number {
  const lane = before & LAST_LANE
  lanes[lane] = mixed(at(lanes, lane), at(lanes, (lane + 1) & LAST_LANE), word, lane)
  return before + 1
}

/** Lets every bit of the statement reach every bit of every lane. */
function mix(lanes: Int32Array, words: number): void {
  const [b, c, d] = [at(lanes, 1), at(lanes, 2), at(lanes, 3)]
  const sum = at(lanes, 0) + b + c + d
  const first = avalanche(sum ^ words)
  const second = avalanche((sum + b) ^ words)
  const third = avalanche((sum + c) ^ words)
  const fourth = avalanche((sum + d) ^ words)
  const mixed = first + second + third + fourth
  lanes[0] = mixed
  lanes[1] = mixed + second
  lanes[2] = mixed + third
  lanes[3] = mixed + fourth
}

/** Of four numbers, which \`set\` takes longer for than this. */
function copy(from: Int32Array, into: Int32Array): void {
  for (let i = 0; i < LANES; i++) into[i] = at(from, i)
}

/** A lane after a word was taken in. */
function mixed(lane: number, nextLane: number, word: number, place: number): number {
  const mixed = lane ^ Math.imul(rotated(Math.imul(word, C1), 15), C2)
  return (Math.imul((rotated(mixed, 19) + nextLane) | 0, 5) + at(LANE_CONSTANTS, place)) | 0
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
