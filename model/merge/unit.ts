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
import { compareAt, SortedMap } from './sortedMap.ts'
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

export const EMPTY_UNIT: Unit = { vector: EMPTY_VECTOR, registers: SortedMap.empty() }

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
  const me = new Side(a)
  const they = new Side(b)
  const mine = me.registers
  const theirs = they.registers
  let items: (readonly Sibling[])[] | undefined
  const names: string[] = []
  const others: (readonly Sibling[] | undefined)[] = []
  let theyWin = true
  let anyEdit: Edit | undefined
  // Most registers of a record were written by one edit, so the pair last found to be the same is remembered.
  let known: Edit | undefined
  let same: Edit | undefined
  let i = 0
  let j = 0
  while (i < mine.size || j < theirs.size) {
    const order = compareAt(mine.names, i, theirs.names, j)
    const name = (order <= 0 ? mine.names[i] : theirs.names[j]) ?? ''
    const my = (order <= 0 ? mine.items[i++] : undefined) ?? NOTHING
    const their = (order >= 0 ? theirs.items[j++] : undefined) ?? NOTHING
    if (my === their) continue
    const edit = my[0]?.edit
    const other = their[0]?.edit
    if (order === 0 && edit === known && other === same && my.length === 1 && their.length === 1) continue
    if (order === 0 && holdSameEdits(my, their)) {
      known = edit
      same = other
      continue
    }
    const joined = joinSiblings(my, me, their, they)
    if ('counter' in joined) return err(dotClash(name, joined))
    anyEdit ??= edit ?? other
    if (joined !== their) theyWin = false
    if (joined === my) continue
    if (order === 0 && joined.length > 0) {
      items ??= mine.items.slice()
      items[i - 1] = joined
    } else {
      names.push(name)
      others.push(joined.length > 0 ? joined : undefined)
    }
  }
  const vector = joinVectors(a.vector, b.vector)
  if (!items && names.length === 0) return ok(vector === a.vector ? a : { vector, registers: mine })
  const replaced = items ? mine.withItems(items) : mine
  const registers = theyWin ? theirs : names.length > 0 ? replaced.with(names, others) : replaced
  // The last edit of all is always held by somebody. If nothing is left, one dot stands for different fields.
  if (registers.size === 0 && anyEdit) return err(dotClash(names[0] ?? '', anyEdit))
  return ok({ vector, registers })
}

type SortedRegisters = SortedMap<readonly Sibling[]>

const NOTHING: readonly Sibling[] = []

/** Siblings stand in the order of their dots, so the same ones stand in the same places. */
function holdSameEdits(mine: readonly Sibling[], theirs: readonly Sibling[]): boolean {
  if (mine.length !== theirs.length) return false
  for (let i = 0; i < mine.length; i++) {
    const edit = mine[i]?.edit
    const other = theirs[i]?.edit
    if (edit === other) continue
    if (!edit || !other || !sameDot(edit, other) || !sameContent(edit, other)) return false
  }
  return true
}

/** The tag stands for the values; what else an edit says decides what is shown, asked and undone. */
export function sameContent(a: Edit, b: Edit): boolean {
  return (
    a.tag === b.tag &&
    a.stamp === b.stamp &&
    a.ask === b.ask &&
    a.operation === b.operation &&
    a.decided?.conflictId === b.decided?.conflictId &&
    a.decided?.strategy === b.decided?.strategy
  )
}

/** One of the two units of a join. */
class Side {
  readonly vector: Vector
  readonly registers: SortedRegisters
  #lookups = 0
  #index: ReadonlyMap<string, Edit> | undefined

  constructor({ vector, registers }: Unit) {
    this.vector = vector
    this.registers = SortedMap.from(registers)
  }

  /** The edit of this dot, in whatever register it stands. */
  find(dot: Dot): Edit | undefined {
    if (this.#lookups++ > FEW) {
      this.#index ??= indexByDot(this.registers)
      return this.#index.get(dotKey(dot))
    }
    for (const siblings of this.registers.items) for (const { edit } of siblings) if (sameDot(edit, dot)) return edit
    return undefined
  }
}

/** After so many look-ups it pays to build an index. A hostile record can hold thousands of siblings. */
const FEW = 64

function indexByDot(registers: SortedRegisters): ReadonlyMap<string, Edit> {
  const index = new Map<string, Edit>()
  for (const siblings of registers.items) for (const { edit } of siblings) index.set(dotKey(edit), edit)
  return index
}

function dotKey({ actor, counter }: Dot): string {
  return `${actor} ${counter}`
}

/**
 * Keeps what both sides hold, and what the other side has not seen. A walk along both lists, which stand in the order of
 * their dots; so does the result. Returns one of the lists itself if nothing else is left.
 * @returns the dot instead, if one stands for different contents on the two sides
 */
function joinSiblings(
  mine: readonly Sibling[],
  me: Side,
  theirs: readonly Sibling[],
  they: Side,
): readonly Sibling[] | Dot {
  let joined: Sibling[] | undefined
  let i = 0
  let j = 0
  while (i < mine.length || j < theirs.length) {
    const my = i < mine.length ? mine[i] : undefined
    const their = j < theirs.length ? theirs[j] : undefined
    const order = my && their ? compareDots(my.edit, their.edit) : my ? -1 : 1
    const sibling = order <= 0 ? my : their
    if (order <= 0) i++
    if (order >= 0) j++
    if (!sibling) continue
    const other = order < 0 ? they : me
    const isUnseen = order !== 0 && !covers(other.vector, sibling.edit)
    const twin = order === 0 ? their?.edit : isUnseen ? undefined : other.find(sibling.edit)
    if (twin && twin !== sibling.edit && !sameContent(sibling.edit, twin)) return sibling.edit
    if (order !== 0 && !isUnseen) continue
    if (joined) joined.push(sibling)
    else joined = [sibling]
  }
  if (!joined) return NOTHING
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
  const vector = SortedMap.from(unit.vector).with([edit.actor], [edit.counter])
  const registers = SortedMap.from(unit.registers)
  const names = [...values.keys()].sort()
  const written = names.map((name) => {
    const sibling = { edit, value: values.get(name) }
    const unseen = (registers.get(name) ?? NOTHING).filter((other) => !covers(seen, other.edit))
    return unseen.length === 0 ? [sibling] : [...unseen, sibling].sort((x, y) => compareDots(x.edit, y.edit))
  })
  return { vector, registers: registers.with(names, written) }
}

export function nextCounter(unit: Unit, actor: string): number {
  return (unit.vector.get(actor) ?? 0) + 1
}

/** Equal vectors, and the same edits with the same contents in the same registers. */
export function sameUnit(a: Unit, b: Unit): boolean {
  if (a === b) return true
  if (a.vector.size !== b.vector.size) return false
  for (const [actor, counter] of a.vector) if (b.vector.get(actor) !== counter) return false
  const mine = SortedMap.from(a.registers)
  const theirs = SortedMap.from(b.registers)
  if (mine.size !== theirs.size) return false
  return mine.names.every(
    (name, i) => name === theirs.names[i] && holdSameEdits(mine.items[i] ?? NOTHING, theirs.items[i] ?? NOTHING),
  )
}
