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
import { copyMap } from './maps.ts'
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
 *
 * Two states of one record differ in a register or two. Only those are joined; all others are taken over as they are.
 */
export function joinUnits(a: Unit, b: Unit): Result<Unit, DotClash> {
  const differences = differencesOf(a.registers, b.registers)
  const clash = differences.length > 0 ? clashIn(differences, a, b) : undefined
  if (clash) return err(clash)
  const vector = joinVectors(a.vector, b.vector)
  const registers = joinRegisters(a, b, differences)
  if (vector === a.vector && registers === a.registers) return ok(a)
  const lost = registers.size === 0 ? differences[0] : undefined
  // The last edit of all is always held by somebody. If nothing is left, one dot stands for different fields.
  if (lost?.mine[0]) return err(dotClash(lost.register, lost.mine[0].edit))
  return ok({ vector, registers })
}

/** A register that does not hold the same edits on both sides. */
interface Difference {
  readonly register: string
  readonly mine: readonly Sibling[]
  readonly theirs: readonly Sibling[]
}

const NOTHING: readonly Sibling[] = []

function differencesOf(a: Registers, b: Registers): readonly Difference[] {
  const areSame = comparison()
  const differences: Difference[] = []
  let inBoth = 0
  for (const [register, mine] of a) {
    const theirs = b.get(register)
    if (theirs) inBoth++
    if (theirs && holdSameEdits(mine, theirs, areSame)) continue
    differences.push({ register, mine, theirs: theirs ?? NOTHING })
  }
  if (inBoth === b.size) return differences
  for (const [register, theirs] of b) if (!a.has(register)) differences.push({ register, mine: NOTHING, theirs })
  return differences
}

/** Most registers of a record were written by one edit, so the pair last found to be the same is remembered. */
function comparison(): (mine: Edit, theirs: Edit) => boolean {
  let lastMine: Edit | undefined
  let lastTheirs: Edit | undefined
  return (mine, theirs) => {
    if (mine === lastMine && theirs === lastTheirs) return true
    if (!sameDot(mine, theirs) || !sameContent(mine, theirs)) return false
    lastMine = mine
    lastTheirs = theirs
    return true
  }
}

/** Siblings stand in the order of their dots, so the same ones stand in the same places. */
function holdSameEdits(
  mine: readonly Sibling[],
  theirs: readonly Sibling[],
  areSame: (mine: Edit, theirs: Edit) => boolean,
): boolean {
  if (mine.length !== theirs.length) return false
  for (let i = 0; i < mine.length; i++) {
    const edit = mine[i]?.edit
    const other = theirs[i]?.edit
    if (!edit || !other || !areSame(edit, other)) return false
  }
  return true
}

/** The tag stands for the values. The stamp is not in it, and two stamps would order siblings differently. */
function sameContent(a: Edit, b: Edit): boolean {
  return a.tag === b.tag && a.stamp === b.stamp && a.ask === b.ask
}

/**
 * A dot that stands for different contents on the two sides, in whatever registers. Only an edit that stands in a
 * difference can be one of two such contents: where nothing differs, each side holds the content of the other. And it
 * stands on the other side only if that has seen it.
 */
function clashIn(differences: readonly Difference[], a: Unit, b: Unit): DotClash | undefined {
  const many = countEdits(differences) > FEW
  const indexOfA = many ? indexByDot(a.registers) : undefined
  const indexOfB = many ? indexByDot(b.registers) : undefined
  for (const { register, mine } of differences) {
    for (const { edit } of mine) {
      const other = covers(b.vector, edit) ? editUnder(edit, b.registers, indexOfB) : undefined
      if (other && !sameContent(edit, other)) return dotClash(register, edit)
    }
  }
  for (const { register, theirs } of differences) {
    for (const { edit } of theirs) {
      const other = covers(a.vector, edit) ? editUnder(edit, a.registers, indexOfA) : undefined
      if (other && !sameContent(edit, other)) return dotClash(register, edit)
    }
  }
  return undefined
}

/** Above this many edits to look up it pays to build an index. A hostile record can hold thousands. */
const FEW = 64

function countEdits(differences: readonly Difference[]): number {
  let edits = 0
  for (const { mine, theirs } of differences) edits += mine.length + theirs.length
  return edits
}

function indexByDot(registers: Registers): ReadonlyMap<string, Edit> {
  const index = new Map<string, Edit>()
  for (const siblings of registers.values()) for (const { edit } of siblings) index.set(dotKey(edit), edit)
  return index
}

function dotKey({ actor, counter }: Dot): string {
  return `${actor} ${counter}`
}

function editUnder(dot: Dot, registers: Registers, index: ReadonlyMap<string, Edit> | undefined): Edit | undefined {
  if (index) return index.get(dotKey(dot))
  for (const siblings of registers.values()) for (const { edit } of siblings) if (sameDot(edit, dot)) return edit
  return undefined
}

/** Returns the registers of one side themselves when that side wins every difference. */
function joinRegisters(a: Unit, b: Unit, differences: readonly Difference[]): Registers {
  const joined: (readonly Sibling[])[] = []
  let allMine = true
  let allTheirs = true
  for (const { mine, theirs } of differences) {
    const siblings = joinSiblings(mine, a.vector, theirs, b.vector)
    joined.push(siblings)
    if (siblings !== mine) allMine = false
    if (siblings !== theirs) allTheirs = false
  }
  if (allMine) return a.registers
  if (allTheirs) return b.registers
  const registers = copyMap(a.registers)
  for (let i = 0; i < differences.length; i++) {
    const register = differences[i]?.register
    const siblings = joined[i]
    if (register === undefined || !siblings) continue
    if (siblings.length > 0) registers.set(register, siblings)
    else registers.delete(register)
  }
  return registers
}

/**
 * Keeps what the other side holds as well, and what it has not seen. A walk along both lists, which stand in the order
 * of their dots; so does the result. Returns one of the lists itself if nothing else is left.
 */
function joinSiblings(
  mine: readonly Sibling[],
  myVector: Vector,
  theirs: readonly Sibling[],
  theirVector: Vector,
): readonly Sibling[] {
  const joined: Sibling[] = []
  let i = 0
  let j = 0
  while (i < mine.length || j < theirs.length) {
    const my = i < mine.length ? mine[i] : undefined
    const their = j < theirs.length ? theirs[j] : undefined
    const order = my && their ? compareDots(my.edit, their.edit) : my ? -1 : 1
    if (order <= 0) i++
    if (order >= 0) j++
    if (my && (order === 0 || (order < 0 && !covers(theirVector, my.edit)))) joined.push(my)
    if (their && order > 0 && !covers(myVector, their.edit)) joined.push(their)
  }
  if (consistsOf(joined, mine)) return mine
  return consistsOf(joined, theirs) ? theirs : joined
}

function consistsOf(joined: readonly Sibling[], siblings: readonly Sibling[]): boolean {
  if (joined.length !== siblings.length) return false
  for (let i = 0; i < joined.length; i++) if (joined[i] !== siblings[i]) return false
  return true
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
  const vector = copyMap(unit.vector).set(edit.actor, edit.counter)
  const registers = copyMap(unit.registers)
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
