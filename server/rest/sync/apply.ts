/** One planned change, applied to the record as it is. Pure. */
import { createRecord, deleteRecord, keepRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../../model/merge/record.ts'
import { CREATED, DELETED } from '../../../model/merge/registers.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { tableNamed } from '../../../model/tables/index.ts'
import { type Applied, type Circumstances, isSeen, type ReadyChange, refused } from './change.ts'
import { applyToDeleted, deleteInConflict } from './deletion.ts'
import { applyFields } from './fields.ts'
import { done } from './outcome.ts'
import { applySealed, createSealed } from './sealedApply.ts'
import { sizeFault } from './size.ts'

export function applyChange(
  record: CausalRecord | undefined,
  change: ReadyChange,
  circumstances: Circumstances,
): Applied {
  if (change.fault !== undefined) return refused(record, change.fault)
  if (!record) return createIfAsked(change)
  if (record.table !== change.table) return refused(record, `table: The record is in ${record.table}`)
  const applied = applyToExisting(record, change, circumstances)
  if (applied.record === record || !applied.record) return applied
  const fault = sizeFault(applied.record)
  return fault === undefined ? applied : refused(record, fault)
}

function createIfAsked(change: ReadyChange): Applied {
  const { action, recordId: id, table, data, weddingId: scope = id, createFault, author, sealed } = change
  if (action !== 'create') return refused(undefined, 'id: There is no such record')
  if (createFault !== undefined) return refused(undefined, createFault)
  const record = sealed ? createSealed({ id, scope, table }, sealed) : createRecord({ id, scope, table, data }, author)
  const fault = sizeFault(record)
  return fault === undefined ? { record, outcome: done('create'), lost: [] } : refused(undefined, fault)
}

function applyToExisting(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): Applied {
  if (change.sealed) return applySealed(record, change, change.sealed, circumstances)
  const view = viewRecord(record)
  if (view.deleted) {
    if (!bringsBack(record, change, circumstances)) return applyToDeleted(record, change, circumstances)
    return applyFields(keepRecord(record, change.author), change, circumstances)
  }
  if (change.action === 'delete') return applyDeletion(record, change, circumstances)
  if (tableNamed(record.table).baseClass({ ...view.data, ...change.data }) !== record.base) {
    return refused(record, 'data: This would change who may read the record; create a new one instead')
  }
  return applyFields(record, change, circumstances)
}

/**
 * Whether the author edits what they know to be deleted. Known is only what the change builds on by name: an edit that is merely
 * later than a deletion may be by somebody who was offline all the while.
 */
function bringsBack(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): boolean {
  if (change.action !== 'update' || change.clientVersion === undefined) return false
  return [...liveValues(record)]
    .filter(({ register }) => register === DELETED)
    .every(({ readClass, edit }) => isSeen(change, circumstances, readClass, edit))
}

function applyDeletion(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): Applied {
  for (const { readClass, register, edit } of liveValues(record)) {
    if (register === DELETED || register === CREATED) continue
    if (!isSeen(change, circumstances, readClass, edit)) return deleteInConflict(record, change, circumstances)
  }
  return { record: deleteRecord(record, change.author), outcome: done('delete'), lost: [] }
}
