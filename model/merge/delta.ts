/**
 * Deltas: of a record, only what a peer has not seen.
 *
 * A part of a unit under the whole vector would delete what it leaves out: a vector that covers a dot which the unit does
 * not hold says "seen, and replaced". So a delta names the vector that it builds on, and says of every register either
 * nothing (unchanged since then) or all (the new values, and the dots of the older ones that are still held):
 *
 *     whole unit   {A: 3, B: 1}   title → [A1]   startTime → [A2] [B1]   location → [A3]
 *     peer has     {A: 2}
 *     delta        {A: 2} → {A: 3, B: 1}         startTime → A2, [B1]    location → [A3]
 *
 * A receiver that covers the base can fill in the rest from what it holds, and then has a whole unit to join. It needs no
 * more than that: if a value was replaced since the base, the one that replaced it, or replaced that one, is new as well,
 * so its register is in the delta. After the delta-CRDTs of Almeida, Shoker, Baquero 2018 ("causal delta-merging
 * condition"); unlike theirs, a delta here is made for one peer from two vectors, and no buffer of deltas is kept.
 */
import { z } from 'zod'
import { err, ok, type Result } from '../result.ts'
import { decodeRecord, encodeRecord, isObject, type MalformedRecord, type StoredRecord } from './codec.ts'
import { type CausalRecord, type JoinError, joinRecords } from './record.ts'
import { SortedMap } from './sortedMap.ts'
import { EMPTY_UNIT, type Registers, type Sibling, type Unit } from './unit.ts'
import {
  type ActorId,
  compareDots,
  compareText,
  covers,
  coversAll,
  type Dot,
  EMPTY_VECTOR,
  type Vector,
} from './vector.ts'

/** Vectors by read class, as a peer has told them. */
export type Vectors = ReadonlyMap<string, Vector>

export interface Delta extends Omit<CausalRecord, 'units'> {
  readonly units: ReadonlyMap<string, UnitDelta>
}

export interface UnitDelta {
  /** The receiver must have seen this much. */
  readonly since: Vector
  /** What it will have seen with the delta. */
  readonly vector: Vector
  /** Registers with a value that is not covered by `since`, and those values. */
  readonly changed: Registers
  /** Of the same registers: the values that are covered by `since` and still held. The receiver has them. */
  readonly kept: ReadonlyMap<string, readonly Dot[]>
}

/** The delta builds on more than the receiver has seen: ask for the whole units of these classes. */
export interface NeedsWhole {
  readonly kind: 'needs-whole'
  readonly readClasses: readonly string[]
}

/** @returns what a peer that has seen so much lacks of the record; `undefined` if it lacks nothing */
export function deltaSince(record: CausalRecord, peer: Vectors): Delta | undefined {
  const units = new Map<string, UnitDelta>()
  for (const [readClass, unit] of record.units) {
    const seen = peer.get(readClass) ?? EMPTY_VECTOR
    if (!coversAll(seen, unit.vector)) units.set(readClass, unitDelta(unit, seen))
  }
  return units.size === 0 ? undefined : { ...record, units }
}

function unitDelta({ vector, registers }: Unit, seen: Vector): UnitDelta {
  const changed = new Map<string, readonly Sibling[]>()
  const kept = new Map<string, readonly Dot[]>()
  for (const [name, siblings] of registers) {
    const unseen = siblings.filter(({ edit }) => !covers(seen, edit))
    if (unseen.length === 0) continue
    changed.set(name, unseen)
    const old = siblings.filter(({ edit }) => covers(seen, edit))
    if (old.length > 0)
      kept.set(
        name,
        old.map(({ edit: { actor, counter } }) => ({ actor, counter })),
      )
  }
  return { since: meet(seen, vector), vector, changed: SortedMap.from(changed), kept }
}

/** What both have seen. A delta need not build on edits that its sender does not know. */
function meet(a: Vector, b: Vector): Vector {
  const both = new Map<ActorId, number>()
  for (const [actor, counter] of a) {
    const shared = Math.min(counter, b.get(actor) ?? 0)
    if (shared > 0) both.set(actor, shared)
  }
  return SortedMap.from(both)
}

/** The same as joining the whole record from which the delta was made, or `NeedsWhole` and nothing has changed. */
export function applyDelta(
  record: CausalRecord | undefined,
  delta: Delta,
): Result<CausalRecord, NeedsWhole | JoinError> {
  const whole = wholeOf(record, delta)
  if (!whole.ok || !record) return whole
  return joinRecords(record, whole.value)
}

/**
 * The record that the sender would have sent instead, as far as it matters to this receiver. What may be brought by a peer
 * is to be asked of this, since a delta alone does not show what it takes away.
 */
export function wholeOf(record: CausalRecord | undefined, delta: Delta): Result<CausalRecord, NeedsWhole> {
  const units = new Map<string, Unit>()
  const readClasses: string[] = []
  for (const [readClass, unit] of delta.units) {
    const mine = record?.units.get(readClass) ?? EMPTY_UNIT
    if (coversAll(mine.vector, unit.since)) units.set(readClass, wholeUnit(mine, unit))
    else readClasses.push(readClass)
  }
  if (readClasses.length > 0) return err({ kind: 'needs-whole', readClasses: readClasses.sort(compareText) })
  return ok({ ...delta, units: SortedMap.from(units) })
}

function wholeUnit(mine: Unit, { vector, changed, kept }: UnitDelta): Unit {
  const others = SortedMap.from(mine.registers)
  const registers = coversAll(vector, mine.vector) ? others : seenPart(others, vector)
  const { names, items } = SortedMap.from(changed)
  const merged = names.map((name, i) => {
    const held = keptOf(others.get(name) ?? [], kept.get(name))
    return [...held, ...(items[i] ?? [])].sort((a, b) => compareDots(a.edit, b.edit))
  })
  return { vector, registers: registers.with(names, merged) }
}

/** Registers that a delta does not touch: whatever of them its sender has seen, it holds too. */
function seenPart(registers: SortedMap<readonly Sibling[]>, vector: Vector): SortedMap<readonly Sibling[]> {
  const seen = registers.items.map((siblings) => {
    const part = siblings.filter(({ edit }) => covers(vector, edit))
    return part.length === siblings.length ? siblings : part
  })
  const isLeft = (_: string | readonly Sibling[], i: number) => (seen[i]?.length ?? 0) > 0
  return SortedMap.of(registers.names.filter(isLeft), seen.filter(isLeft))
}

function keptOf(siblings: readonly Sibling[], kept: readonly Dot[] = []): readonly Sibling[] {
  if (kept.length === 0) return [] // mostly so
  const dots = new Set(kept.map(nameOf))
  return siblings.filter(({ edit }) => dots.has(nameOf(edit)))
}

function nameOf({ actor, counter }: Dot): string {
  return `${actor} ${counter}`
}

const storedCounter = z.number().int().min(0)
const MAX_KEPT = 20_000
const MAX_CLASS_CHARS = 20
const MAX_REGISTER_CHARS = 500

/**
 * The one form of a delta on the wire. `changed` has the shape of a stored record and is none: joined as one, it would
 * delete. `since` counts by its list of actors; `kept` has pairs of an actor's index and a counter.
 */
export const storedDelta = z.strictObject({
  /** Read by `decodeRecord`. */
  changed: z.custom<StoredRecord>((raw) => typeof raw === 'object' && raw !== null),
  since: z.record(z.string().min(1).max(MAX_CLASS_CHARS), z.array(storedCounter)),
  kept: z.record(
    z.string().min(1).max(MAX_CLASS_CHARS),
    z.record(z.string().min(1).max(MAX_REGISTER_CHARS), z.array(storedCounter).max(2 * MAX_KEPT)),
  ),
})

export type StoredDelta = z.infer<typeof storedDelta>

/** By hand, since nearly every edit comes as a delta: what passes is what the schema takes as it is. */
function isStoredDelta(raw: unknown): raw is StoredDelta {
  if (!isObject(raw) || Object.keys(raw).length !== 3) return false
  const { changed, since, kept } = raw
  if (!isObject(changed) || !isObject(since) || !isObject(kept)) return false
  for (const name of Object.keys(since)) if (!isClassName(name) || !isCounters(since[name])) return false
  for (const name of Object.keys(kept)) {
    const registers = kept[name]
    if (!isClassName(name) || !isObject(registers)) return false
    for (const register of Object.keys(registers)) {
      const isName = register.length > 0 && register.length <= MAX_REGISTER_CHARS && register !== '__proto__'
      if (!isName || !isCounters(registers[register], 2 * MAX_KEPT)) return false
    }
  }
  return true
}

function isClassName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_CLASS_CHARS && name !== '__proto__'
}

function isCounters(raw: unknown, most = Number.POSITIVE_INFINITY): boolean {
  return Array.isArray(raw) && raw.length <= most && raw.every((each) => Number.isSafeInteger(each) && each >= 0)
}

/** Canonical: equal deltas have equal text. */
export function encodeDelta(delta: Delta): StoredDelta {
  const units = new Map([...delta.units].map(([name, { vector, changed }]) => [name, { vector, registers: changed }]))
  const changed = encodeRecord({ ...delta, units })
  const indexOf = new Map(changed.actors.map((actor, i) => [actor, i]))
  const inOrder = [...delta.units].sort(([a], [b]) => compareText(a, b))
  const since = inOrder.map(([name, unit]) => [name, changed.actors.map((actor) => unit.since.get(actor) ?? 0)])
  const kept = inOrder
    .filter(([, unit]) => unit.kept.size > 0)
    .map(([name, unit]) => [name, encodeKept(unit.kept, indexOf)])
  return { changed, since: Object.fromEntries(since), kept: Object.fromEntries(kept) }
}

function encodeKept(kept: UnitDelta['kept'], indexOf: ReadonlyMap<ActorId, number>): Record<string, number[]> {
  const registers = [...kept]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, dots]) => [
      name,
      [...dots].sort(compareDots).flatMap(({ actor, counter }) => [indexOf.get(actor) ?? 0, counter]),
    ])
  return Object.fromEntries(registers)
}

/** Decodes a delta that came from outside, as strictly as `decodeRecord`: it lacks nothing and contradicts itself nowhere. */
export function decodeDelta(raw: unknown): Result<Delta, MalformedRecord> {
  const parsed = isStoredDelta(raw) ? ok(raw) : parseDelta(raw)
  if (!parsed.ok) return parsed
  const { changed, since, kept } = parsed.value
  const decoded = decodeRecord(changed)
  if (!decoded.ok) return decoded
  for (const readClass of [...Object.keys(since), ...Object.keys(kept)]) {
    if (!decoded.value.units.has(readClass)) return malformed(`${readClass}: nothing has changed in it`)
  }
  const units = new Map<string, UnitDelta>()
  for (const [readClass, { vector, registers }] of decoded.value.units) {
    const unit: UnitDelta = {
      since: vectorOf(Object.hasOwn(since, readClass) ? since[readClass] : undefined, changed.actors),
      vector,
      changed: registers,
      kept: keptDots(Object.hasOwn(kept, readClass) ? kept[readClass] : undefined, changed.actors),
    }
    const reason = contradictionIn(unit)
    if (reason !== undefined) return malformed(`${readClass}: ${reason}`)
    units.set(readClass, unit)
  }
  return ok({ ...decoded.value, units })
}

/** What the shortcut does not know, the schema takes or says what is wrong with. */
function parseDelta(raw: unknown): Result<StoredDelta, MalformedRecord> {
  const parsed = storedDelta.safeParse(raw)
  if (parsed.success) return ok(parsed.data)
  const [issue] = parsed.error.issues
  return malformed(`${issue?.path.join('.') || 'delta'}: ${issue?.message}`)
}

function vectorOf(counters: readonly number[] = [], actors: readonly ActorId[]): Vector {
  const vector = new Map<ActorId, number>()
  counters.forEach((count, i) => {
    if (count > 0) vector.set(actors[i] ?? '', count)
  })
  return SortedMap.from(vector)
}

function keptDots(
  kept: Readonly<Record<string, readonly number[]>> = {},
  actors: readonly ActorId[],
): UnitDelta['kept'] {
  const registers = new Map<string, readonly Dot[]>()
  for (const [name, flat] of Object.entries(kept)) {
    const dots: Dot[] = []
    // An index or a counter that is not there makes a dot that nobody can have seen, and is refused as such.
    for (let i = 0; i < flat.length; i += 2) {
      dots.push({ actor: actors[flat[i] ?? -1] ?? '', counter: flat[i + 1] ?? Number.POSITIVE_INFINITY })
    }
    registers.set(name, dots.sort(compareDots))
  }
  return registers
}

function contradictionIn({ since, vector, changed, kept }: UnitDelta): string | undefined {
  if (!coversAll(vector, since)) return 'it builds on more than it has seen'
  for (const siblings of changed.values()) {
    if (siblings.some(({ edit }) => covers(since, edit))) return 'a value is no news to whoever it is for'
  }
  for (const [name, dots] of kept) {
    if (!changed.has(name)) return `register ${name} keeps values and has no new one`
    if (dots.some((dot) => dot.counter < 1 || !covers(since, dot)))
      return `register ${name} keeps a value that is not old`
    if (new Set(dots.map(nameOf)).size !== dots.length) return `register ${name} keeps a value twice`
  }
  return undefined
}

function malformed(reason: string): { readonly ok: false; readonly error: MalformedRecord } {
  return err({ kind: 'malformed-record', reason })
}
