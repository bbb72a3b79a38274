/** Edits that decide or reopen a conflict, before they are stamped into a record. Pure. */
import { type Author, type Data, deleteRecord, editRecord, keepRecord, type Seen } from '../merge/edit.ts'
import { type CausalRecord, liveValues } from '../merge/record.ts'
import { EMPTY_VECTOR } from '../merge/vector.ts'
import { unreachable } from '../result.ts'

export interface DecisionEdit {
  readonly recordId: string
  /** The record that the person had before their eyes. */
  readonly before: CausalRecord
  readonly author: Author
  readonly change:
    | { readonly kind: 'write'; readonly data: Data }
    | { readonly kind: 'delete' }
    /** The record stays, whoever deleted it. */
    | { readonly kind: 'keep' }
}

/**
 * The record after those of the edits that are about it. **All of them have seen the record as it was before the first**,
 * and not each other: two that write one field leave two siblings, which is how a conflict is brought back.
 * @param seen what the person had before their eyes, if that is older than `record`: what came since stays beside it
 */
export function applyEdits(
  record: CausalRecord,
  edits: readonly DecisionEdit[],
  seen: Seen = seenIn(record),
): CausalRecord {
  return edits
    .filter(({ recordId }) => recordId === record.id)
    .reduce((current, { change, author }) => {
      switch (change.kind) {
        case 'write':
          return editRecord(current, change.data, author, seen)
        case 'delete':
          return deleteRecord(current, author, seen)
        case 'keep':
          return keepRecord(current, author)
        default:
          return unreachable(change)
      }
    }, record)
}

/** All that the record holds. */
export function seenIn(record: CausalRecord): Seen {
  return (readClass) => record.units.get(readClass)?.vector ?? EMPTY_VECTOR
}

/**
 * Whether an edit of this author's, of this very stamp, stands in the record: a store that asks for a change again may ask
 * about records in which it is committed already.
 */
export function isWrittenBy(record: CausalRecord, { actor, stamp }: Author): boolean {
  return [...liveValues(record)].some(({ edit }) => edit.actor === actor && edit.stamp === stamp)
}
