/** Decisions on conflicts, as edits. */
import type { Conflict, ConflictValue } from '../../../model/merge/conflicts.ts'
import { unreachable } from '../../../model/result.ts'
import type { Edits } from '../data/edits.ts'
import type { OpenConflict } from '../data/live.ts'

export type Choice =
  | { readonly kind: 'keep'; readonly value: ConflictValue }
  | { readonly kind: 'new'; readonly value: unknown }
  | { readonly kind: 'keep-record' }
  | { readonly kind: 'delete-record' }

/**
 * The names of `wedsync-api.md` §1.4: "server" is the visible value, "client" the other. With more than two values the
 * others have no name of their own, and choosing one counts as writing it anew.
 */
export function strategyOf({ values }: Conflict, choice: Choice): string {
  switch (choice.kind) {
    case 'keep':
      if (choice.value === values[0]) return 'use_server'
      return values.length === 2 ? 'use_client' : 'merge_manual'
    case 'new':
      return 'merge_manual'
    case 'keep-record':
      return 'use_server'
    case 'delete-record':
      return 'use_client'
    default:
      return unreachable(choice)
  }
}

/** Stores a decision. It counts for what the person saw: a value that came meanwhile is decided next. */
export function settle({ conflict, row }: OpenConflict, choice: Choice, edits: Edits): Promise<void> {
  const decided = { conflictId: conflict.conflictId, strategy: strategyOf(conflict, choice) }
  const [field = ''] = conflict.fields
  switch (choice.kind) {
    case 'keep':
      return edits.edit(row.record, { [field]: choice.value.value }, decided)
    case 'new':
      return edits.edit(row.record, { [field]: choice.value }, decided)
    case 'keep-record':
      return edits.keep(row.record, decided)
    case 'delete-record':
      return edits.remove(row.record, decided)
    default:
      return unreachable(choice)
  }
}
