import { err, ok, type Result } from '../result.ts'
import { SortedMap } from './sortedMap.ts'
import { type DotClash, EMPTY_UNIT, joinUnits, type Sibling, sameUnit, type Unit } from './unit.ts'
import { vectorSum } from './vector.ts'

/**
 * A record as it is merged and stored: what it is (fixed for good), and its units by read class. A class or a table that
 * this version does not know is carried along unread.
 */
export interface CausalRecord {
  readonly id: string
  /** The wedding, or the team, that the record belongs to for good. */
  readonly scope: string
  readonly table: string
  /** The class that holds `$created`, `$deleted` and unclassified fields. */
  readonly base: string
  readonly units: ReadonlyMap<string, Unit>
}

/** Two records with one id that are not the same thing: one of them was moved between weddings or tables, or forged. */
export interface IdentityMismatch {
  readonly kind: 'identity-mismatch'
  readonly field: 'id' | 'scope' | 'table' | 'base'
}

export type JoinError = DotClash | IdentityMismatch

/** Joins unit by unit. Returns `a` itself when `b` brings nothing new. */
export function joinRecords(a: CausalRecord, b: CausalRecord): Result<CausalRecord, JoinError> {
  const mismatch = mismatchOf(a, b)
  if (mismatch) return err({ kind: 'identity-mismatch', field: mismatch })
  const mine = SortedMap.from(a.units)
  const theirs = SortedMap.from(b.units)
  let units = mine
  for (let i = 0; i < theirs.size; i++) {
    const readClass = theirs.names[i] ?? ''
    const unit = mine.get(readClass) ?? EMPTY_UNIT
    const joined = joinUnits(unit, theirs.items[i] ?? EMPTY_UNIT)
    if (!joined.ok) return joined
    if (joined.value !== unit) units = units.with([readClass], [joined.value])
  }
  return ok(units === mine ? a : { id: a.id, scope: a.scope, table: a.table, base: a.base, units })
}

function mismatchOf(a: CausalRecord, b: CausalRecord): IdentityMismatch['field'] | undefined {
  if (a.id !== b.id) return 'id'
  if (a.scope !== b.scope) return 'scope'
  if (a.table !== b.table) return 'table'
  return a.base === b.base ? undefined : 'base'
}

/**
 * What a replica keeps of a record that it has taken out again (`sync/takeOut.ts`): what it was, and nothing that anybody wrote.
 * It leaves no replica, stands in no digest, and joins with whatever a peer may hold of it.
 */
export function emptied(record: CausalRecord): CausalRecord {
  return { ...record, units: SortedMap.empty() }
}

export function isEmptied({ units }: CausalRecord): boolean {
  return units.size === 0
}

export function sameRecord(a: CausalRecord, b: CausalRecord): boolean {
  if (a === b) return true
  if (a.id !== b.id || a.scope !== b.scope || a.table !== b.table || a.units.size !== b.units.size) return false
  for (const [readClass, unit] of a.units) {
    const other = b.units.get(readClass)
    if (!other || !sameUnit(unit, other)) return false
  }
  return true
}

/** The sum of the counters of all vectors: equal replicas agree on it, and it grows with every edit. */
export function recordVersion(record: CausalRecord): number {
  let version = 0
  for (const unit of record.units.values()) version += vectorSum(unit.vector)
  return version
}

/** The record reduced to the classes that `mayRead` allows; `undefined` if nothing is left of it. */
export function restrictRecord(
  record: CausalRecord,
  mayRead: (readClass: string) => boolean,
): CausalRecord | undefined {
  const readable = [...record.units].filter(([readClass]) => mayRead(readClass))
  if (readable.length === 0) return undefined
  return readable.length === record.units.size ? record : { ...record, units: SortedMap.from(new Map(readable)) }
}

export interface Placed extends Sibling {
  readonly readClass: string
  readonly register: string
}

/** Every live value of the record with the place where it stands, in canonical order. */
export function* liveValues(record: CausalRecord): Generator<Placed> {
  const units = SortedMap.from(record.units)
  for (const [i, { registers: unordered }] of units.items.entries()) {
    const [readClass = '', registers] = [units.names[i], SortedMap.from(unordered)]
    for (const [j, siblings] of registers.items.entries()) {
      const register = registers.names[j] ?? ''
      for (const { edit, value } of siblings) yield { readClass, register, edit, value }
    }
  }
}
