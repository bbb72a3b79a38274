/** What a person does to records, as stamped edits. Every promise rejects if the edit is not safely stored. */
import { applyEdits, isWrittenBy, seenIn } from '../../../model/conflicts/apply.ts'
import { type Decision, decide } from '../../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import { isReopened, type UndoError, undoDecision } from '../../../model/conflicts/undo.ts'
import {
  createRecord,
  type Data,
  deleteRecord,
  editRecord,
  keepRecord,
  type NewRecord,
} from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Superseded, Write } from '../../../model/sync/changeStore.ts'
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
   * @param alike others that are decided the same way: all in one commit, as one operation with one undo
   * @returns takes the decision back: what it chose between stands in the records again, to be decided anew. Rejects if
   *   somebody changed them since; what is taken back already stays so. A browser keeps no history, so what the decision
   *   replaced is kept with this function.
   */
  decide(entry: QueueEntry, decision: Decision, alike?: readonly QueueEntry[]): Promise<() => Promise<void>>
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
  /** @param ids of the entries that were decided, of which each record knows those that are about it */
  async function undo(ids: ReadonlySet<string>, replaced: ReadonlyMap<string, readonly Superseded[]>): Promise<void> {
    const me = author()
    let refused: UndoError | undefined
    await store.update([...replaced.keys()], (records) => {
      refused = undefined
      const writes: Write[] = []
      for (const current of records.values()) {
        if (isWrittenBy(current, me)) continue
        const decided = [...liveValues(current)].flatMap(({ edit }) => edit.decided?.conflictId ?? [])
        const own = [...new Set(decided)].filter((id) => ids.has(id))
        // Somebody was faster with some of it; the rest is taken back all the same.
        const standing = own.filter((id) => !isReopened(current, id))
        const edits = standing.map((id) => undoDecision(current, id, me, replaced.get(current.id) ?? []))
        if (own.length === 0) refused = { kind: 'no-decision' }
        for (const each of edits) if (!each.ok) refused = each.error
        const undone = edits.flatMap((each) => (each.ok ? each.value : []))
        if (undone.length > 0) writes.push({ record: applyEdits(current, undone) })
      }
      // What was decided at once is taken back at once, or not at all.
      return refused ? [] : writes
    })
    if (refused) throw new Error(`the decision on ${[...ids].join(', ')} cannot be taken back: ${refused.kind}`)
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
    async decide(entry, decision, alike = []) {
      const all = [entry, ...alike]
      const operation = alike.length > 0 ? crypto.randomUUID() : undefined
      const decided = all.flatMap((each) => {
        const edits = decide(each, decision, { ...author(), ...(operation !== undefined && { operation }) })
        if (!edits.ok) throw new Error(`conflict ${each.conflictId} cannot be decided so: ${edits.error.kind}`)
        return edits.value
      })
      const shown = new Map(decided.map(({ before }) => [before.id, before]))
      const missing = new Set(shown.keys())
      const replaced = new Map<string, readonly Superseded[]>()
      await store.update([...shown.keys()], (records) => {
        for (const id of records.keys()) missing.delete(id)
        if (missing.size > 0) return []
        return [...records.values()].flatMap((current) => {
          const before = shown.get(current.id)
          const own = decided.filter(({ recordId }) => recordId === current.id)
          if (!before || own.some(({ author }) => isWrittenBy(current, author))) return []
          const record = applyEdits(current, own, seenIn(before))
          replaced.set(current.id, supersededValues(current, record))
          return record === current ? [] : [{ record }]
        })
      })
      if (missing.size > 0) throw new Error(`${missing.size} of its records are not on this device any more`)
      return () => undo(new Set(all.map(({ conflictId }) => conflictId)), replaced)
    },
  }
}
