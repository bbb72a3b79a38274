/** `GET /conflicts` (`cli.md`). */
import type { RequestHandler, Router } from 'express'
import { z } from 'zod'
import { conflictOver, conflictsOf } from '../../model/merge/conflicts.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { type ConflictEntry, type ConflictsReply, conflictsQuery } from '../../model/rest/conflicts.ts'
import type { Wording } from './conflictMessage.ts'
import { contestedRecords, decisionsIn, pendingEntry } from './conflictQueue.ts'
import type { Caller, ServerContext } from './context.ts'
import { commentKey } from './decisions.ts'
import { echoing, methodNotAllowed, parseInput } from './errors.ts'
import type { PeopleOf } from './people.ts'
import { callerOf } from './requestState.ts'
import type { ScopeIndex } from './scopeIndex.ts'

export interface ConflictParts {
  readonly context: ServerContext
  readonly index: ScopeIndex
  readonly people: PeopleOf
}

export function addConflictRoutes(router: Router, parts: ConflictParts): void {
  const conflicts: RequestHandler = async (request, response) => {
    response.json(await echoing({}, () => listConflicts(parts, callerOf(request), request.query)))
  }
  router.route('/conflicts').get(conflicts).all(methodNotAllowed)
}

async function listConflicts(parts: ConflictParts, caller: Caller, rawQuery: unknown): Promise<ConflictsReply> {
  const { context, index, people } = parts
  const { weddingId, status } = parseInput(conflictsQuery, rawQuery)
  const pending = status !== 'resolved'
  const resolved = status !== 'pending'
  const named = await people(caller.team)
  const zones = new Map<string, string>()
  const conflicts: ConflictEntry[] = []
  const wanted = (entry: { pending: boolean; decided: boolean }) =>
    (pending && entry.pending) || (resolved && entry.decided)
  for await (const record of contestedRecords(context, index, caller, wanted, weddingId?.toLowerCase())) {
    const superseded = await context.stores.history.superseded(record.id)
    const timeZone = zones.get(record.scope) ?? (await timeZoneOf(context, record.scope))
    zones.set(record.scope, timeZone)
    const wording: Wording = { people: named, timeZone }
    if (pending) {
      for (const conflict of conflictsOf(record)) conflicts.push(pendingEntry(record, conflict, superseded, wording))
    }
    if (resolved) conflicts.push(...(await decisions(context, record, superseded, wording)))
  }
  return { conflicts }
}

const comment = z.object({ comment: z.string() })

async function decisions(
  { stores: { state } }: ServerContext,
  record: CausalRecord,
  superseded: Parameters<typeof decisionsIn>[1],
  wording: Wording,
): Promise<readonly ConflictEntry[]> {
  const entries = decisionsIn(record, superseded, wording, (field) => {
    const { type, severity } = conflictOver(record, field)
    return { type, severity }
  })
  const commented: ConflictEntry[] = []
  for (const entry of entries) {
    const at = entry.values[0]?.at
    const said = comment.safeParse(at === undefined ? undefined : await state.get(commentKey(entry.conflictId, at)))
    commented.push({ ...entry, ...(said.success && said.data) })
  }
  return commented
}

/** A wedding without a time zone is in that of the install. */
async function timeZoneOf({ stores }: ServerContext, weddingId: string): Promise<string> {
  const wedding = (await stores.changes.records([weddingId])).get(weddingId)
  const zone = wedding && viewRecord(wedding).data.timezone
  return typeof zone === 'string' ? zone : new Intl.DateTimeFormat().resolvedOptions().timeZone
}
