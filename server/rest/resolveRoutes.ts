/** `PUT` and `POST /sync/resolve` (`wedsync-api.md` §1.4). */
import { randomUUID } from 'node:crypto'
import { type Decision, similar } from '../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import { partAsEntry } from '../../model/conflicts/queue.ts'
import type { Data } from '../../model/merge/edit.ts'
import { DELETED } from '../../model/merge/registers.ts'
import type { ResolveManyReply, ResolveReply, ResolveRequest, ResolveStrategy } from '../../model/rest/resolve.ts'
import { unreachable } from '../../model/result.ts'
import { validateData, writableData } from '../../model/tables/validate.ts'
import type { Beginning, Note } from '../audit/trail.ts'
import { type ConflictParts, pendingEntries } from './conflictQueue.ts'
import type { Caller } from './context.ts'
import { echoing, forbidden, HttpError, invalid, missing } from './errors.ts'
import type { Handlers } from './router.ts'
import { sealedHere, sealingOf } from './sealing.ts'
import { type Settled, type SettleError, settle, type Task } from './settle.ts'
import { mayWriteHere, type Sight, sightOf } from './sight.ts'
import { visibleData } from './sync/conflictReport.ts'
import { holdsNothingOpen, type SealedWrite, sealedWrite } from './sync/sealedWrite.ts'

export interface ResolveParts extends ConflictParts {
  readonly now: () => number
}

export function resolveHandlers(parts: ResolveParts): Pick<Handlers, 'resolve' | 'resolveMany'> {
  const { trail } = parts.context
  return {
    async resolve({ caller, body, origin }) {
      const startMs = parts.now()
      const { conflictId, sessionId = randomUUID() } = body
      const { strategy, applyToSimilar } = body.resolution
      const details = { strategy, applyToSimilar, batchSize: 1, device: body.deviceId }
      const subject = {
        event: 'resolution',
        resource: 'PUT /sync/resolve',
        caller,
        origin,
        sessionId,
        details,
      } as const
      const work = async (beginning: Beginning): Promise<ResolveReply> => {
        const resolution = await resolveOne(parts, caller, body, beginning)
        return { success: true, conflictId, resolution, sessionId, processingTime: parts.now() - startMs }
      }
      return echoing({ conflictId, sessionId }, () =>
        trail.runInCommit(subject, work, ({ resolution, processingTime }) => [
          decisionNote(
            { conflictId, ...resolution },
            { ms: processingTime, similar: resolution.similarConflictsResolved },
          ),
        ]),
      )
    },

    async resolveMany({ caller, body, origin }) {
      const startMs = parts.now()
      const { sessionId = randomUUID(), globalStrategy = 'individual' } = body
      const requests = body.resolutions.map((each) => withStrategy(each, globalStrategy))
      const details = { globalStrategy, batchSize: requests.length }
      const subject = {
        event: 'resolution',
        resource: 'POST /sync/resolve',
        caller,
        origin,
        sessionId,
        details,
      } as const
      const work = async (beginning: Beginning): Promise<ResolveManyReply> => {
        const { resolved, errors } = await resolveAll(parts, caller, requests, beginning)
        const processingTime = parts.now() - startMs
        const totalConflicts = resolved.length + errors.length
        const summary = { totalConflicts, resolved: resolved.length, failed: errors.length, processingTime }
        return { success: true, sessionId, resolved, errors, summary }
      }
      return echoing({ sessionId }, () =>
        trail.runInCommit(subject, work, ({ resolved, errors, summary }) => [
          { phase: 'done', details: summary },
          ...resolved.map((each) => decisionNote(each)),
          ...errors.map(({ conflictId }): Note => ({ phase: 'refused', conflictId, action: 'rejected' })),
        ]),
      )
    },
  }
}

function decisionNote(
  { conflictId, strategy, applied }: Pick<Resolved, 'conflictId' | 'strategy' | 'applied'>,
  more: Readonly<Record<string, unknown>> = {},
): Note {
  const action = strategy === 'merge_automatic' || strategy === 'merge_manual' ? 'merged' : 'resolved'
  return { phase: 'done', conflictId, action, details: { strategy, applied, ...more } }
}

function withStrategy(request: ResolveRequest, strategy: 'use_client' | 'use_server' | 'individual'): ResolveRequest {
  return strategy === 'individual' ? request : { ...request, resolution: { ...request.resolution, strategy } }
}

async function resolveOne(
  parts: ResolveParts,
  caller: Caller,
  request: ResolveRequest,
  beginning: Beginning,
): Promise<ResolveReply['resolution']> {
  const { conflictId, resolution } = request
  checkAsked(request)
  const isSealed = (await sealingOf(parts.context, caller)) !== undefined
  const entry = (await findPending(parts, caller, new Set([conflictId]))).get(conflictId)
  if (!entry) throw gone(conflictId)
  const sight = await sightOf(parts.context, caller)
  const task = taskFor(entry, request, sight, isSealed)
  const [settled] = await settle(parts.context, caller, [task], beginning)
  const done = describe(task, settled, sight)
  const others = resolution.applyToSimilar ? await settleSimilar(parts, caller, [task], beginning) : []
  return { ...done, similarConflictsResolved: others.length }
}

type Resolved = ResolveManyReply['resolved'][number]

async function resolveAll(
  parts: ResolveParts,
  caller: Caller,
  requests: readonly ResolveRequest[],
  beginning: Beginning,
): Promise<Pick<ResolveManyReply, 'resolved' | 'errors'>> {
  const isSealed = (await sealingOf(parts.context, caller)) !== undefined
  const sight = await sightOf(parts.context, caller)
  const pending = await findPending(parts, caller, new Set(requests.map(({ conflictId }) => conflictId)))
  const errors: ResolveManyReply['errors'] = []
  const note = (conflictId: string, work: () => void): void => {
    try {
      work()
    } catch (thrown) {
      if (!(thrown instanceof HttpError)) throw thrown
      errors.push({ conflictId, error: sentenceOf(thrown) })
    }
  }
  const tasks: (Task & { readonly request: ResolveRequest })[] = []
  for (const request of requests) {
    note(request.conflictId, () => {
      checkAsked(request)
      const entry = pending.get(request.conflictId)
      if (!entry) throw gone(request.conflictId)
      tasks.push({ ...taskFor(entry, request, sight, isSealed), request })
    })
  }
  const resolved: Resolved[] = []
  const outcomes = await settle(parts.context, caller, tasks, beginning)
  for (const [index, task] of tasks.entries()) {
    const { conflictId } = task.request
    note(conflictId, () => resolved.push({ conflictId, ...describe(task, outcomes[index], sight) }))
  }
  const models = tasks.filter(({ request }, index) => request.resolution.applyToSimilar && outcomes[index]?.ok)
  return { resolved: [...resolved, ...(await settleSimilar(parts, caller, models, beginning))], errors }
}

function sentenceOf({ message, extra: { errors } }: HttpError): string {
  return Array.isArray(errors) ? `${message}: ${errors.join('; ')}` : message
}

function checkAsked({ resolution: { strategy, mergedData, edit, applyToSimilar } }: ResolveRequest): void {
  if (strategy === 'merge_manual' && !mergedData) throw invalid(['resolution.mergedData: Required with merge_manual'])
  if (edit && !mergedData) throw invalid(['resolution.mergedData: Required with edit'])
  if (applyToSimilar && (edit || strategy === 'merge_manual'))
    throw invalid(['resolution.applyToSimilar: One merge cannot be right for several conflicts'])
}

/** Throws what the caller is to be told if they may not decide this. */
function taskFor(entry: QueueEntry, { conflictId, resolution }: ResolveRequest, sight: Sight, isSealed: boolean): Task {
  const { strategy, mergedData, edit } = resolution
  if (edit && !isSealed) throw invalid(['resolution.edit: Values are open here, send them as they are'])
  const sealed = isSealed ? sealedFor(entry, resolution, conflictId) : undefined
  const decision = sealed ? { strategy, mergedData: sealed.fields } : decisionFor(entry, strategy, mergedData)
  const refused = roleRefusal(entry, decision, sight)
  if (refused !== undefined) throw forbidden(refused, { conflictId })
  return { entry, decision, comment: resolution.userComment, sealed }
}

/** What a client with the key has sealed. Without it only what needs no key can be decided, which `decide` finds out. */
function sealedFor(
  { table }: QueueEntry,
  { strategy, mergedData, edit }: ResolveRequest['resolution'],
  conflictId: string,
): SealedWrite | undefined {
  const isMerge = strategy === 'merge_manual' || strategy === 'merge_automatic'
  if (!mergedData && !isMerge) return undefined
  const data = writableData(mergedData ?? {})
  if (!edit || !holdsNothingOpen(table, data)) throw asHttpError({ kind: 'sealed' }, conflictId)
  const sealed = sealedWrite({ action: 'update', table, data, edit })
  if (!sealed.ok) throw invalid([`resolution.mergedData.${sealed.error}`])
  return sealed.value
}

/** What became of the task, in the words of the reply. Throws if nothing did. */
function describe(
  { entry, decision }: Task,
  settled: Settled | undefined,
  { view }: Sight,
): Omit<Resolved, 'conflictId'> {
  if (!settled?.ok) throw asHttpError(settled?.error ?? { kind: 'gone' }, entry.conflictId)
  const { strategy } = decision
  const isWritten = strategy !== 'skip' && (strategy !== 'use_server' || showsBoth(entry))
  const isMerge = strategy === 'merge_automatic' || strategy === 'merge_manual'
  const [record] = settled.value
  return {
    strategy,
    applied: isWritten,
    serverId: entry.parts[0].record.id,
    mergedData: isMerge && record ? visibleData(record, view) : null,
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
async function findPending(
  parts: ResolveParts,
  caller: Caller,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, QueueEntry>> {
  const found = new Map<string, QueueEntry>()
  for await (const entry of pendingEntries(parts, caller, wanted)) {
    if (wanted.has(entry.conflictId)) found.set(entry.conflictId, entry)
    for (const part of entry.parts) {
      const { conflictId } = part.conflict
      if (!wanted.has(conflictId) || found.has(conflictId)) continue
      const alone = partAsEntry(part)
      if (alone) found.set(conflictId, alone)
    }
    if (found.size === wanted.size) break
  }
  return found
}

function gone(conflictId: string): HttpError {
  return missing('No conflict waits under this id', { conflictId })
}

function decisionFor({ table }: QueueEntry, strategy: ResolveStrategy, mergedData: Data | undefined): Decision {
  if (strategy !== 'merge_manual' || !mergedData) return { strategy }
  const data = writableData(mergedData)
  const reasons = validateData(table, data, 'update')
  if (reasons.length > 0) throw invalid(reasons.map((reason) => `resolution.mergedData.${reason}`))
  return { strategy, mergedData: data }
}

/** Whoever may not write a field may not decide what it becomes. */
function roleRefusal({ parts, table }: QueueEntry, { mergedData = {} }: Decision, sight: Sight): string | undefined {
  const merged = Object.keys(mergedData)
  const refused = parts.find(({ record, field }) => !mayWriteHere(sight, record, field === DELETED ? [] : [field]))
  const mayMerge = merged.length === 0 || parts.every(({ record }) => mayWriteHere(sight, record, merged))
  if (!refused && mayMerge) return undefined
  return `The role ${sight.role} may not write this in ${refused?.conflict.table ?? table}`
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
      const message = 'The value is sealed: decide on a device that holds the key, or send it sealed anew as mergedData'
      return sealedHere(message, { conflictId })
    }
    case 'foreign-actor':
      return forbidden('The decision is by an actor of somebody else', { conflictId })
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

/** The same decisions for others of the kind, at most ten of each. One that fails does not stop the others. */
async function settleSimilar(
  parts: ResolveParts,
  caller: Caller,
  models: readonly Task[],
  beginning: Beginning,
): Promise<readonly Resolved[]> {
  const sight = await sightOf(parts.context, caller)
  const resolved: Resolved[] = []
  for (const { entry: decided, decision } of models) {
    const pending: QueueEntry[] = []
    for await (const entry of pendingEntries(parts, caller)) {
      if (roleRefusal(entry, decision, sight) === undefined) pending.push(entry)
    }
    const tasks = similar(decided, pending).map((entry): Task => ({ entry, decision }))
    const outcomes = await settle(parts.context, caller, tasks, beginning)
    for (const [index, task] of tasks.entries()) {
      const outcome = outcomes[index]
      if (outcome?.ok) resolved.push({ conflictId: task.entry.conflictId, ...describe(task, outcome, sight) })
    }
  }
  return resolved
}
