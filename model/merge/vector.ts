/**
 * Actors, dots and version vectors.
 *
 * An *actor* is one incarnation of a store used by one person on one device: 8 random bytes, minted at first start and
 * again after a restore, after damage, when a data folder turns out to be a copy, and when another person takes the
 * device. A counter that was restored from a backup would give out dots that peers have already seen, and its new edits
 * would vanish silently; a new actor cannot.
 *
 * A *dot* (actor, counter) names one edit of one unit. Counters of an actor are contiguous within a unit, so a *version
 * vector* that maps an actor to n says "has seen its edits 1 to n of this unit".
 */
import { compareAt, SortedMap } from './sortedMap.ts'

export type ActorId = string

export type Vector = ReadonlyMap<ActorId, number>

export interface Dot {
  readonly actor: ActorId
  readonly counter: number
}

export const EMPTY_VECTOR: Vector = SortedMap.empty()

export function covers(vector: Vector, dot: Dot): boolean {
  return (vector.get(dot.actor) ?? 0) >= dot.counter
}

/** True if `a` has seen everything that `b` has. */
export function coversAll(a: Vector, b: Vector): boolean {
  for (const [actor, counter] of b) if ((a.get(actor) ?? 0) < counter) return false
  return true
}

/** The least vector that covers both. Returns `a` itself when it already does, and else `b` when that does. */
export function joinVectors(a: Vector, b: Vector): Vector {
  if (a === b) return a
  const mine = SortedMap.from(a)
  const theirs = SortedMap.from(b)
  const actors: ActorId[] = []
  const counters: number[] = []
  let isMine = true
  let isTheirs = true
  let i = 0
  let j = 0
  while (i < mine.size || j < theirs.size) {
    const order = compareAt(mine.names, i, theirs.names, j)
    actors.push((order <= 0 ? mine.names[i] : theirs.names[j]) ?? '')
    const my = (order <= 0 ? mine.items[i++] : undefined) ?? 0
    const their = (order >= 0 ? theirs.items[j++] : undefined) ?? 0
    if (my < their) isMine = false
    else if (their < my) isTheirs = false
    counters.push(my < their ? their : my)
  }
  if (isMine) return a
  return isTheirs ? b : SortedMap.of(actors, counters)
}

export function vectorSum(vector: Vector): number {
  let sum = 0
  for (const counter of vector.values()) sum += counter
  return sum
}

export function sameDot(a: Dot, b: Dot): boolean {
  return a.counter === b.counter && a.actor === b.actor
}

/** A total order on dots, used only to write things down in one canonical order. */
export function compareDots(a: Dot, b: Dot): number {
  if (a.actor !== b.actor) return a.actor < b.actor ? -1 : 1
  return a.counter - b.counter
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
