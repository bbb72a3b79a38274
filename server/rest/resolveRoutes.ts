/** `PUT /sync/resolve` (`wedsync-api.md` §1.4). */
import { randomUUID } from 'node:crypto'
import type { RequestHandler, Router } from 'express'
import type { Conflict } from '../../model/merge/conflicts.ts'
import type { Data } from '../../model/merge/edit.ts'
import { DELETED } from '../../model/merge/registers.ts'
import { type ResolveReply, type ResolveRequest, resolveRequest } from '../../model/rest/resolve.ts'
import { unreachable } from '../../model/result.ts'
import { mayWrite } from '../../model/roles.ts'
import { validateData, writableData } from '../../model/tables/validate.ts'
import type { Log } from '../log.ts'
import { pendingConflicts } from './conflictQueue.ts'
import type { ConflictParts } from './conflictRoutes.ts'
import type { Caller } from './context.ts'
import type { Decision, DecisionError } from './decisions.ts'
import {
  describeFault,
  echoing,
  forbidden,
  HttpError,
  invalid,
  methodNotAllowed,
  missing,
  parseInput,
} from './errors.ts'
import { callerOf, requestIdOf } from './requestState.ts'
import { settle } from './settle.ts'
import { visibleData } from './sync/conflictReport.ts'

const MAX_SIMILAR = 10

export interface ResolveParts extends ConflictParts {
  readonly log: Log
  readonly now: () => number
}

export function addResolveRoutes(router: Router, parts: ResolveParts): void {
  const resolve: RequestHandler = async (request, response) => {
    const startMs = parts.now()
    const caller = callerOf(request)
    const asked = parseInput(resolveRequest, request.body)
    const { conflictId, sessionId = randomUUID() } = asked
    const reply = await echoing({ conflictId, sessionId }, async (): Promise<ResolveReply> => {
      const resolution = await resolveOne(parts, caller, asked, requestIdOf(request))
      return { success: true, conflictId, resolution, sessionId, processingTime: parts.now() - startMs }
    })
    response.json(reply)
  }
  router.route('/sync/resolve').put(resolve).all(methodNotAllowed)
}

async function resolveOne(
  parts: ResolveParts,
  caller: Caller,
  { conflictId, resolution }: ResolveRequest,
  requestId: string,
): Promise<ResolveReply['resolution']> {
  const { strategy, mergedData, userComment, applyToSimilar } = resolution
  if (strategy === 'merge_manual' && !mergedData) throw invalid(['resolution.mergedData: Required with merge_manual'])
  if (strategy === 'merge_manual' && applyToSimilar) {
    throw invalid(['resolution.applyToSimilar: One merge cannot be right for several conflicts'])
  }
  const conflict = await findPending(parts, caller, conflictId)
  const decision = decisionFor(conflict, strategy, mergedData)
  const refused = roleRefusal(conflict, decision, caller)
  if (refused !== undefined) throw forbidden(refused, { conflictId })
  const settled = await settle(parts.context, caller, conflict, decision, userComment)
  if (!settled.ok) throw asHttpError(settled.error, conflictId)
  const isWritten = strategy !== 'use_server' && strategy !== 'skip'
  const isMerge = strategy === 'merge_automatic' || strategy === 'merge_manual'
  return {
    strategy,
    applied: isWritten,
    serverId: conflict.recordId,
    mergedData: isMerge ? visibleData(settled.value, caller.grant.role) : null,
    similarConflictsResolved: applyToSimilar ? await settleSimilar(parts, caller, conflict, decision, requestId) : 0,
  }
}

async function findPending(parts: ResolveParts, caller: Caller, conflictId: string): Promise<Conflict> {
  for await (const { conflict } of pendingConflicts(parts.context, parts.index, caller)) {
    if (conflict.conflictId === conflictId) return conflict
  }
  throw gone(conflictId)
}

function gone(conflictId: string): HttpError {
  return missing('No conflict waits under this id', { conflictId })
}

function decisionFor({ table }: Conflict, strategy: Decision['strategy'], mergedData: Data | undefined): Decision {
  if (strategy !== 'merge_manual' || !mergedData) return { strategy }
  const data = writableData(mergedData)
  const reasons = validateData(table, data, 'update')
  if (reasons.length > 0) throw invalid(reasons.map((reason) => `resolution.mergedData.${reason}`))
  return { strategy, mergedData: data }
}

/** Whoever may not write a field may not decide what it becomes. */
function roleRefusal({ table, fields }: Conflict, { mergedData = {} }: Decision, caller: Caller): string | undefined {
  const { role } = caller.grant
  const isAboutExistence = fields.includes(DELETED)
  const written = [...new Set([...fields.filter((field) => field !== DELETED), ...Object.keys(mergedData)])]
  const may =
    (!isAboutExistence || mayWrite(role, table, [])) && (written.length === 0 || mayWrite(role, table, written))
  return may ? undefined : `The role ${role} may not write this in ${table}`
}

function asHttpError(error: DecisionError, conflictId: string): HttpError {
  switch (error.kind) {
    case 'gone':
      return gone(conflictId)
    case 'never-automatic': {
      const message = 'This is never merged automatically: choose a side or give the merged data'
      return new HttpError(409, 'NEEDS_PERSON', message, { conflictId, errors: [`${error.field}: Never automatic`] })
    }
    case 'too-many-sides': {
      const message = 'More than two values are in conflict: give the merged data, or keep what is shown'
      return new HttpError(409, 'NEEDS_MERGE', message, { conflictId })
    }
    case 'field-missing':
      return invalid([`resolution.mergedData.${error.field}: Required, since it is in conflict`])
    case 'unwritable':
      return invalid([`resolution.mergedData.${error.reason}`])
    default:
      return unreachable(error)
  }
}

/** The same decision for others of the kind: same table, same type. One that fails does not stop the others. */
async function settleSimilar(
  parts: ResolveParts,
  caller: Caller,
  { conflictId, table, type }: Conflict,
  decision: Decision,
  requestId: string,
): Promise<number> {
  const similar: Conflict[] = []
  for await (const { conflict } of pendingConflicts(parts.context, parts.index, caller)) {
    if (similar.length === MAX_SIMILAR) break
    const isSimilar = conflict.table === table && conflict.type === type && conflict.conflictId !== conflictId
    if (isSimilar && roleRefusal(conflict, decision, caller) === undefined) similar.push(conflict)
  }
  let resolved = 0
  for (const conflict of similar) {
    try {
      if ((await settle(parts.context, caller, conflict, decision)).ok) resolved += 1
    } catch (error) {
      parts.log('rest:similar-conflict-failed', { requestId, conflictId: conflict.conflictId, ...describeFault(error) })
    }
  }
  return resolved
}
