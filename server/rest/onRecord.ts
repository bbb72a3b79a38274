import type { ChangeFunction } from '../../model/sync/changeStore.ts'
import type { Beginning } from '../audit/trail.ts'
import type { ReplicaStores } from './context.ts'

/**
 * As `update` of the store, for an operation of the audit: its beginning is on disk with the first commit, or before it where the
 * store cannot take it along. If it cannot be written, nothing is.
 */
export async function updateOnRecord(
  { changes, updateWith }: ReplicaStores,
  beginning: Beginning,
  ids: readonly string[],
  change: ChangeFunction,
): Promise<void> {
  const { inCommit } = beginning
  if (updateWith && inCommit) {
    if (await updateWith(ids, change, inCommit)) beginning.noteCommitted()
    return
  }
  await beginning.onDisk()
  await changes.update(ids, change)
}
