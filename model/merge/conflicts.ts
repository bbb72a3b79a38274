/** The conflict queue: what only a person can decide, as a pure function of a record. */
import { v5 as uuidv5 } from 'uuid'
import { fieldOf, type Severity, severityOf, tableNamed } from '../tables/index.ts'
import { classOf } from './edit.ts'
import type { CausalRecord } from './record.ts'
import { DELETED } from './registers.ts'
import type { Edit } from './unit.ts'
import { deletions, later, type SeenValue, unseenByDeletion, viewRecord } from './view.ts'

export type { Severity }

export type ConflictType = 'concurrent_edit' | 'delete_conflict'

export interface ConflictValue {
  readonly field: string
  readonly value: unknown
  readonly edit: Edit
}

export interface Conflict {
  /** The same on every replica: a UUIDv5 of record, read class and field. */
  readonly conflictId: string
  readonly type: ConflictType
  readonly recordId: string
  readonly table: string
  readonly scope: string
  readonly fields: readonly string[]
  /** The visible value first. For a deletion: the edits that the deletion had not seen, then the deletion. */
  readonly values: readonly ConflictValue[]
  readonly severity: Severity
}

const NAMESPACE = '6f0d2c0e-3f0b-4c39-9a52-0d6f3c1f5b7a'

/** What of this record waits for a person, field by field; `model/conflicts/queue.ts` makes entries of it. */
export function conflictsOf(record: CausalRecord): readonly Conflict[] {
  if (!isContested(record)) return []
  const view = viewRecord(record)
  if (view.deleted) return []
  const conflicts: Conflict[] = []
  for (const [field, values] of Object.entries(view.siblings)) {
    if (!needsPerson(record, field, values)) continue
    conflicts.push(conflict(record, field, values))
  }
  const unseen = unseenByDeletion(record)
  const { edits, kept } = deletions(record)
  const [edit] = unseen
  const [deletion] = edits
  if (deletion && (edit || kept)) {
    const stays = { value: false, edit: edit?.edit ?? keepingEdit(record) ?? deletion }
    conflicts.push(conflict(record, DELETED, [stays, { value: true, edit: deletion }]))
  }
  return conflicts
}

/** Whether anybody wrote beside somebody else, or deleted it: of most records nobody did, and views of texts are dear. */
function isContested({ units }: CausalRecord): boolean {
  for (const { registers } of units.values()) {
    for (const [register, siblings] of registers) if (siblings.length > 1 || register === DELETED) return true
  }
  return false
}

/** Of those who said that the record stays, the latest. */
function keepingEdit(record: CausalRecord): Edit | undefined {
  const siblings = record.units.get(record.base)?.registers.get(DELETED) ?? []
  const [latest] = siblings.filter(({ value }) => value === false).sort((a, b) => later(a.edit, b.edit))
  return latest?.edit
}

function needsPerson(record: CausalRecord, field: string, values: readonly SeenValue[]): boolean {
  const { policy } = fieldOf(tableNamed(record.table), field)
  // Only sealed texts stand here as two values: for whoever can read them they are one.
  if (policy === 'text') return false
  return policy === 'ask' || values.some(({ edit }) => edit.ask)
}

function conflict(record: CausalRecord, field: string, values: readonly SeenValue[]): Conflict {
  return {
    ...conflictOver(record, field),
    recordId: record.id,
    table: record.table,
    scope: record.scope,
    fields: [field],
    values: values.map(({ value, edit }) => ({ field, value, edit })),
  }
}

/** What a conflict over this field is called, and how bad it is; `$deleted` if it is about whether the record exists. */
export function conflictOver(
  record: Pick<CausalRecord, 'id' | 'table' | 'base'>,
  field: string,
): Pick<Conflict, 'conflictId' | 'type' | 'severity'> {
  const readClass = field === DELETED ? record.base : classOf(record, field)
  return {
    conflictId: uuidv5(`${record.id}/${readClass}/${field}`, NAMESPACE),
    type: field === DELETED ? 'delete_conflict' : 'concurrent_edit',
    severity: severityOf(record.table, field),
  }
}
