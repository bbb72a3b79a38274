/**
 * Order keys: what a person drags into place gets a rank between its neighbours' ranks, and nobody else's rank changes.
 * Ranks are compared as text, by code unit.
 *
 *     00000k            as the importer wrote it: base 36, padded with zeros
 *     00000ki3x5k20q9   put in behind it: `i` of its own, then eight digits of who did it
 *     00000l
 *
 * A rank is read as the digits of a fraction, of which `.` is the zero: it stands before `0` in Unicode, so there is room
 * before `000000` too, and between `00000k` and the importer's `00000k.02`. A new rank has as few digits as leave it room,
 * and stays close to the longer neighbour, at a 32nd of the gap: somebody who puts in one item after the other uses up
 * the gap slowly, and not by halves. 1,000 items put in at one place so cost about ten digits. Putting in each item between
 * the two last ones costs a digit an item; past 200 characters the list is to be numbered anew (`ranksBetween`).
 *
 * The digits of the author make two people's ranks different who put something in at the same place without knowing.
 *
 * Fractional indexing after Greenspan 2020 ("Implementing Fractional Indexing", observablehq.com/@dgreensp); staying close
 * to one side after Nédelec, Molli, Mostéfaoui, Desmontils 2013 (LSEQ), with the side taken from the neighbours where they
 * take it by chance; the author's suffix after Weiss, Urso, Molli 2009 (Logoot).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { ActorId } from './vector.ts'

const DIGITS = '.0123456789abcdefghijklmnopqrstuvwxyz'
const RADIX = BigInt(DIGITS.length)
const SUFFIX_DIGITS = 8
/** The part of a gap that lies between the longer neighbour and what is put in next to it. */
const CLOSENESS = 32n
/** As long as a rank may be in the tables. */
export const MAX_RANK_CHARS = 200
const MAX_DIGITS = MAX_RANK_CHARS - SUFFIX_DIGITS

/** The neighbours of the place, as they stand in the list; absent at its ends. */
export interface Place {
  readonly before?: string | undefined
  readonly after?: string | undefined
}

/**
 * A rank for something that is put in between two others. Always a rank, whatever the neighbours are: if there is no room
 * between them (equal ranks, ranks out of order), it comes directly behind the first.
 */
export function rankBetween(place: Place, actor: ActorId): string {
  const [rank = ''] = ranksBetween(place, 1, actor)
  return rank
}

/** So many ranks for a row of things that are put in together, in order; also to number a whole list anew. */
export function ranksBetween(place: Place, count: number, actor: ActorId): readonly string[] {
  const wanted = BigInt(count)
  const gap = gapIn(place, wanted * CLOSENESS) ?? gapBehind(place.before ?? '', wanted)
  const suffix = suffixOf(actor)
  return numbersIn(gap, nearTo(place), wanted).map((number) => digitsOf(number, gap.digits) + suffix)
}

/** Between two numbers of so many digits, both excluded. */
interface Gap {
  readonly digits: number
  readonly low: bigint
  readonly high: bigint
}

function gapIn({ before, after }: Place, room: bigint): Gap | undefined {
  for (let digits = 1; digits <= MAX_DIGITS; digits++) {
    const low = before === undefined ? -1n : lowNumber(before, digits)
    const high = after === undefined ? RADIX ** BigInt(digits) : highNumber(after, digits)
    if (high - low > room) return { digits, low, high }
  }
  return undefined
}

function gapBehind(before: string, count: bigint): Gap {
  const digits = Math.min(before.length + 2, MAX_DIGITS)
  const width = count * CLOSENESS + 1n
  const last = RADIX ** BigInt(digits) - width
  const low = lowNumber(before, digits)
  return low < last ? { digits, low, high: low + width } : { digits, low: last, high: last + width }
}

/** The longer neighbour came later: whoever puts in a row of items goes on from there. */
function nearTo({ before, after }: Place): 'before' | 'after' | 'middle' {
  if (before === undefined) return after === undefined ? 'middle' : 'after'
  if (after === undefined || before.length > after.length) return 'before'
  return before.length < after.length ? 'after' : 'middle'
}

function numbersIn({ low, high }: Gap, near: ReturnType<typeof nearTo>, count: bigint): readonly bigint[] {
  const parts = near === 'middle' || count * 2n > CLOSENESS ? count + 1n : CLOSENESS
  const first = near === 'after' ? parts - count : 1n
  return Array.from({ length: Number(count) }, (_, i) => low + ((high - low) * (first + BigInt(i))) / parts)
}

/** The largest number of which no extension comes behind this rank. */
function lowNumber(rank: string, digits: number): bigint {
  let number = 0n
  for (let i = 0; i < digits; i++) {
    const char = rank[i]
    const digit = char === undefined ? 0 : DIGITS.indexOf(char)
    if (digit < 0) {
      // A character that is no digit of ours: what begins with the digit before it comes before it, to the last.
      const tail = RADIX ** BigInt(digits - i)
      return number * tail + BigInt(digitsUpTo(char)) * (tail / RADIX) - 1n
    }
    number = number * RADIX + BigInt(digit)
  }
  return number
}

/** The smallest number of which no extension comes before this rank. */
function highNumber(rank: string, digits: number): bigint {
  let number = 0n
  for (let i = 0; i < digits; i++) {
    const char = rank[i]
    const digit = char === undefined ? 0 : DIGITS.indexOf(char)
    if (digit < 0) return (number * RADIX + BigInt(digitsUpTo(char))) * RADIX ** BigInt(digits - i - 1)
    number = number * RADIX + BigInt(digit)
  }
  return number
}

function digitsUpTo(char: string | undefined): number {
  return [...DIGITS].filter((digit) => char !== undefined && digit < char).length
}

function digitsOf(number: bigint, count: number): string {
  let digits = ''
  for (let rest = number, i = 0; i < count; i++) {
    digits = (DIGITS[Number(rest % RADIX)] ?? '') + digits
    rest /= RADIX
  }
  return digits
}

function suffixOf(actor: ActorId): string {
  const bytes = sha256(utf8ToBytes(actor))
  const number = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  return number.toString(36).padStart(SUFFIX_DIGITS, '0').slice(-SUFFIX_DIGITS)
}
