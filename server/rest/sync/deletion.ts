/** Changes that clash over whether the record exists. */
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { deleteRecord, editRecord, keepRecord } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { DELETED } from '../../../model/merge/registers.ts'
import { isDeleted } from '../../../model/merge/view.ts'
import { unreachable } from '../../../model/result.ts'
import { type Applied, type Circumstances, type ReadyChange, seenIn } from './change.ts'
import { reportConflict, type Settlement } from './conflictReport.ts'
import { losingValues } from './lost.ts'

/** Deletes a record that others changed since its author saw it. */
export function deleteInConflict(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): Applied {
  const { strategy } = circumstances
  switch (strategy) {
    case 'server_wins':
    case 'skip':
      return clash(record, record, change, circumstances, { strategy, applied: false })
    case 'client_wins': {
      const next = deleteRecord(record, change.author)
      return clash(record, next, change, circumstances, { strategy, applied: true })
    }
    case 'merge':
    case 'manual': {
      // The deletion covers only what its author saw, so the record stays, and the queue shows both.
      const next = deleteRecord(record, change.author, (readClass) => seenIn(change, readClass))
      return clash(record, next, change, circumstances, { strategy, applied: false })
    }
    default:
      return unreachable(strategy)
  }
}

/** Changes or deletes a record that is deleted already. */
export function applyToDeleted(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): Applied {
  const { strategy } = circumstances
  if (change.action === 'delete') {
    return clash(record, record, change, circumstances, { strategy, applied: strategy === 'client_wins' })
  }
  switch (strategy) {
    case 'server_wins':
    case 'skip': {
      const applied = clash(record, record, change, circumstances, { strategy, applied: false })
      return { ...applied, lost: losingValues(record, change.data, change.author) }
    }
    case 'client_wins': {
      const edited = editRecord(record, change.data, change.author)
      // An edit that says what stands there anyway brings the record back all the same.
      const next = isDeleted(edited) ? keepRecord(edited, change.author) : edited
      return clash(record, next, change, circumstances, { strategy, applied: true })
    }
    case 'merge':
    case 'manual': {
      const next = editRecord(record, change.data, change.author, (readClass) => seenIn(change, readClass))
      const waits = conflictsOf(next).some(({ type }) => type === 'delete_conflict')
      return clash(record, next, change, circumstances, { strategy, applied: !waits && !isDeleted(next) })
    }
    default:
      return unreachable(strategy)
  }
}

/** A change that is in conflict over whether the record exists. */
export function clash(
  before: CausalRecord,
  after: CausalRecord,
  change: ReadyChange,
  { view }: Circumstances,
  settlement: Settlement,
): Applied {
  const conflict = reportConflict(change, before, [DELETED], view, settlement)
  return {
    record: after,
    outcome: { ...(settlement.applied && { processed: 'resolved' as const }), conflicts: [conflict] },
    lost: [],
  }
}
