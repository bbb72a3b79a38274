/** What waits for a person, of the records that a caller may read: the model's queue over what the stores hold. */
import type { QueueContext, QueueEntry } from '../../model/conflicts/entry.ts'
import { groupByOperation, isTouchedBy, operationIds } from '../../model/conflicts/operations.ts'
import { conflictQueue } from '../../model/conflicts/queue.ts'
import { conflictsOf } from '../../model/merge/conflicts.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { Superseded } from '../../model/sync/changeStore.ts'
import type { Caller, ServerContext } from './context.ts'
import type { People, PeopleOf } from './people.ts'
import { readablePart, recordsIn, weddingsFor } from './reading.ts'
import type { IndexEntry, ScopeIndex } from './scopeIndex.ts'
import { sightOf } from './sight.ts'

export interface ConflictParts {
  readonly context: ServerContext
  readonly index: ScopeIndex
  readonly people: PeopleOf
}

/** Of one wedding, the readable parts of the records that were asked for, in order of id. */
export interface Contested {
  readonly scope: string
  readonly records: readonly CausalRecord[]
}

export const hasPending = ({ pending }: IndexEntry): boolean => pending.length > 0

/** Those records of the caller's weddings that `wanted` picks from the index. */
export async function* contestedRecords(
  { context, index }: Pick<ConflictParts, 'context' | 'index'>,
  caller: Caller,
  wanted: (entry: IndexEntry) => boolean,
  weddingId?: string,
): AsyncGenerator<Contested> {
  const { view } = await sightOf(context, caller)
  const all = await weddingsFor(context, caller)
  const scopes = weddingId === undefined ? all : all.filter((scope) => scope === weddingId)
  for (const [scope, { contested }] of await index(scopes)) {
    const ids = [...contested.values()].filter(wanted).map(({ id }) => id)
    if (ids.length === 0) continue
    const records = await context.stores.changes.records(ids.sort())
    const parts = [...records.values()].map((record) => readablePart(record, view))
    yield { scope, records: parts.filter((part) => part !== undefined) }
  }
}

/**
 * The caller's queue, wedding by wedding, without what only history and names could tell.
 * @param wanted ids of entries, or of fields in them: other entries may be left out
 */
export async function* pendingEntries(
  parts: ConflictParts,
  caller: Caller,
  wanted?: ReadonlySet<string>,
): AsyncGenerator<QueueEntry> {
  // What an action is in is one entry under an id of the action, which takes all of its fields to be found.
  const isWanted = ({ pending, isOfOperation }: IndexEntry) =>
    pending.length > 0 && (!wanted || isOfOperation || pending.some((id) => wanted.has(id)))
  for await (const { records } of contestedRecords(parts, caller, isWanted)) {
    yield* conflictQueue(records)
  }
}

/** One wedding's queue with everything that can be told about it. */
export async function toldEntries(
  { context }: Pick<ConflictParts, 'context'>,
  caller: Caller,
  { scope, records }: Contested,
  people: People,
): Promise<readonly QueueEntry[]> {
  const all = await withWholeOperations(context, caller, scope, records)
  return conflictQueue(all, await tellingOf(context, scope, all, people))
}

/** An action is told with all that it changed, which is more than what is in conflict. */
async function withWholeOperations(
  context: ServerContext,
  caller: Caller,
  scope: string,
  records: readonly CausalRecord[],
): Promise<readonly CausalRecord[]> {
  const conflicts = records.flatMap(conflictsOf)
  if (groupByOperation(conflicts).every(({ conflictId }) => conflictId === undefined)) return records
  const { view } = await sightOf(context, caller)
  const operations = operationIds(conflicts)
  const whole = new Map(records.map((record) => [record.id, record]))
  for await (const record of recordsIn(context.stores.changes, scope)) {
    const part = readablePart(record, view)
    if (part && isTouchedBy(part, operations)) whole.set(part.id, part)
  }
  return [...whole.values()]
}

/** Names, history and the clock of the wedding. */
export async function tellingOf(
  context: ServerContext,
  scope: string,
  records: readonly CausalRecord[],
  people: People,
): Promise<QueueContext> {
  const history = new Map<string, readonly Superseded[]>()
  for (const { id } of records) history.set(id, await context.stores.history.superseded(id))
  return { people, history, timeZone: await timeZoneOf(context, scope) }
}

/** A wedding without a time zone is in that of the install. */
async function timeZoneOf({ stores }: ServerContext, weddingId: string): Promise<string> {
  const wedding = (await stores.changes.records([weddingId])).get(weddingId)
  const zone = wedding && viewRecord(wedding).data.timezone
  return typeof zone === 'string' ? zone : new Intl.DateTimeFormat().resolvedOptions().timeZone
}
