/** `GET /conflicts` (`cli.md`). */
import type { RequestHandler, Router } from 'express'
import { z } from 'zod'
import { standingDecisions } from '../../model/conflicts/decisions.ts'
import { type ConflictEntry, type ConflictsReply, conflictsQuery } from '../../model/rest/conflicts.ts'
import { pendingEntry, resolvedEntry } from './conflictEntries.ts'
import { type ConflictParts, contestedRecords, tellingOf, toldEntries } from './conflictQueue.ts'
import type { Caller, ServerContext } from './context.ts'
import { echoing, methodNotAllowed, parseInput } from './errors.ts'
import { callerOf } from './requestState.ts'
import { commentKey } from './settle.ts'

export function addConflictRoutes(router: Router, parts: ConflictParts): void {
  const conflicts: RequestHandler = async (request, response) => {
    response.json(await echoing({}, () => listConflicts(parts, callerOf(request), request.query)))
  }
  router.route('/conflicts').get(conflicts).all(methodNotAllowed)
}

async function listConflicts(parts: ConflictParts, caller: Caller, rawQuery: unknown): Promise<ConflictsReply> {
  const { weddingId, status } = parseInput(conflictsQuery, rawQuery)
  const wedding = weddingId?.toLowerCase()
  const people = await parts.people(caller.team)
  const conflicts: ConflictEntry[] = []
  if (status !== 'resolved') {
    for await (const contested of contestedRecords(parts, caller, ({ pending }) => pending, wedding)) {
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
