/** Edits as people make them, turned into values of registers under one dot per unit. Pure: the caller stores the result. */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { isSameJson } from '../canonicalJson.ts'
import { fieldOf, tableNamed } from '../tables/index.ts'
import type { Stamp } from './clock.ts'
import { type Envelope, envelopeValue, openEnvelope } from './envelope.ts'
import type { CausalRecord } from './record.ts'
import { CREATED, DELETED, parseRegister, registerName } from './registers.ts'
import { SortedMap } from './sortedMap.ts'
import { editTag } from './tag.ts'
import { editText, textOf } from './text.ts'
import { type Edit, EMPTY_UNIT, nextCounter, type Unit, writeUnit } from './unit.ts'
import { type ActorId, covers, type Dot, type Vector } from './vector.ts'
import { isDeleted, viewFieldOf } from './view.ts'

/** Who writes, and what is to be remembered of the edit. */
export interface Author {
  readonly actor: ActorId
  readonly stamp: Stamp
  /** Leave the choice to a person, whatever the policy of the field. */
  readonly ask?: true
  readonly operation?: string
  readonly decided?: Edit['decided']
}

/** What the author had before their eyes, per read class. Without it: everything that the record holds. */
export type Seen = (readClass: string) => Vector

export type Data = Readonly<Record<string, unknown>>

export interface NewRecord {
  readonly id: string
  readonly scope: string
  readonly table: string
  readonly data: Data
}

export function createRecord({ id, scope, table, data }: NewRecord, author: Author): CausalRecord {
  const base = tableNamed(table).baseClass(data)
  const empty: CausalRecord = { id, scope, table, base, units: SortedMap.empty() }
  const values = new Map([[base, new Map<string, Envelope>([[CREATED, true]])]])
  addFields(values, empty, Object.entries(data), author, undefined)
  return writeValues(empty, values, author, undefined)
}

/**
 * Changes fields of a record. Editing a deleted record brings it back. Returns the record itself if `data` says nothing
 * new; setting a field that is in conflict to its visible value *is* new, since it settles the conflict.
 */
export function editRecord(record: CausalRecord, data: Data, author: Author, seen?: Seen): CausalRecord {
  const values: Values = new Map()
  const news = Object.entries(data).filter(([name, value]) => {
    const [visible, sibling] = viewFieldOf(record, name)
    return sibling || !visible || !isSameJson(visible.value, value)
  })
  addFields(values, record, news, author, seen)
  if (values.size === 0) return record
  if (isDeleted(record)) addValue(values, record.base, DELETED, false)
  return writeValues(record, values, author, seen)
}

/** Deletes what the author has seen. Values that they have not seen keep the record alive, as a conflict. */
export function deleteRecord(record: CausalRecord, author: Author, seen?: Seen): CausalRecord {
  const vectors = [...record.units].map(([readClass, unit]) => {
    const vector = seen ? seen(readClass) : unit.vector
    return [readClass, Object.fromEntries(vector)]
  })
  return writeValues(record, new Map([[record.base, new Map([[DELETED, Object.fromEntries(vectors)]])]]), author, seen)
}

/** Says that the record stays, against a deletion that somebody made without having seen all of it. */
export function keepRecord(record: CausalRecord, author: Author): CausalRecord {
  return writeValues(record, new Map([[record.base, new Map([[DELETED, false]])]]), author, undefined)
}

/** The read class in which a field of this record stands. */
export function classOf(record: Pick<CausalRecord, 'table' | 'base'>, fieldName: string): string {
  const { readClass } = fieldOf(tableNamed(record.table), fieldName)
  return readClass === 'open' ? record.base : readClass
}

type Values = Map<string, Map<string, Envelope>>

function addValue(values: Values, readClass: string, register: string, value: Envelope): void {
  const unit = values.get(readClass) ?? new Map<string, Envelope>()
  values.set(readClass, unit.set(register, value))
}

function addFields(
  values: Values,
  record: CausalRecord,
  fields: readonly (readonly [name: string, value: unknown])[],
  author: Author,
  seen: Seen | undefined,
): void {
  for (const [name, value] of fields) {
    const { policy } = fieldOf(tableNamed(record.table), name)
    const readClass = classOf(record, name)
    const unit = record.units.get(readClass) ?? EMPTY_UNIT
    const context = seen ? seen(readClass) : unit.vector
    if (policy === 'set') addMembers(values, readClass, unit, name, stringsOf(value), context)
    else if (policy === 'text') {
      const update = nextText(record.id, unit, name, String(value ?? ''), author, context)
      if (update !== undefined) addValue(values, readClass, registerName({ field: name }), update)
    } else addValue(values, readClass, registerName({ field: name }), openEnvelope(value))
  }
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? [...new Set(value.map(String))] : []
}

/** A member's value is its place in the list, or false once it was taken out. */
function addMembers(
  values: Values,
  readClass: string,
  unit: Unit,
  field: string,
  members: readonly string[],
  context: Vector,
): void {
  for (const [name, siblings] of unit.registers) {
    const register = parseRegister(name)
    if (register.field !== field || register.member === undefined || members.includes(register.member)) continue
    if (siblings.some(({ edit, value }) => value !== false && covers(context, edit))) {
      addValue(values, readClass, name, false)
    }
  }
  members.forEach((member, position) => {
    const name = registerName({ field, member })
    const present = unit.registers.get(name)?.some(({ value }) => value !== false)
    if (!present) addValue(values, readClass, name, position)
  })
}

/** @returns the new snapshot, or `undefined` if the text is already what it should become */
function nextText(
  recordId: string,
  unit: Unit,
  field: string,
  next: string,
  { actor }: Author,
  context: Vector,
): string | undefined {
  const siblings = unit.registers.get(registerName({ field })) ?? []
  const seen = siblings.filter(({ edit }) => covers(context, edit)).map(({ value }) => String(envelopeValue(value)))
  if (siblings.length === 1 && seen.length === 1 && textOf(seen) === next) return undefined
  const dot = `${recordId} ${field} ${actor} ${nextCounter(unit, actor)}`
  return editText(seen, next, uint32(sha256(utf8ToBytes(dot))))
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

function writeValues(record: CausalRecord, values: Values, author: Author, seen: Seen | undefined): CausalRecord {
  let units = SortedMap.from(record.units)
  for (const [readClass, registers] of values) {
    const unit = record.units.get(readClass) ?? EMPTY_UNIT
    const dot = { actor: author.actor, counter: nextCounter(unit, author.actor) }
    const tag = editTag(record.scope, { recordId: record.id, readClass }, dot, registers)
    const written = writeUnit(unit, editBy(author, dot, tag), registers, seen ? seen(readClass) : unit.vector)
    units = units.with([readClass], [written])
  }
  const { id, scope, table, base } = record
  return { id, scope, table, base, units }
}

function editBy({ stamp, ask, operation, decided }: Author, { actor, counter }: Dot, tag: string): Edit {
  const edit: Edit = { actor, counter, stamp, tag }
  if (!ask && operation === undefined && !decided) return edit
  return { ...edit, ...(ask && { ask }), ...(operation !== undefined && { operation }), ...(decided && { decided }) }
}
