/**
 * The one form of a record on disk and on the wire. Actors are listed once per record; edits refer to them by index, and
 * values to edits. A register is a flat list of alternating edit index and value:
 *
 *     { id, scope, table, base, actors: ["3q2-7wAAAAA", "x0v1kd93bQI"],
 *       units: { open: {
 *         v: [2, 1],                                            counters, by actor
 *         e: [[0, 1, "0mj8k2p1x000", "tag"], [1, 1, …]],        actor, counter, stamp, tag, and more if there is more
 *         r: { title: [0, "Ceremony"], startTime: [0, "…", 1, "…"] } } } }
 *
 * The order of everything is canonical, so equal records have equal text.
 */
import { z } from 'zod'
import { err, ok, type Result } from '../result.ts'
import { STAMP_PATTERN } from './clock.ts'
import { inOrder, setOwn } from './maps.ts'
import type { CausalRecord } from './record.ts'
import type { Edit, Sibling, Unit } from './unit.ts'
import { compareDots, compareText, covers, sameDot, type Vector } from './vector.ts'

const MAX_ACTORS = 1_000
const MAX_EDITS = 20_000
const MAX_REGISTERS = 5_000
/** Deeper values could be parsed, and then neither written down nor compared. */
const MAX_VALUE_DEPTH = 50
const MAX_COUNTER = 2 ** 48
export const MAX_RECORD_BYTES = 1_000_000

const index = z.number().int().min(0).max(MAX_EDITS)
const extras = z.strictObject({
  ask: z.literal(true).optional(),
  op: z.string().max(64).optional(),
  dec: z.tuple([z.string().max(64), z.string().max(32)]).optional(),
})
const storedEdit = z.union([
  z.tuple([index, z.number().int().min(1).max(MAX_COUNTER), z.string().regex(STAMP_PATTERN), z.string().length(11)]),
  z.tuple([
    index,
    z.number().int().min(1).max(MAX_COUNTER),
    z.string().regex(STAMP_PATTERN),
    z.string().length(11),
    extras,
  ]),
])
const storedUnit = z.strictObject({
  v: z.array(z.number().int().min(0).max(MAX_COUNTER)).max(MAX_ACTORS),
  e: z.array(storedEdit).max(MAX_EDITS),
  r: z.record(z.string().min(1).max(500), z.array(z.unknown()).max(2 * MAX_EDITS)),
})
export const storedRecord = z.strictObject({
  id: z.uuid(),
  scope: z.uuid(),
  table: z.string().min(1).max(50),
  base: z.string().min(1).max(20),
  actors: z.array(z.string().length(11)).max(MAX_ACTORS),
  units: z.record(z.string().min(1).max(20), storedUnit),
})

export type StoredRecord = z.infer<typeof storedRecord>
type StoredUnit = z.infer<typeof storedUnit>
type StoredEdit = z.infer<typeof storedEdit>

export function encodeRecord(record: CausalRecord): StoredRecord {
  const actors = actorsOf(record)
  const placeOf = new Map(actors.map((actor, i) => [actor, i]))
  const units: Record<string, StoredUnit> = {}
  for (const [readClass, unit] of inOrder(record.units)) setOwn(units, readClass, encodeUnit(unit, actors, placeOf))
  const { id, scope, table, base } = record
  return { id, scope, table, base, actors, units }
}

function actorsOf({ units }: CausalRecord): string[] {
  const actors = new Set<string>()
  for (const { vector } of units.values()) for (const actor of vector.keys()) actors.add(actor)
  return [...actors].sort(compareText)
}

function encodeUnit(unit: Unit, actors: readonly string[], placeOf: ReadonlyMap<string, number>): StoredUnit {
  const { edits, indexOf } = editsOf(unit)
  const r: Record<string, unknown[]> = {}
  for (const [name, siblings] of inOrder(unit.registers)) {
    const flat: unknown[] = []
    for (const { edit, value } of siblings) flat.push(indexOf.get(edit), value)
    setOwn(r, name, flat)
  }
  return {
    v: actors.map((actor) => unit.vector.get(actor) ?? 0),
    e: edits.map((edit) => encodeEdit(edit, placeOf.get(edit.actor) ?? 0)),
    r,
  }
}

/** The edits of a unit in canonical order, each dot once, and the place of each. */
function editsOf(unit: Unit): { readonly edits: readonly Edit[]; readonly indexOf: ReadonlyMap<Edit, number> } {
  const live = new Set<Edit>()
  for (const siblings of unit.registers.values()) for (const { edit } of siblings) live.add(edit)
  const edits: Edit[] = []
  const indexOf = new Map<Edit, number>()
  for (const edit of [...live].sort(compareDots)) {
    const last = edits.at(-1)
    if (!last || !sameDot(last, edit)) edits.push(edit)
    indexOf.set(edit, edits.length - 1)
  }
  return { edits, indexOf }
}

function encodeEdit(edit: Edit, actor: number): StoredEdit {
  const { counter, stamp, tag, ask, operation, decided } = edit
  if (!ask && operation === undefined && !decided) return [actor, counter, stamp, tag]
  return [
    actor,
    counter,
    stamp,
    tag,
    {
      ...(ask && { ask }),
      ...(operation !== undefined && { op: operation }),
      ...(decided && { dec: [decided.conflictId, decided.strategy] }),
    },
  ]
}

/** Why a stored record cannot be a record, in words for a log. */
export interface MalformedRecord {
  readonly kind: 'malformed-record'
  readonly reason: string
}

/**
 * Decodes a record that came from outside: shape, bounds and inner consistency (every index points somewhere, every dot
 * is within the vector).
 */
export function decodeRecord(raw: unknown): Result<CausalRecord, MalformedRecord> {
  const parsed = storedRecord.safeParse(raw)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return malformed(`${issue?.path.join('.') || 'record'}: ${issue?.message}`)
  }
  return decodeStored(parsed.data)
}

/** Decodes a record whose shape is already known, such as one from our own disk. */
export function decodeStored(stored: StoredRecord): Result<CausalRecord, MalformedRecord> {
  const { id, scope, table, base, actors } = stored
  if (new Set(actors).size !== actors.length) return malformed('an actor is listed twice')
  const units = new Map<string, Unit>()
  for (const readClass of Object.keys(stored.units)) {
    const unit = stored.units[readClass]
    if (!unit) continue
    const decoded = decodeUnit(unit, actors)
    if (!decoded.ok) return malformed(`${readClass}: ${decoded.error.reason}`)
    units.set(readClass, decoded.value)
  }
  if (units.size === 0) return malformed('the record holds no value')
  return ok({ id, scope, table, base, units })
}

function decodeUnit(stored: StoredUnit, actors: readonly string[]): Result<Unit, MalformedRecord> {
  if (stored.v.length > actors.length) return malformed('more counters than actors')
  const vector = decodeVector(stored.v, actors)
  const edits: Edit[] = []
  for (const entry of stored.e) {
    const edit = decodeEdit(entry, actors)
    if (!edit) return malformed('an edit names an actor that is not listed')
    if (!covers(vector, edit)) return malformed('a dot lies outside the version vector')
    edits.push(edit)
  }
  if (nameOneTwice(edits)) return malformed('an edit is listed twice')
  const registers = new Map<string, readonly Sibling[]>()
  const names = Object.keys(stored.r)
  if (names.length === 0) return malformed('edits are counted and no value is held')
  if (names.length > MAX_REGISTERS) return malformed('too many registers')
  for (const name of names) {
    const siblings = decodeSiblings(stored.r[name] ?? [], edits)
    if (!siblings) return malformed(`register ${name} names an edit that is not listed`)
    if (siblings.some(({ value }) => isDeeperThan(value, MAX_VALUE_DEPTH))) {
      return malformed(`register ${name} holds a value of too many levels`)
    }
    registers.set(name, siblings)
  }
  return ok({ vector, registers })
}

function decodeVector(counters: readonly number[], actors: readonly string[]): Vector {
  const vector = new Map<string, number>()
  counters.forEach((counter, i) => {
    const actor = actors[i]
    if (actor !== undefined && counter > 0) vector.set(actor, counter)
  })
  return vector
}

function decodeEdit([actorIndex, counter, stamp, tag, more]: StoredEdit, actors: readonly string[]): Edit | undefined {
  const actor = actors[actorIndex]
  if (actor === undefined) return undefined
  if (!more) return { actor, counter, stamp, tag }
  return {
    actor,
    counter,
    stamp,
    tag,
    ...(more.ask && { ask: true as const }),
    ...(more.op !== undefined && { operation: more.op }),
    ...(more.dec && { decided: { conflictId: more.dec[0], strategy: more.dec[1] } }),
  }
}

function nameOneTwice(edits: readonly Edit[]): boolean {
  // In canonical order each dot is greater than the one before it, which spares building an index.
  if (edits.every((edit, i) => i === 0 || compareDots(edits[i - 1] ?? edit, edit) < 0)) return false
  return new Set(edits.map(({ actor, counter }) => `${actor} ${counter}`)).size !== edits.length
}

function decodeSiblings(flat: readonly unknown[], edits: readonly Edit[]): readonly Sibling[] | undefined {
  if (flat.length === 0 || flat.length % 2 !== 0) return undefined
  const siblings: Sibling[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const position = flat[i]
    const edit = typeof position === 'number' ? edits[position] : undefined
    if (!edit) return undefined
    siblings.push({ edit, value: flat[i + 1] })
  }
  if (siblings.length === 1) return siblings
  if (new Set(siblings.map(({ edit }) => edit)).size !== siblings.length) return undefined
  return siblings.sort((a, b) => compareDots(a.edit, b.edit))
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

function malformed(reason: string): { readonly ok: false; readonly error: MalformedRecord } {
  return err({ kind: 'malformed-record', reason })
}
