/** What became of one change, in the words of the reply. */
import type { SyncAction, SyncConflict, SyncResolution } from '../../../model/rest/sync.ts'

export interface ReportedConflict {
  readonly conflict: SyncConflict
  readonly resolution: SyncResolution
}

export interface Outcome {
  /** Absent if nothing of the change was done. */
  readonly processed?: SyncAction | 'resolved'
  readonly conflicts: readonly ReportedConflict[]
  readonly failure?: { readonly error: string; readonly retryable: boolean }
}

export function failed(error: string): Outcome {
  return { conflicts: [], failure: { error, retryable: false } }
}

export function done(processed: SyncAction): Outcome {
  return { processed, conflicts: [] }
}
