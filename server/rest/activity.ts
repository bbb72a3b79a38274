/** What a person's devices do here: whose queue items and conflicts are whose, and the conflicts themselves. */
import { type StandingDecision, standingDecisions } from '../../model/conflicts/decisions.ts'
import type { QueueEntry, Writer } from '../../model/conflicts/entry.ts'
import { conflictQueue } from '../../model/conflicts/queue.ts'
import type { Superseded } from '../../model/sync/changeStore.ts'
import { type ConflictParts, contestedRecords, hasPending } from './conflictQueue.ts'
import type { Caller } from './context.ts'

/** Somebody, as far as their edits are known to be theirs. */
export type IsOf = (person: Partial<Pick<Writer, 'userId' | 'deviceId'>> | undefined) => boolean

/** Conflicts in which one of the values is theirs, the most urgent of each wedding first. */
export async function pendingOf(parts: ConflictParts, caller: Caller, isOf: IsOf): Promise<readonly QueueEntry[]> {
  const people = await parts.people(caller.team)
  const entries: QueueEntry[] = []
  for await (const { records } of contestedRecords(parts, caller, hasPending)) {
    entries.push(...conflictQueue(records, { people }))
  }
  return entries.filter((entry) => entry.parts.some(({ values }) => values.some(({ writer }) => isOf(writer))))
}

/** Decisions that they made, or that were about a value of theirs. */
export async function decisionsOf(
  parts: ConflictParts,
  caller: Caller,
  isOf: IsOf,
  sinceMs: number,
): Promise<readonly StandingDecision[]> {
  const people = await parts.people(caller.team)
  const decisions: StandingDecision[] = []
  for await (const { records } of contestedRecords(parts, caller, ({ decided }) => decided)) {
    const history = new Map<string, readonly Superseded[]>()
    for (const { id } of records) history.set(id, await parts.context.stores.history.superseded(id))
    decisions.push(...standingDecisions(records, { people, history }))
  }
  return decisions.filter(
    ({ values }) =>
      values.some(({ writer }) => Date.parse(writer.at) >= sinceMs) &&
      values.some(({ writer, replaced }) => isOf(writer) || replaced.some((each) => isOf(each.writer))),
  )
}
