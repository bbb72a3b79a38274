/** `GET /conflicts` (`cli.md`). */
import { z } from 'zod'
import { standingDecisions } from '../../model/conflicts/decisions.ts'
import type { ConflictEntry, ConflictsReply, conflictsQuery } from '../../model/rest/conflicts.ts'
import { pendingEntry, resolvedEntry } from './conflictEntries.ts'
import { type ConflictParts, contestedRecords, hasPending, tellingOf, toldEntries } from './conflictQueue.ts'
import type { Caller, ServerContext } from './context.ts'
import type { Handlers } from './router.ts'
import { commentKey } from './settle.ts'

export function conflictHandlers(parts: ConflictParts): Pick<Handlers, 'conflicts'> {
  return { conflicts: ({ caller, query }) => listConflicts(parts, caller, query) }
}

async function listConflicts(
  parts: ConflictParts,
  caller: Caller,
  { weddingId, status }: z.output<typeof conflictsQuery>,
): Promise<ConflictsReply> {
  const wedding = weddingId?.toLowerCase()
  const people = await parts.people(caller.team)
  const conflicts: ConflictEntry[] = []
  if (status !== 'resolved') {
    for await (const contested of contestedRecords(parts, caller, hasPending, wedding)) {
      conflicts.push(...(await toldEntries(parts, caller, contested, people)).map(pendingEntry))
    }
  }
  if (status !== 'pending') {
    for await (const { scope, records } of contestedRecords(parts, caller, ({ decided }) => decided, wedding)) {
      const telling = await tellingOf(parts.context, scope, records, people)
      const entries = standingDecisions(records, telling).map(resolvedEntry)
      for (const entry of entries) conflicts.push(await withComment(parts.context, entry))
    }
  }
  return { conflicts }
}

const comment = z.object({ comment: z.string() })

async function withComment({ stores: { state } }: ServerContext, entry: ConflictEntry): Promise<ConflictEntry> {
  const at = entry.values[0]?.at
  const said = comment.safeParse(at === undefined ? undefined : await state.get(commentKey(entry.conflictId, at)))
  return { ...entry, ...(said.success && said.data) }
}
