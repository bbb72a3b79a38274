/** `PUT /sync/resolve` (`wedsync-api.md` §1.4). */
import { randomUUID } from 'node:crypto'
import type { RequestHandler, Router } from 'express'
import { type Decision, similar } from '../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import { partAsEntry } from '../../model/conflicts/queue.ts'
import type { Data } from '../../model/merge/edit.ts'
import { DELETED } from '../../model/merge/registers.ts'
import { type ResolveReply, type ResolveRequest, resolveRequest } from '../../model/rest/resolve.ts'
import { unreachable } from '../../model/result.ts'
import { mayWrite } from '../../model/roles.ts'
import { validateData, writableData } from '../../model/tables/validate.ts'
import type { Log } from '../log.ts'
import { type ConflictParts, pendingEntries } from './conflictQueue.ts'
import type { Caller } from './context.ts'
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
import { type SettleError, settle } from './settle.ts'
import { visibleData } from './sync/conflictReport.ts'

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
  const entry = await findPending(parts, caller, conflictId)
  const decision = decisionFor(entry, strategy, mergedData)
  const refused = roleRefusal(entry, decision, caller)
  if (refused !== undefined) throw forbidden(refused, { conflictId })
  const settled = await settle(parts.context, caller, entry, decision, userComment)
  if (!settled.ok) throw asHttpError(settled.error, conflictId)
  const isWritten = strategy !== 'skip' && (strategy !== 'use_server' || showsBoth(entry))
  const isMerge = strategy === 'merge_automatic' || strategy === 'merge_manual'
  const [record] = settled.value
  return {
    strategy,
    applied: isWritten,
    serverId: entry.parts[0].record.id,
    mergedData: isMerge && record ? visibleData(record, caller.grant.role) : null,
    similarConflictsResolved: applyToSimilar ? await settleSimilar(parts, caller, entry, decision, requestId) : 0,
  }
}

/** One side of an action may show in some records and the other in others: then keeping either changes something. */
function showsBoth({ parts }: QueueEntry): boolean {
  return parts.length > 1 && parts.some(({ server, values }) => server !== values[0])
}

/**
 * By the id of an entry, or of one field in the entry of an operation: `POST /sync` names conflicts by field, and whoever
 * asks for one field does not decide the others.
 */
async function findPending(parts: ResolveParts, caller: Caller, conflictId: string): Promise<QueueEntry> {
  for await (const entry of pendingEntries(parts, caller)) {
    if (entry.conflictId === conflictId) return entry
    const part = entry.parts.find(({ conflict }) => conflict.conflictId === conflictId)
    const alone = part && partAsEntry(part)
    if (alone) return alone
  }
  throw gone(conflictId)
}

function gone(conflictId: string): HttpError {
  return missing('No conflict waits under this id', { conflictId })
}

function decisionFor({ table }: QueueEntry, strategy: Decision['strategy'], mergedData: Data | undefined): Decision {
  if (strategy !== 'merge_manual' || !mergedData) return { strategy }
  const data = writableData(mergedData)
  const reasons = validateData(table, data, 'update')
  if (reasons.length > 0) throw invalid(reasons.map((reason) => `resolution.mergedData.${reason}`))
  return { strategy, mergedData: data }
}

/** Whoever may not write a field may not decide what it becomes. */
function roleRefusal({ parts, table }: QueueEntry, { mergedData = {} }: Decision, caller: Caller): string | undefined {
  const { role } = caller.grant
  const merged = Object.keys(mergedData)
  const refused = parts.find(({ conflict, field }) => !mayWrite(role, conflict.table, field === DELETED ? [] : [field]))
  if (!refused && (merged.length === 0 || mayWrite(role, table, merged))) return undefined
  return `The role ${role} may not write this in ${refused?.conflict.table ?? table}`
}

function asHttpError(error: SettleError, conflictId: string): HttpError {
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
    case 'sealed': {
      const message = 'The value is sealed: decide on a device that holds the key'
      return new HttpError(409, 'SEALED', message, { conflictId })
    }
    case 'several-records': {
      const message = 'One action is in conflict over several records: choose a side, or decide field by field'
      return new HttpError(409, 'NEEDS_SIDE', message, { conflictId })
    }
    case 'field-missing':
      return invalid([`resolution.mergedData.${error.field}: Required, since it is in conflict`])
    case 'unwritable':
      return invalid([`resolution.mergedData.${error.reason}`])
    default:
      return unreachable(error)
  }
}

/** The same decision for others of the kind. One that fails does not stop the others. */
async function settleSimilar(
  parts: ResolveParts,
  caller: Caller,
  decided: QueueEntry,
  decision: Decision,
  requestId: string,
): Promise<number> {
  const pending: QueueEntry[] = []
  for await (const entry of pendingEntries(parts, caller)) {
    if (roleRefusal(entry, decision, caller) === undefined) pending.push(entry)
  }
  let resolved = 0
  for (const entry of similar(decided, pending)) {
    try {
      if ((await settle(parts.context, caller, entry, decision)).ok) resolved += 1
    } catch (error) {
      const { conflictId } = entry
      parts.log('rest:similar-conflict-failed', { requestId, conflictId, ...describeFault(error) })
    }
  }
  return resolved
}
