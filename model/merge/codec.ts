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
 *
 * What comes in is read by a decoder written by hand, which checks shape and sense in the same step as it builds the record: a
 * schema of a general validator costs ten times as much. `test/model/merge/storedSchema.ts` says the same as a schema, and
 * both give the same verdict on whatever the tests can think of.
 */
import { err, ok, type Result } from '../result.ts'
import { STAMP_PATTERN } from './clock.ts'
import { setOwn } from './maps.ts'
import type { CausalRecord } from './record.ts'
import { SortedMap } from './sortedMap.ts'
import { type Edit, EMPTY_UNIT, type Sibling, type Unit } from './unit.ts'
import { compareDots, compareText, sameDot, type Vector } from './vector.ts'

export interface StoredRecord {
  readonly id: string
  readonly scope: string
  readonly table: string
  readonly base: string
  readonly actors: string[]
  readonly units: Record<string, StoredUnit>
}

export interface StoredUnit {
  /** Counters, by actor. */
  v: number[]
  e: StoredEdit[]
  r: Record<string, unknown[]>
}

export type StoredEdit =
  | [actor: number, counter: number, stamp: string, tag: string]
  | [actor: number, counter: number, stamp: string, tag: string, more: StoredExtras]

export interface StoredExtras {
  readonly ask?: true | undefined
  readonly op?: string | undefined
  readonly dec?: [conflictId: string, strategy: string] | undefined
}

export function encodeRecord(record: CausalRecord): StoredRecord {
  const actors = actorsOf(record)
  const units: Record<string, StoredUnit> = {}
  const inOrder = SortedMap.from(record.units)
  inOrder.names.forEach((readClass, i) => {
    setOwn(units, readClass, encodeUnit(inOrder.items[i] ?? EMPTY_UNIT, actors))
  })
  const { id, scope, table, base } = record
  return { id, scope, table, base, actors, units }
}

function actorsOf({ units }: CausalRecord): string[] {
  const vectors = SortedMap.from(units).items.map(({ vector }) => SortedMap.from(vector).names)
  const [first] = vectors
  return first && vectors.length === 1 ? first.slice() : [...new Set(vectors.flat())].sort(compareText)
}

function encodeUnit(unit: Unit, actors: readonly string[]): StoredUnit {
  const vector = SortedMap.from(unit.vector)
  const registers = SortedMap.from(unit.registers)
  const edits = editsOf(registers)
  const r: Record<string, unknown[]> = {}
  let before: Edit | undefined
  let place = 0
  for (let i = 0; i < registers.size; i++) {
    const siblings = registers.items[i] ?? []
    const only = siblings.length === 1 ? siblings[0] : undefined
    // Most registers of a record were written by one edit, which need not be looked up each time.
    if (only && only.edit !== before) {
      before = only.edit
      place = placeOf(only.edit, edits)
    }
    // A list that is written down at once takes a third of one that grows.
    const flat = only ? [place, only.value] : siblings.flatMap(({ edit, value }) => [placeOf(edit, edits), value])
    setOwn(r, registers.names[i] ?? '', flat)
  }
  const countsAll = vector.size === actors.length
  return {
    v: countsAll ? vector.items.slice() : actors.map((actor) => vector.get(actor) ?? 0),
    e: encodeEdits(edits, actors),
    r,
  }
}

/** So many are sooner looked through than sorted twice. */
const FEW_EDITS = 16

/** The edits of a unit in canonical order, each dot once. */
function editsOf(registers: SortedMap<readonly Sibling[]>): readonly Edit[] {
  const found: Edit[] = []
  let before: Edit | undefined
  for (const siblings of registers.items) {
    for (const { edit } of siblings) {
      if (edit === before) continue
      before = edit
      if (found.length > FEW_EDITS || !found.includes(edit)) found.push(edit)
    }
  }
  found.sort(compareDots)
  return found.filter((edit, i) => i === 0 || !sameDot(edit, found[i - 1] ?? edit))
}

/** @param edits in order of dots; this dot is one of them */
function placeOf(edit: Edit, edits: readonly Edit[]): number {
  let low = 0
  let high = edits.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareDots(edits[middle] ?? edit, edit) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Both are in order of actors, and every edit is by one that is listed. */
function encodeEdits(edits: readonly Edit[], actors: readonly string[]): StoredEdit[] {
  let actor = 0
  return edits.map((edit) => {
    while (actor < actors.length && actors[actor] !== edit.actor) actor++
    if (actor === actors.length) throw new Error(`edit ${edit.actor} ${edit.counter} lies outside the version vector`)
    return encodeEdit(edit, actor)
  })
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

/** How much a record may hold. */
interface Bounds {
  readonly actors: number
  readonly edits: number
  readonly registers: number
  /** Levels of a value. Deeper ones could be parsed, and then neither written down nor compared. */
  readonly depth: number
}

const FROM_PEERS: Bounds = { actors: 1_000, edits: 20_000, registers: 5_000, depth: 50 }
/** A join can grow a record past what a single peer may bring. */
const FROM_OUR_DISK: Bounds = {
  actors: Number.POSITIVE_INFINITY,
  edits: Number.POSITIVE_INFINITY,
  registers: Number.POSITIVE_INFINITY,
  depth: Number.POSITIVE_INFINITY,
}

const MAX_COUNTER = 2 ** 48
const MAX_CLASS_CHARS = 20
const MAX_TABLE_CHARS = 50
const MAX_REGISTER_CHARS = 500
const MAX_ID_CHARS = 64
const MAX_STRATEGY_CHARS = 32
/** 8 bytes as base64url: actors and tags. */
const EIGHT_BYTES_CHARS = 11
export const MAX_RECORD_BYTES = 1_000_000

/** RFC 9562, of any version. */
const UUID =
  /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|0{8}-(?:0{4}-){3}0{12}|f{8}-(?:f{4}-){3}f{12})$/i

/**
 * Decodes a record that came from outside: shape, bounds and inner consistency (every index points somewhere, every dot
 * is within the vector).
 */
export function decodeRecord(raw: unknown): Result<CausalRecord, MalformedRecord> {
  return decode(raw, FROM_PEERS)
}

/** Decodes a record from our own disk: the same without bounds on how much it may hold. */
export function decodeStored(raw: unknown): Result<CausalRecord, MalformedRecord> {
  return decode(raw, FROM_OUR_DISK)
}

type Decoded<T> = Result<T, MalformedRecord>

function decode(raw: unknown, bounds: Bounds): Decoded<CausalRecord> {
  if (!isObject(raw)) return malformed('record: not an object')
  const { id, scope, table, base, actors, units } = raw
  if (!isUuid(id)) return malformed('id: not a UUID')
  if (!isUuid(scope)) return malformed('scope: not a UUID')
  if (!isText(table, 1, MAX_TABLE_CHARS)) return malformed(`table: not a text of 1 to ${MAX_TABLE_CHARS} characters`)
  if (!isText(base, 1, MAX_CLASS_CHARS)) return malformed(`base: not a text of 1 to ${MAX_CLASS_CHARS} characters`)
  if (!isActorList(actors) || actors.length > bounds.actors) {
    return malformed(`actors: not a list of at most ${bounds.actors} texts of ${EIGHT_BYTES_CHARS} characters`)
  }
  if (holdsTwice(actors)) return malformed('an actor is listed twice')
  if (!isObject(units)) return malformed('units: not an object')
  if (countKeys(raw) !== 6) return malformed('record: an unknown key')
  const classes: string[] = []
  const decoded: Unit[] = []
  for (const readClass of Object.keys(units)) {
    // The name of no class and of no register, whoever may have thought so.
    if (readClass === '__proto__') continue
    if (!isText(readClass, 1, MAX_CLASS_CHARS)) return malformed(`units: a name of over ${MAX_CLASS_CHARS} characters`)
    const unit = decodeUnit(units[readClass], actors, bounds)
    if (!unit.ok) return malformed(`${readClass}: ${unit.error.reason}`)
    classes.push(readClass)
    decoded.push(unit.value)
  }
  if (decoded.length === 0) return malformed('the record holds no value')
  return ok({ id, scope, table, base, units: SortedMap.of(classes, decoded) })
}

function decodeUnit(raw: unknown, actors: readonly string[], bounds: Bounds): Decoded<Unit> {
  if (!isObject(raw) || countKeys(raw) !== 3) return malformed('not an object of v, e and r')
  const { v, e, r } = raw
  if (!isCounterList(v)) return malformed('v: not a list of counters')
  if (v.length > actors.length) return malformed('more counters than actors')
  if (!Array.isArray(e) || e.length > bounds.edits) return malformed(`e: not a list of at most ${bounds.edits} edits`)
  if (!isObject(r)) return malformed('r: not an object')
  const edits: Edit[] = []
  for (const entry of e) {
    const edit = decodeEdit(entry, actors, v)
    if (typeof edit === 'string') return malformed(edit)
    edits.push(edit)
  }
  if (nameOneTwice(edits)) return malformed('an edit is listed twice')
  const registers = decodeRegisters(r, edits, bounds)
  return registers.ok ? ok({ vector: decodeVector(v, actors), registers: registers.value }) : registers
}

function decodeVector(counters: readonly number[], actors: readonly string[]): Vector {
  if (counters.length === actors.length && !counters.includes(0)) return SortedMap.of(actors, counters)
  const seen = actors.filter((_, i) => (counters[i] ?? 0) > 0)
  return SortedMap.of(
    seen,
    counters.filter((counter) => counter > 0),
  )
}

/** @returns why it is no edit, in words, if it is none */
function decodeEdit(raw: unknown, actors: readonly string[], counters: readonly number[]): Edit | string {
  if (!Array.isArray(raw) || raw.length < 4 || raw.length > 5) return 'e: an edit is a list of four or five'
  const [index, counter, stamp, tag]: readonly unknown[] = raw
  const actor = isCounter(index) ? actors[index] : undefined
  if (actor === undefined || !isCounter(index)) return 'an edit names an actor that is not listed'
  if (!isCounter(counter) || counter < 1) return 'e: the counter of an edit is a whole number from 1'
  if (typeof stamp !== 'string' || !STAMP_PATTERN.test(stamp)) return 'e: not a stamp'
  if (!isText(tag, EIGHT_BYTES_CHARS, EIGHT_BYTES_CHARS)) return 'e: not a tag'
  if (counter > (counters[index] ?? 0)) return 'a dot lies outside the version vector'
  const edit = { actor, counter, stamp, tag }
  return raw.length === 4 ? edit : withExtras(edit, raw[4])
}

function withExtras(edit: Edit, raw: unknown): Edit | string {
  if (!isObject(raw)) return 'e: what more an edit says is an object'
  for (const key of Object.keys(raw)) if (key !== 'ask' && key !== 'op' && key !== 'dec') return `e: unknown key ${key}`
  const { ask, op, dec } = raw
  if (ask !== undefined && ask !== true) return 'e: ask is true or absent'
  if (op !== undefined && !isText(op, 0, MAX_ID_CHARS)) return `e: op is a text of at most ${MAX_ID_CHARS} characters`
  const decided = dec === undefined ? undefined : decodeDecided(dec)
  if (dec !== undefined && !decided) return 'e: dec is a list of an id and a strategy'
  return {
    ...edit,
    ...(ask === true && { ask }),
    ...(op !== undefined && { operation: op }),
    ...(decided && { decided }),
  }
}

function decodeDecided(raw: unknown): Edit['decided'] {
  if (!Array.isArray(raw) || raw.length !== 2) return undefined
  const [conflictId, strategy]: readonly unknown[] = raw
  if (!isText(conflictId, 0, MAX_ID_CHARS) || !isText(strategy, 0, MAX_STRATEGY_CHARS)) return undefined
  return { conflictId, strategy }
}

function nameOneTwice(edits: readonly Edit[]): boolean {
  // In canonical order each dot is greater than the one before it, which spares building an index.
  if (edits.every((edit, i) => i === 0 || compareDots(edits[i - 1] ?? edit, edit) < 0)) return false
  return new Set(edits.map(({ actor, counter }) => `${actor} ${counter}`)).size !== edits.length
}

function decodeRegisters(
  raw: Readonly<Record<string, unknown>>,
  edits: readonly Edit[],
  bounds: Bounds,
): Decoded<SortedMap<readonly Sibling[]>> {
  const names: string[] = []
  const registers: (readonly Sibling[])[] = []
  for (const name of Object.keys(raw)) {
    if (name === '__proto__') continue
    if (!isText(name, 1, MAX_REGISTER_CHARS))
      return malformed(`r: a name of none or over ${MAX_REGISTER_CHARS} characters`)
    const flat = raw[name]
    if (!Array.isArray(flat) || flat.length > 2 * bounds.edits)
      return malformed(`register ${name} is not a list in bounds`)
    const siblings = decodeSiblings(flat, edits)
    if (!siblings) return malformed(`register ${name} names an edit that is not listed`)
    for (const { value } of siblings) {
      if (isDeeperThan(value, bounds.depth)) return malformed(`register ${name} holds a value of too many levels`)
    }
    names.push(name)
    registers.push(siblings)
  }
  if (names.length === 0) return malformed('edits are counted and no value is held')
  return names.length > bounds.registers ? malformed('too many registers') : ok(SortedMap.of(names, registers))
}

function decodeSiblings(flat: readonly unknown[], edits: readonly Edit[]): readonly Sibling[] | undefined {
  if (flat.length === 0 || flat.length % 2 !== 0) return undefined
  if (flat.length === 2) {
    const edit = typeof flat[0] === 'number' ? edits[flat[0]] : undefined
    return edit && [{ edit, value: flat[1] }]
  }
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

export function isObject(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
}

function countKeys(object: object): number {
  return Object.keys(object).length
}

function isText(raw: unknown, least: number, most: number): raw is string {
  return typeof raw === 'string' && raw.length >= least && raw.length <= most
}

function isUuid(raw: unknown): raw is string {
  return typeof raw === 'string' && UUID.test(raw)
}

function isCounter(raw: unknown): raw is number {
  return typeof raw === 'number' && Number.isInteger(raw) && raw >= 0 && raw <= MAX_COUNTER
}

function isCounterList(raw: unknown): raw is number[] {
  return Array.isArray(raw) && raw.every(isCounter)
}

function isActorList(raw: unknown): raw is string[] {
  return Array.isArray(raw) && raw.every((actor) => isText(actor, EIGHT_BYTES_CHARS, EIGHT_BYTES_CHARS))
}

function holdsTwice(texts: readonly string[]): boolean {
  if (texts.every((text, i) => i === 0 || (texts[i - 1] ?? '') < text)) return false
  return new Set(texts).size !== texts.length
}

function malformed(reason: string): { readonly ok: false; readonly error: MalformedRecord } {
  return err({ kind: 'malformed-record', reason })
}
