/** The `conflict` and `resolution` objects of the reply (`wedsync-api.md` §1.1). */
import { stampTime } from '../../../model/merge/clock.ts'
import { conflictOver, type Severity } from '../../../model/merge/conflicts.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { SyncResolution, SyncStrategy } from '../../../model/rest/sync.ts'
import type { View } from '../../../model/sync/rules.ts'
import { readablePart, rowData } from '../reading.ts'
import type { ReportedConflict } from './outcome.ts'
import type { PlannedChange } from './plan.ts'

const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical']
/** A conflict over more fields than this is at least of medium severity. */
const MANY_FIELDS = 3

export interface Settlement {
  readonly strategy: SyncStrategy
  readonly applied: boolean
  /** The record after a merge. */
  readonly merged?: CausalRecord
}

/**
 * @param before the record as the change found it
 * @param fields those in conflict; `$deleted` if it is about whether the record exists
 */
export function reportConflict(
  change: PlannedChange,
  before: CausalRecord,
  fields: readonly string[],
  view: View,
  settlement: Settlement,
): ReportedConflict {
  const known = fields.map((field) => conflictOver(before, field))
  const [first] = known
  if (!first) throw new Error('a conflict without a field')
  return {
    conflict: {
      hasConflict: true,
      conflictId: first.conflictId,
      conflictType: first.type,
      conflictFields: [...fields],
      severity: worst(known.map(({ severity }) => severity)),
      serverId: before.id,
      serverData: visibleData(before, view),
      serverTimestamp: stampTime(viewRecord(before).updated.stamp),
      clientTimestamp: change.timestamp,
    },
    resolution: resolution(before.id, view, settlement),
  }
}

function resolution(serverId: string, view: View, { strategy, applied, merged }: Settlement): SyncResolution {
  return { strategy, applied, serverId, mergedData: merged ? visibleData(merged, view) : null }
}

/** The visible values of what is in view. */
export function visibleData(record: CausalRecord, view: View): Record<string, unknown> {
  const part = readablePart(record, view)
  return part ? rowData(viewRecord(part)) : {}
}

function worst(severities: readonly Severity[]): Severity {
  const least = severities.length > MANY_FIELDS ? 1 : 0
  return SEVERITIES[Math.max(least, ...severities.map((severity) => SEVERITIES.indexOf(severity)))] ?? 'low'
}
