/** Carries out a decision on one conflict. */
import { stampTime } from '../../model/merge/clock.ts'
import type { Conflict } from '../../model/merge/conflicts.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { err, ok, type Result } from '../../model/result.ts'
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
  let result: Result<CausalRecord, DecisionError> = err({ kind: 'gone' })
  await context.stores.changes.update([recordId], (current) => {
    const record = current.get(recordId)
    const part = record && readablePart(record, caller.grant.role)
    const isCommitted =
      record && [...liveValues(record)].some(({ edit }) => edit.actor === author.actor && edit.stamp === author.stamp)
    // The store may ask again after it has committed this.
    if (isCommitted) return []
    result = record && part ? decide(record, part, conflictId, decision, author) : err({ kind: 'gone' })
    if (!result.ok) return []
    const fault = sizeFault(result.value)
    if (fault === undefined) return [{ record: result.value }]
    result = err({ kind: 'unwritable', reason: fault })
    return []
  })
  // Widened again: the compiler does not see that the function above has run.
  const outcome = result as Result<CausalRecord, DecisionError>
  if (outcome.ok && comment !== undefined) {
    await context.stores.state.set(commentKey(conflictId, stampTime(author.stamp)), { comment })
  }
  return outcome.ok ? ok(outcome.value) : outcome
}
