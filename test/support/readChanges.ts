import type { ChangeQuery, ChangeStore } from '../../model/sync/changeStore.ts'

/** The store, which tells how its log is read. */
export function readChanges(changes: ChangeStore): { readonly changes: ChangeStore; readonly reads: ChangeQuery[] } {
  const reads: ChangeQuery[] = []
  return {
    reads,
    changes: {
      ...changes,
      changesSince(scope, seq, query) {
        reads.push(query)
        return changes.changesSince(scope, seq, query)
      },
    },
  }
}
