/**
 * The causal unit: the fields of one record that one read class may see, each a multi-value register, under one version
 * vector. `join` is the causal map of the delta-CRDT literature (Almeida, Shoker, Baquero 2018); a dot per edit and a
 * context per edit are dotted version vectors (Preguiça et al. 2010).
 *
 *     vector     {A: 2, B: 1}
 *     registers  title     → [A1 "Ceremony"]
 *                startTime → [A2 15:20] [B1 15:30]      two siblings: neither edit had seen the other
 *
 * A value is dropped by a join only if the other side has seen its dot and no longer holds it, that is, if somebody who
 * had it before their eyes replaced it.
 */
import { err, ok, type Result } from '../result.ts'
import type { Stamp } from './clock.ts'
import type { Envelope } from './envelope.ts'
import { compareDots, covers, type Dot, EMPTY_VECTOR, joinVectors, sameDot, type Vector } from './vector.ts'

/** One edit of one unit. All fields that it wrote share the dot. */
export interface Edit extends Dot {
  readonly stamp: Stamp
  /** 8 bytes, base64url: tells two contents under one dot apart (see `tag.ts`). */
  readonly tag: string
  /** Written so that a person decides, whatever the policy of the field. */
  readonly ask?: true
  /** Edits made by one action ("push everything by 15 minutes") share its id. */
  readonly operation?: string
  /** Conflicts that this edit settles, and how. */
  readonly decided?: { readonly conflictId: string; readonly strategy: string }
}

export interface Sibling {
  readonly edit: Edit
  readonly value: Envelope
}

export type Registers = ReadonlyMap<string, readonly Sibling[]>

export interface Unit {
  readonly vector: Vector
  readonly registers: Registers
}

export const EMPTY_UNIT: Unit = { vector: EMPTY_VECTOR, registers: new Map() }

/** One dot with two contents: a store reused a dot, or somebody forged one. Neither copy may be believed blindly. */
export interface DotClash {
  readonly kind: 'dot-clash'
  readonly register: string
  readonly dot: Dot
}

/**
 * Commutative, associative, idempotent. Returns `a` itself when `b` brings nothing new.
 */
export function joinUnits(a: Unit, b: Unit): Result<Unit, DotClash> {
  const clash = clashOf(a, b)
  if (clash) return err(clash)
  const vector = joinVectors(a.vector, b.vector)
  const registers = new Map<string, readonly Sibling[]>()
  let changed = vector !== a.vector
  for (const name of new Set([...a.registers.keys(), ...b.registers.keys()])) {
    const mine = a.registers.get(name) ?? []
    const joined = joinRegister(mine, a.vector, b.registers.get(name) ?? [], b.vector)
    if (joined !== mine) changed = true
    if (joined.length > 0) registers.set(name, joined)
  }
  // The last edit of all is always held by somebody. If nothing is left, one dot stands for different fields.
  const [lost] = registers.size === 0 ? liveEdits(a) : []
  if (lost) return err(dotClash(...lost))
  return ok(changed ? { vector, registers } : a)
}

/** A dot that stands for different contents on the two sides, in whatever registers. */
function clashOf(a: Unit, b: Unit): DotClash | undefined {
  const contents = new Map([...liveEdits(b)].map(([, edit]) => [`${edit.actor} ${edit.counter}`, contentOf(edit)]))
  for (const [register, edit] of liveEdits(a)) {
    const other = contents.get(`${edit.actor} ${edit.counter}`)
    if (other !== undefined && other !== contentOf(edit)) return dotClash(register, edit)
  }
  return undefined
}

/** The tag stands for the values. The stamp is not in it, and two stamps would order siblings differently. */
function contentOf({ tag, stamp, ask }: Edit): string {
  return `${tag} ${stamp} ${ask ?? false}`
}

function* liveEdits({ registers }: Unit): Generator<[register: string, edit: Edit]> {
  for (const [register, siblings] of registers) for (const { edit } of siblings) yield [register, edit]
}

function joinRegister(
  mine: readonly Sibling[],
  myVector: Vector,
  theirs: readonly Sibling[],
  theirVector: Vector,
): readonly Sibling[] {
  const kept = mine.filter(
    ({ edit }) => !covers(theirVector, edit) || theirs.some((sibling) => sameDot(sibling.edit, edit)),
  )
  const added = theirs.filter(
    ({ edit }) => !covers(myVector, edit) && !mine.some((sibling) => sameDot(sibling.edit, edit)),
  )
  if (added.length === 0 && kept.length === mine.length) return mine
  return [...kept, ...added].sort((x, y) => compareDots(x.edit, y.edit))
}

function dotClash(register: string, { actor, counter }: Dot): DotClash {
  return { kind: 'dot-clash', register, dot: { actor, counter } }
}

/**
 * Writes values into registers under one new edit.
 * @param seen what the author had before their eyes: values within it are replaced, others stay as siblings. The
 *   unit's own vector for a person at this device; an older one for a REST client that sends a late edit.
 */
export function writeUnit(unit: Unit, edit: Edit, values: ReadonlyMap<string, Envelope>, seen: Vector): Unit {
  const vector = new Map(unit.vector).set(edit.actor, edit.counter)
  const registers = new Map(unit.registers)
  for (const [name, value] of values) {
    const unseen = (unit.registers.get(name) ?? []).filter((sibling) => !covers(seen, sibling.edit))
    registers.set(
      name,
      [...unseen, { edit, value }].sort((x, y) => compareDots(x.edit, y.edit)),
    )
  }
  return { vector, registers }
}

export function nextCounter(unit: Unit, actor: string): number {
  return (unit.vector.get(actor) ?? 0) + 1
}

/** Equal vectors, and the same dots with the same tags in the same registers. */
export function sameUnit(a: Unit, b: Unit): boolean {
  if (a === b) return true
  if (a.vector.size !== b.vector.size || a.registers.size !== b.registers.size) return false
  for (const [actor, counter] of a.vector) if (b.vector.get(actor) !== counter) return false
  for (const [name, mine] of a.registers) {
    const theirs = b.registers.get(name)
    if (theirs?.length !== mine.length) return false
    if (!mine.every(({ edit }) => theirs.some((t) => sameDot(t.edit, edit) && t.edit.tag === edit.tag))) return false
  }
  return true
}
