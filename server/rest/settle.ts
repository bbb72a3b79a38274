/** Carries out a decision on one conflict. */
import { stampTime } from '../../model/merge/clock.ts'
import type { Conflict } from '../../model/merge/conflicts.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { err, type Result } from '../../model/result.ts'
import type { Caller, ServerContext } from './context.ts'
import { commentKey, type Decision, type DecisionError, decide } from './decisions.ts'
import { readablePart } from './reading.ts'
import { sizeFault } from './sync/size.ts'

/** @returns the record afterwards */
export async function settle(
  context: ServerContext,
  caller: Caller,
  { conflictId, recordId }: Conflict,
  decision: Decision,
  comment?: string,
): Promise<Result<CausalRecord, DecisionError>> {
  const author = await context.author(caller)
  const held: { result: Result<CausalRecord, DecisionError> } = { result: err({ kind: 'gone' }) }
  await context.stores.changes.update([recordId], (current) => {
    const record = current.get(recordId)
    const part = record && readablePart(record, caller.grant.role)
    const isCommitted =
      record && [...liveValues(record)].some(({ edit }) => edit.actor === author.actor && edit.stamp === author.stamp)
    // The store may ask again after it has committed this.
    if (isCommitted) return []
    held.result = record && part ? decide(record, part, conflictId, decision, author) : err({ kind: 'gone' })
    if (!held.result.ok) return []
    const fault = sizeFault(held.result.value)
    if (fault === undefined) return [{ record: held.result.value }]
    held.result = err({ kind: 'unwritable', reason: fault })
    return []
  })
  if (held.result.ok && comment !== undefined) {
    await context.stores.state.set(commentKey(conflictId, stampTime(author.stamp)), { comment })
  }
  return held.result
}
