/** Carries out a decision on one entry of the queue. */
import { applyEdits } from '../../model/conflicts/apply.ts'
import { type Decision, type DecisionError, decide } from '../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import { currentEntry } from '../../model/conflicts/queue.ts'
import { stampTime } from '../../model/merge/clock.ts'
import type { Author } from '../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { Write } from '../../model/sync/changeStore.ts'
import type { Caller, ServerContext } from './context.ts'
import { readablePart } from './reading.ts'
import { sizeFault } from './sync/size.ts'

export type SettleError =
  | DecisionError
  /** Nothing waits any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unwritable'; readonly reason: string }

/** Where a comment on a decision is kept: beside the records, on this server. */
export function commentKey(conflictId: string, at: string): string {
  return `decision/${conflictId}/${at}`
}

/** @returns the records afterwards */
export async function settle(
  context: ServerContext,
  caller: Caller,
  entry: QueueEntry,
  decision: Decision,
  comment?: string,
): Promise<Result<readonly CausalRecord[], SettleError>> {
  const author = await context.author(caller)
  const ids = [...new Set(entry.parts.map(({ record }) => record.id))].sort()
  const settled = new Map<string, CausalRecord>()
  const held: { error?: SettleError } = { error: { kind: 'gone' } }
  await context.stores.changes.update(ids, (current) => {
    // The store may ask again after it has committed this, and then only for what somebody else changed meanwhile.
    const records = [...current.values()].filter((record) => !isWrittenBy(record, author))
    if (records.length === 0) return []
    const decided = settleIn(records, caller, entry, decision, author)
    if (!decided.ok) {
      held.error = decided.error
      return []
    }
    delete held.error
    for (const { record } of decided.value) settled.set(record.id, record)
    return decided.value
  })
  if (held.error) return err(held.error)
  if (comment !== undefined) {
    await context.stores.state.set(commentKey(entry.conflictId, stampTime(author.stamp)), { comment })
  }
  return ok([...settled.values()])
}

function isWrittenBy(record: CausalRecord, { actor, stamp }: Author): boolean {
  return [...liveValues(record)].some(({ edit }) => edit.actor === actor && edit.stamp === stamp)
}

function settleIn(
  records: readonly CausalRecord[],
  { grant: { role } }: Caller,
  entry: QueueEntry,
  decision: Decision,
  author: Author,
): Result<readonly Write[], SettleError> {
  // What a person cannot see they cannot decide.
  const readable = records.map((record) => readablePart(record, role)).filter((part) => part !== undefined)
  const now = currentEntry(entry, readable)
  if (!now) return err({ kind: 'gone' })
  const edits = decide(now, decision, author)
  if (!edits.ok) return edits
  const writes = records.flatMap((before) => {
    const record = applyEdits(before, edits.value)
    return record === before ? [] : [{ record }]
  })
  const reason = writes.map(({ record }) => sizeFault(record)).find((fault) => fault !== undefined)
  return reason === undefined ? ok(writes) : err({ kind: 'unwritable', reason })
}
