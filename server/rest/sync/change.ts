/** A change on its way: what is known of it, under what circumstances it is applied, and what came of it. */
import type { Author } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import type { Edit } from '../../../model/merge/unit.ts'
import { covers, EMPTY_VECTOR, type Vector } from '../../../model/merge/vector.ts'
import type { SyncStrategy } from '../../../model/rest/sync.ts'
import type { Superseded } from '../../../model/sync/changeStore.ts'
import type { View } from '../../../model/sync/rules.ts'
import { failed, type Outcome } from './outcome.ts'
import type { PlannedChange } from './plan.ts'

/** A change with all that is needed to apply it. */
export interface ReadyChange extends PlannedChange {
  readonly author: Author
  /** What the author had seen, by read class. Empty if it is not known, so that nothing is taken as seen. */
  readonly base: ReadonlyMap<string, Vector>
  /** Values of the record that were replaced, oldest first; only looked up for a change of a text or a set. */
  readonly history: readonly Superseded[]
}

export interface Circumstances {
  /** What the caller may be told of. */
  readonly view: View
  readonly strategy: SyncStrategy
  /** Whether the edit was made by the very call that is being applied: its later changes have seen its earlier ones. */
  isOwn(edit: Edit): boolean
}

export interface Applied {
  readonly record: CausalRecord | undefined
  readonly outcome: Outcome
  /** Values that were sent and lost at once, or were replaced within the call: they go to history. */
  readonly lost: readonly Superseded[]
}

/** Nothing of the change is done. */
export function refused(record: CausalRecord | undefined, error: string): Applied {
  return { record, outcome: failed(error), lost: [] }
}

/** Whether the author of the change had this edit before their eyes. */
export function isSeen(change: ReadyChange, { isOwn }: Circumstances, readClass: string, edit: Edit): boolean {
  return covers(seenIn(change, readClass), edit) || isOwn(edit)
}

export function seenIn({ base }: ReadyChange, readClass: string): Vector {
  return base.get(readClass) ?? EMPTY_VECTOR
}

/** Written before the base, and replaced after it. Without a known replacement, some later edit must have been one. */
export function wasLiveAt(value: Superseded, base: Vector): boolean {
  if (value.counter === 0 || !covers(base, value)) return false
  return !value.replacedBy || !covers(base, value.replacedBy)
}
