/** A record as a screen holds it: decoded, viewed, and checked for conflicts once per document revision. */
import type { RxDocument } from 'rxdb'
import type { RecordDocument } from '../../../model/database/recordSchema.ts'
import { decodeStored, type StoredRecord } from '../../../model/merge/codec.ts'
import { type Conflict, conflictsOf } from '../../../model/merge/conflicts.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { DELETED } from '../../../model/merge/registers.ts'
import { type RecordView, viewRecord } from '../../../model/merge/view.ts'

export interface Row {
  readonly id: string
  readonly scope: string
  /** What the person has before their eyes: an edit names it as its context. */
  readonly record: CausalRecord
  readonly view: RecordView
  readonly conflicts: readonly Conflict[]
}

const NO_CONFLICTS: readonly Conflict[] = []

/** RxDB hands out one document object per revision, so a row lives exactly as long as its revision. */
const rows = new WeakMap<RxDocument<RecordDocument>, Row | null>()

/** @returns `undefined` for a record that is deleted or cannot be read; it must not keep the others from the screen */
export function rowOf(document: RxDocument<RecordDocument>): Row | undefined {
  const known = rows.get(document)
  if (known !== undefined) return known ?? undefined
  const row = readRow(document.toMutableJSON())
  rows.set(document, row ?? null)
  return row
}

/** Decodes and views a stored record; see {@link rowOf}. */
export function readRow(stored: StoredRecord): Row | undefined {
  // A document also holds what this replica alone knows of the record, which is no part of its stored form.
  const { id, scope, table, base, actors, units } = stored
  const decoded = decodeStored({ id, scope, table, base, actors, units })
  if (!decoded.ok) return undefined
  const record = decoded.value
  const view = viewRecord(record)
  if (view.deleted) return undefined
  const conflicts = mayHaveConflicts(stored) ? conflictsOf(record) : NO_CONFLICTS
  return { id: record.id, scope: record.scope, record, view, conflicts }
}

interface StoredUnits {
  readonly units: Readonly<Record<string, StoredUnit>>
}

interface StoredUnit {
  readonly r: Readonly<Record<string, readonly unknown[]>>
  /** Edits; whatever is not the same for all of them comes fifth. */
  readonly e: readonly (readonly unknown[])[]
}

/** A look at the stored form that spares decoding: two siblings in one register, or a deletion. */
export function mayHaveConflicts({ units }: StoredUnits): boolean {
  return Object.values(units).some(({ r }) => DELETED in r || Object.values(r).some((flat) => flat.length > 2))
}

/** The same for records that one of these operations changed. */
export function mentionsOperation({ units }: StoredUnits, operations: ReadonlySet<string>): boolean {
  return Object.values(units).some(({ e }) =>
    e.some(([, , , , more]) => {
      const isNamed = typeof more === 'object' && more !== null && 'op' in more && typeof more.op === 'string'
      return isNamed && operations.has(String(more.op))
    }),
  )
}
