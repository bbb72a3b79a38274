/** What can be said of what a peer sends before looking at one's own records: its shape, its size, its names. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeRecord, isObject, MAX_RECORD_BYTES } from '../merge/codec.ts'
import { type Delta, decodeDelta, type UnitDelta } from '../merge/delta.ts'
import { type CausalRecord, joinRecords } from '../merge/record.ts'
import { isFieldName, parseRegister } from '../merge/registers.ts'
import type { Unit } from '../merge/unit.ts'

const MAX_ID_CHARS = 100
/** No JSON is longer than so many times what it was read from: of all that it can hold, `1e20` grows most. */
const MOST_GROWTH = 6

export interface Unreadable {
  /** The record's id if it has one that no readable record of the message has, else one made from its content. */
  readonly id: string
  readonly reason: string
  readonly raw: unknown
}

export interface Incoming {
  readonly records: ReadonlyMap<string, CausalRecord>
  /** What a record was read from, of those that came once. */
  readonly raw: ReadonlyMap<string, unknown>
  /** Of other records: what we lack of them. */
  readonly deltas: ReadonlyMap<string, Delta>
  readonly unreadable: readonly Unreadable[]
}

/**
 * Reads the records of one message. One that comes twice is joined with itself, as two messages would be.
 * @param chars length of the text that they came in, if that is known: no record of a short one need be measured
 */
export function readIncoming(raw: readonly unknown[], scope: string, chars = Number.POSITIVE_INFINITY): Incoming {
  const mayBeLarge = chars * MOST_GROWTH > MAX_RECORD_BYTES
  const records = new Map<string, CausalRecord>()
  const rawOf = new Map<string, unknown>()
  const deltas = new Map<string, Delta>()
  const faulty: { raw: unknown; reason: string }[] = []
  for (const one of raw) {
    const read = readOne(one, scope, mayBeLarge)
    if (typeof read === 'string') {
      faulty.push({ raw: one, reason: read })
      continue
    }
    const { id } = read.value
    const earlier = records.get(id)
    if (deltas.has(id) || (earlier && read.kind === 'delta')) {
      faulty.push({ raw: one, reason: 'the record comes twice in one message' })
    } else if (read.kind === 'delta') deltas.set(id, read.value)
    else {
      const joined = earlier && joinRecords(earlier, read.value)
      if (joined && !joined.ok)
        faulty.push({ raw: one, reason: 'the record comes twice in one message, with two contents' })
      else records.set(id, joined ? joined.value : read.value)
      if (earlier) rawOf.delete(id)
      else rawOf.set(id, one)
    }
  }
  const unreadable = faulty.map(({ raw: one, reason }) => {
    const id = idOf(one)
    const isTaken = id === undefined || records.has(id) || deltas.has(id)
    return { id: isTaken ? contentId(one) : id, reason, raw: one }
  })
  return { records, raw: rawOf, deltas, unreadable }
}

type Read =
  | { readonly kind: 'record'; readonly value: CausalRecord }
  | { readonly kind: 'delta'; readonly value: Delta }

/** @returns the record or delta, or why it is none */
function readOne(raw: unknown, scope: string, mayBeLarge: boolean): Read | string {
  const read = property(raw, 'changed') !== undefined ? readDelta(raw) : readRecord(raw)
  if (typeof read === 'string') return read
  // Only now: what could be decoded is not nested deeper than writing it down can bear.
  if (mayBeLarge && JSON.stringify(raw).length > MAX_RECORD_BYTES) return 'the record is larger than a megabyte'
  if (read.value.scope !== scope) return 'the record belongs to another wedding'
  const wrong = wrongName(read.value.units.values())
  return wrong === undefined ? read : `a field cannot be named ${wrong.slice(0, 64)}`
}

function wrongName(units: Iterable<Unit | UnitDelta>): string | undefined {
  for (const unit of units) {
    const registers = 'registers' in unit ? unit.registers : unit.changed
    for (const register of registers.keys()) {
      const { field } = parseRegister(register)
      if (!field.startsWith('$') && !isFieldName(field)) return field
    }
  }
  return undefined
}

function readRecord(raw: unknown): Read | string {
  const decoded = decodeRecord(raw)
  return decoded.ok ? { kind: 'record', value: decoded.value } : decoded.error.reason
}

function readDelta(raw: unknown): Read | string {
  const decoded = decodeDelta(raw)
  return decoded.ok ? { kind: 'delta', value: decoded.value } : decoded.error.reason
}

/** The id of a record or a delta that has not been checked. */
export function idOf(raw: unknown): string | undefined {
  return shortText(property(raw, 'id')) ?? shortText(property(property(raw, 'changed'), 'id'))
}

function property(raw: unknown, name: string): unknown {
  return isObject(raw) && Object.hasOwn(raw, name) ? raw[name] : undefined
}

function shortText(raw: unknown): string | undefined {
  return typeof raw === 'string' && raw.length <= MAX_ID_CHARS ? raw : undefined
}

function contentId(raw: unknown): string {
  let text: string
  try {
    text = JSON.stringify(raw) ?? 'nothing'
  } catch {
    text = 'too deep to be written down' // a RangeError
  }
  return `unreadable-${bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16)}`
}
