/**
 * A decision where values are sealed. The client that has the key chooses, and sends what it chose sealed anew; this side sees to
 * it that all that is in conflict is decided, that it is marked as the decision it is, and that it says no more. Pure.
 */
import type { Decision } from '../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { DELETED } from '../../model/merge/registers.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { SettleError } from './settle.ts'
import { overwriteSealed, sealedFault } from './sync/sealedApply.ts'
import type { SealedWrite } from './sync/sealedWrite.ts'

/** @param entry as it stands in the records now */
export function decideSealed(
  records: readonly CausalRecord[],
  entry: QueueEntry,
  { strategy }: Decision,
  sealed: SealedWrite,
): Result<readonly CausalRecord[], SettleError> {
  const { parts, conflictId, automatic } = entry
  const [record] = records
  if (!record || parts.some((part) => part.record.id !== record.id)) return err({ kind: 'several-records' })
  if (strategy === 'merge_automatic' && !automatic.possible && automatic.reason !== 'sealed') {
    return automatic.reason === 'too-many-sides'
      ? err({ kind: 'too-many-sides' })
      : err({ kind: 'never-automatic', field: parts[0].field, reason: automatic.reason })
  }
  if (strategy === 'use_client' && parts.some(({ client }) => client === undefined))
    return err({ kind: 'too-many-sides' })
  const { decided } = sealed.author
  if (decided?.conflictId !== conflictId || decided.strategy !== strategy) {
    return unwritable('edit.decided: Must name this conflict and strategy, since it is sealed in')
  }
  const contested = new Set(parts.map(({ field }) => field))
  const written = new Set(Object.keys(sealed.fields))
  const missing = [...contested].find((field) => field !== DELETED && !written.has(field))
  if (missing !== undefined) return err({ kind: 'field-missing', field: missing })
  if (contested.has(DELETED) && !keepsRecord(sealed, record.base)) return err({ kind: 'field-missing', field: DELETED })
  const isMerge = strategy === 'merge_manual' || strategy === 'merge_automatic'
  const more = [...written].find((field) => !contested.has(field))
  if (more !== undefined && !isMerge) return unwritable(`${more}: Not in conflict`)
  const fault = sealedFault(record, sealed)
  return fault === undefined ? ok([overwriteSealed(record, sealed)]) : unwritable(fault)
}

function keepsRecord({ units }: SealedWrite, base: string): boolean {
  return units.get(base)?.values.get(DELETED) === false
}

function unwritable(reason: string): { readonly ok: false; readonly error: SettleError } {
  return err({ kind: 'unwritable', reason })
}
