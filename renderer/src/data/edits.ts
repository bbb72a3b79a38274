/** What a person does to records, as stamped edits. Every promise rejects if the edit is not safely stored. */
import { applyEdits, seenIn } from '../../../model/conflicts/apply.ts'
import { type Decision, decide } from '../../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import { type UndoError, undoDecision } from '../../../model/conflicts/undo.ts'
import {
  createRecord,
  type Data,
  deleteRecord,
  editRecord,
  keepRecord,
  type NewRecord,
} from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Superseded } from '../../../model/sync/changeStore.ts'
import { supersededValues } from '../../../model/sync/superseded.ts'
import type { Replica } from '../replica/replica.ts'

/** One of several edits; `before` as in `edit`. */
export interface Change {
  readonly before: CausalRecord
  readonly data: Data
}

export interface Edits {
  /** Stores those whose id is new here. A record that is known, or was deleted, stays as it is. */
  create(records: readonly NewRecord[]): Promise<void>
  /**
   * @param before the record as the person saw it: what somebody else wrote meanwhile is not overwritten, but stays
   *   beside the new value
   */
  edit(before: CausalRecord, data: Data): Promise<void>
  /**
   * Edits several records as one operation: all are stored, or none. A record that somebody deleted meanwhile stays
   * deleted.
   * @param operation an id that every one of the edits carries
   */
  editAll(changes: readonly Change[], operation: string): Promise<void>
  remove(before: CausalRecord): Promise<void>
  /** Brings a deleted record back. */
  keep(before: CausalRecord): Promise<void>
  /**
   * Stores a decision on an entry of the conflict queue, in all its records at once. It counts for what the person saw: a
   * value that came meanwhile stays beside it, and is decided next.
   * @returns takes the decision back: what it chose between stands in the records again, to be decided anew. Rejects if
   *   somebody changed them since. A browser keeps no history, so what the decision replaced is kept with this function.
   */
  decide(entry: QueueEntry, decision: Decision): Promise<() => Promise<void>>
}

/** Edits through the replica's store, under its actor. */
export function createEdits({ store, author }: Pick<Replica, 'store' | 'author'>): Edits {
  async function change(id: string, next: (current: CausalRecord) => CausalRecord): Promise<void> {
    await store.update([id], (records) => {
      const current = records.get(id)
      if (!current) throw new Error(`record ${id} is not on this device any more`)
      const record = next(current)
      return record === current ? [] : [{ record }]
    })
  }
  async function undo(conflictId: string, replaced: ReadonlyMap<string, readonly Superseded[]>): Promise<void> {
    const me = author()
    let refused: UndoError | undefined
    await store.update([...replaced.keys()], (records) => {
      const edits = [...records.values()].map((current) => ({
        current,
        undone: undoDecision(current, conflictId, me, replaced.get(current.id) ?? []),
      }))
      refused = edits.map(({ undone }) => (undone.ok ? undefined : undone.error)).find((error) => error !== undefined)
      if (refused) return []
      return edits.flatMap(({ current, undone }) => (undone.ok ? [{ record: applyEdits(current, undone.value) }] : []))
    })
    if (refused) throw new Error(`the decision on ${conflictId} cannot be taken back: ${refused.kind}`)
  }
  return {
    async create(records) {
      const writes = records.map((record) => ({ record: createRecord(record, author()) }))
      await store.update(
        records.map(({ id }) => id),
        (known) => writes.filter(({ record }) => !known.has(record.id)),
      )
    },
    edit(before, data) {
      const me = author()
      return change(before.id, (current) => editRecord(current, data, me, seenIn(before)))
    },
    async editAll(changes, operation) {
      const stamped = changes.map((change) => ({ ...change, me: { ...author(), operation } }))
      await store.update(
        changes.map(({ before }) => before.id),
        (records) =>
          stamped.flatMap(({ before, data, me }) => {
            const current = records.get(before.id)
            if (!current) throw new Error(`record ${before.id} is not on this device any more`)
            if (viewRecord(current).deleted) return []
            const record = editRecord(current, data, me, seenIn(before))
            return record === current ? [] : [{ record }]
          }),
      )
    },
    remove(before) {
      const me = author()
      return change(before.id, (current) => deleteRecord(current, me, seenIn(before)))
    },
    keep(before) {
      const me = author()
      return change(before.id, (current) => keepRecord(current, me))
    },
    async decide(entry, decision) {
      const decided = decide(entry, decision, author())
      if (!decided.ok) throw new Error(`conflict ${entry.conflictId} cannot be decided so: ${decided.error.kind}`)
      const shown = new Map(decided.value.map(({ before }) => [before.id, before]))
      const missing = new Set(shown.keys())
      const replaced = new Map<string, readonly Superseded[]>()
      await store.update([...shown.keys()], (records) =>
        [...records.values()].flatMap((current) => {
          const before = shown.get(current.id)
          if (!before) return []
          missing.delete(current.id)
          const record = applyEdits(current, decided.value, seenIn(before))
          replaced.set(current.id, supersededValues(current, record))
          return record === current ? [] : [{ record }]
        }),
      )
      if (missing.size > 0) throw new Error(`${missing.size} of its records are not on this device any more`)
      return () => undo(entry.conflictId, replaced)
    },
  }
}
