/** What the audit keeps of a `POST /sync`: how much of what, never what was written. Pure. */
import type { SyncReply, SyncRequest, SyncResolution } from '../../../model/rest/sync.ts'
import type { Note } from '../../audit/trail.ts'

export function auditDetails({ changes, batchId, options }: SyncRequest): Record<string, unknown> {
  const byTable = Map.groupBy(changes, ({ table }) => table)
  const tables = Object.fromEntries([...byTable].map(([name, of]) => [name, of.length]))
  return { batchId, changes: changes.length, tables, conflictResolution: options.conflictResolution }
}

/** One for the call, and one for each conflict. */
export function notesOn({ processed, conflicts, failures, serverChanges }: SyncReply): readonly Note[] {
  const counts = { processed: processed.length, conflicts: conflicts.length, failures: failures.length }
  return [
    { phase: 'done', details: { ...counts, serverChanges: serverChanges.length } },
    ...conflicts.map(({ conflict, resolution }): Note => {
      const details = { fields: conflict.conflictFields, type: conflict.conflictType, strategy: resolution.strategy }
      return { phase: 'done', conflictId: conflict.conflictId, action: actionOf(resolution), details }
    }),
  ]
}

function actionOf({ strategy, applied }: SyncResolution): NonNullable<Note['action']> {
  if (strategy === 'server_wins' || strategy === 'skip') return 'rejected'
  if (!applied) return 'detected'
  return strategy === 'merge' ? 'merged' : 'resolved'
}
