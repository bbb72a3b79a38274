/** Which conflicts belong together because one action is in all of them. Pure. */
import { v5 as uuidv5 } from 'uuid'
import type { Conflict } from '../merge/conflicts.ts'
import type { CausalRecord } from '../merge/record.ts'
import { liveValues } from '../merge/record.ts'
import type { Edit } from '../merge/unit.ts'
import { compareText } from '../merge/vector.ts'

/** The strategy of an edit that brings back a side of a conflict whose decision is undone. */
export const UNDO = 'undo'
/** The same for the side that an operation wrote: it stays recognisable as that side even where the action is unknown. */
export const UNDO_OPERATION = 'undo_operation'

const NAMESPACE = 'b1f7b8a5-1f4e-4c0c-9d3d-2f1f4d4f6c52'

/** The name of everything that an operation is in conflict with, the same on every replica. */
export function operationConflictId(scope: string, operation: string): string {
  return uuidv5(`${scope}/${operation}`, NAMESPACE)
}

export interface Group {
  readonly conflicts: readonly Conflict[]
  /** The id of the operation's entry; absent for a field on its own. */
  readonly conflictId?: string
}

/** Whether this edit stands for the operation whose entry has this id. */
export function isOfOperation(scope: string, { operation, decided }: Edit, conflictId: string): boolean {
  if (operation !== undefined && operationConflictId(scope, operation) === conflictId) return true
  return decided?.conflictId === conflictId && decided.strategy === UNDO_OPERATION
}

/**
 * Conflicts of one scope, grouped. Two actions may meet in the same fields, so the one that is in most conflicts takes
 * all of its own, then the next: every entry has one action on one side and whatever others wrote on the other.
 * An action that is left with a single conflict is a field like any other.
 */
export function groupByOperation(conflicts: readonly Conflict[]): readonly Group[] {
  const open = new Set(conflicts)
  const groups: Group[] = []
  for (;;) {
    const [largest] = [...byOperation(open)].sort(
      ([a, x], [b, y]) => y.length - x.length || compareText(firstStamp(x), firstStamp(y)) || compareText(a, b),
    )
    if (!largest || largest[1].length < 2) break
    const [conflictId, members] = largest
    for (const conflict of members) open.delete(conflict)
    groups.push({ conflictId, conflicts: members })
  }
  return [...groups, ...[...open].map((conflict) => ({ conflicts: [conflict] }))]
}

function byOperation(conflicts: Iterable<Conflict>): ReadonlyMap<string, readonly Conflict[]> {
  const found = new Map<string, Conflict[]>()
  for (const conflict of conflicts) {
    for (const id of operationsIn(conflict)) found.set(id, [...(found.get(id) ?? []), conflict])
  }
  return found
}

/** Whether it may be one of several that an action is in, and so not an entry of its own. */
export function isOfSomeOperation(conflict: Conflict): boolean {
  return operationsIn(conflict).size > 0
}

/** Operations that wrote one side of a conflict and not the other. */
function operationsIn({ scope, values }: Conflict): ReadonlySet<string> {
  const ids = values.flatMap(({ edit: { operation, decided } }) => [
    ...(operation === undefined ? [] : [operationConflictId(scope, operation)]),
    ...(decided?.strategy === UNDO_OPERATION ? [decided.conflictId] : []),
  ])
  return new Set(ids.filter((id) => values.some(({ edit }) => !isOfOperation(scope, edit, id))))
}

function firstStamp(conflicts: readonly Conflict[]): string {
  const stamps = conflicts.flatMap(({ values }) => values.map(({ edit }) => edit.stamp))
  return stamps.reduce((first, stamp) => (stamp < first ? stamp : first))
}

/** The operations that any side of these conflicts was written by. */
export function operationIds(conflicts: Iterable<Conflict>): ReadonlySet<string> {
  const ids = [...conflicts].flatMap(({ values }) => values.map(({ edit }) => edit.operation))
  return new Set(ids.filter((id) => id !== undefined))
}

/** Whether a live value of the record was written by one of these operations. */
export function isTouchedBy(record: CausalRecord, operations: ReadonlySet<string>): boolean {
  for (const { edit } of liveValues(record)) {
    if (edit.operation !== undefined && operations.has(edit.operation)) return true
  }
  return false
}
