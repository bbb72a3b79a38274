/** An account of every value that was written in a simulation, kept apart from the replicas, by which they are judged. */
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { type Dot, EMPTY_VECTOR, type Vector } from '../../model/merge/vector.ts'

/** One value that somebody wrote: where, under which dot, and what they had before their eyes. */
export interface Written extends Dot {
  readonly id: string
  readonly scope: string
  readonly readClass: string
  readonly register: string
  readonly seen: Vector
  readonly machine: string
  /** The person was told that it is saved. */
  isAcknowledged: boolean
  /** The only disk that had it was lost or damaged: it may still be on its way to somebody, or not. */
  isAtRisk: boolean
  /** Its author's role did not allow it when it was written. */
  readonly isOverreach: boolean
  /** So it was, and nobody has let it in: it may stand nowhere but at its author's. */
  isForbidden: boolean
  readonly stamp: string
}

export interface Writer {
  readonly actor: string
  readonly machine: string
  /** They may not write it. */
  readonly isForbidden: boolean
}

export interface Ledger {
  readonly written: readonly Written[]
  expect(before: CausalRecord | undefined, after: CausalRecord, by: Writer): void
  /** The record was committed as it is. @returns dots that other edits have had before */
  commit(record: CausalRecord): readonly string[]
  acknowledge(record: CausalRecord): void
  /** What was forbidden to people at this machine is no longer so. */
  permit(machine: string): void
  /** Somebody who may has let these in. */
  letIn(values: readonly Written[]): void
  /** Values that the record has seen, and the other state of it has not. */
  valuesIn(record: CausalRecord, other: CausalRecord | undefined): readonly Written[]
  /** Values must stand here: those that reached the records for good, and that nobody replaced who had seen them. */
  survivors(records: ReadonlyMap<string, CausalRecord>): readonly string[]
}

export function createLedger(): Ledger {
  const written: Written[] = []
  const expected = new WeakMap<CausalRecord, readonly Written[]>()
  /** The stamp of the edit that has a dot of a unit. */
  const dots = new Map<string, string>()
  const permitted = new Set<string>()

  return {
    written,
    expect(before, after, { actor, machine, isForbidden }) {
      const values: Written[] = []
      for (const { readClass, register, edit } of liveValues(after)) {
        const unit = before?.units.get(readClass)
        if (edit.actor !== actor || edit.counter <= (unit?.vector.get(actor) ?? 0)) continue
        values.push({
          id: after.id,
          scope: after.scope,
          readClass,
          register,
          actor,
          counter: edit.counter,
          seen: seenBy(before, after, readClass, register),
          machine,
          isAcknowledged: false,
          isAtRisk: false,
          isOverreach: isForbidden,
          isForbidden,
          stamp: edit.stamp,
        })
      }
      expected.set(after, values)
    },
    commit(record) {
      const values = expected.get(record) ?? []
      // Somebody may have been promoted while it was saved.
      for (const value of values) if (permitted.has(value.machine)) value.isForbidden = false
      written.push(...values)
      return values.flatMap(({ id, readClass, actor, counter, stamp }) => {
        const dot = `${id} ${readClass} ${actor} ${counter}`
        const isTaken = (dots.get(dot) ?? stamp) !== stamp
        dots.set(dot, stamp)
        return isTaken ? [dot] : []
      })
    },
    acknowledge(record) {
      for (const value of expected.get(record) ?? []) value.isAcknowledged = true
    },
    permit(machine) {
      permitted.add(machine)
      for (const value of written) if (value.machine === machine) value.isForbidden = false
    },
    letIn(values) {
      for (const value of values) value.isForbidden = false
    },
    valuesIn: (record, other) => written.filter((value) => isIn(record, value) && !isIn(other, value)),
    survivors(records) {
      const known = written.filter((value) => isIn(records.get(value.id), value))
      const writers = Map.groupBy(known, placeOf)
      return known
        .filter(
          (value) => !writers.get(placeOf(value))?.some(({ seen }) => (seen.get(value.actor) ?? 0) >= value.counter),
        )
        .map((value) => `${placeOf(value)} ${value.actor} ${value.counter}`)
        .sort()
    },
  }
}

export function isIn(record: CausalRecord | undefined, { id, readClass, actor, counter }: Written): boolean {
  return record?.id === id && (record.units.get(readClass)?.vector.get(actor) ?? 0) >= counter
}

/**
 * What an edit replaced says what its author had seen: everything that stood before, without what it left standing. An
 * edit that is late leaves what it had not seen.
 */
function seenBy(before: CausalRecord | undefined, after: CausalRecord, readClass: string, register: string): Vector {
  const unit = before?.units.get(readClass)
  if (!unit) return EMPTY_VECTOR
  const left = new Set((after.units.get(readClass)?.registers.get(register) ?? []).map(({ edit }) => edit))
  const seen = new Map(unit.vector)
  for (const { edit } of unit.registers.get(register) ?? []) {
    if (left.has(edit)) seen.set(edit.actor, Math.min(seen.get(edit.actor) ?? 0, edit.counter - 1))
  }
  return seen
}

function placeOf({ id, readClass, register }: Written): string {
  return `${id} ${readClass} ${register}`
}

export function livePlaces(records: Iterable<CausalRecord>): readonly string[] {
  return [...records]
    .flatMap((record) =>
      [...liveValues(record)].map(
        ({ readClass, register, edit }) => `${record.id} ${readClass} ${register} ${edit.actor} ${edit.counter}`,
      ),
    )
    .sort()
}
