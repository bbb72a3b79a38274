/** What waits for a person, and what persons have decided, of the records that a caller may read. */
import { type Conflict, type ConflictValue, conflictsOf } from '../../model/merge/conflicts.ts'
import { classOf } from '../../model/merge/edit.ts'
import { type CausalRecord, liveValues, type Placed } from '../../model/merge/record.ts'
import { DELETED, parseRegister, registerName } from '../../model/merge/registers.ts'
import { compareText, sameDot } from '../../model/merge/vector.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { ConflictEntry } from '../../model/rest/conflicts.ts'
import type { Superseded } from '../../model/sync/changeStore.ts'
import { conflictMessage, decisionMessage, type Wording } from './conflictMessage.ts'
import type { Caller, ServerContext } from './context.ts'
import { readValue } from './fieldHistory.ts'
import { attribute } from './people.ts'
import { readablePart, weddingsFor } from './reading.ts'
import type { IndexEntry, ScopeIndex } from './scopeIndex.ts'

/** Readable parts of those records of the caller's weddings that `wanted` picks from the index. */
export async function* contestedRecords(
  context: ServerContext,
  index: ScopeIndex,
  caller: Caller,
  wanted: (entry: IndexEntry) => boolean,
  weddingId?: string,
): AsyncGenerator<CausalRecord> {
  for (const scope of await weddingsFor(context, caller)) {
    if (weddingId !== undefined && scope !== weddingId) continue
    const { entries } = await index(scope)
    const ids = [...entries.values()].filter(wanted).map(({ id }) => id)
    const records = await context.stores.changes.records(ids.sort())
    for (const record of records.values()) {
      const part = readablePart(record, caller.grant.role)
      if (part) yield part
    }
  }
}

export async function* pendingConflicts(
  context: ServerContext,
  index: ScopeIndex,
  caller: Caller,
  weddingId?: string,
): AsyncGenerator<{ readonly record: CausalRecord; readonly conflict: Conflict }> {
  for await (const record of contestedRecords(context, index, caller, ({ pending }) => pending, weddingId)) {
    for (const conflict of conflictsOf(record)) yield { record, conflict }
  }
}

export function pendingEntry(
  record: CausalRecord,
  conflict: Conflict,
  superseded: readonly Superseded[],
  wording: Wording,
): ConflictEntry {
  const { conflictId, table, scope, fields, values, type, severity } = conflict
  const base = baseOf(record, conflict, superseded)
  const operationId = values.find(({ edit }) => edit.operation !== undefined)?.edit.operation
  return {
    conflictId,
    table,
    recordId: record.id,
    weddingId: scope,
    fields: [...fields],
    values: values.map((value) => attributed(value, wording)),
    ...(base && { base: base.value }),
    type,
    severity,
    message: conflictMessage(conflict, titleOf(record), wording),
    ...(operationId !== undefined && { operationId }),
    status: 'pending',
  }
}

/** Decisions that stand in the record, one entry for each conflict. */
export function decisionsIn(
  record: CausalRecord,
  superseded: readonly Superseded[],
  wording: Wording,
  severityOf: (field: string) => Pick<ConflictEntry, 'type' | 'severity'>,
): readonly ConflictEntry[] {
  const decisions = [...liveValues(record)].filter(({ edit }) => edit.decided !== undefined)
  const byConflict = Map.groupBy(decisions, ({ edit }) => edit.decided?.conflictId ?? '')
  return [...byConflict].flatMap(([conflictId, placed]) => {
    const values = placed.flatMap((value) => decided(record, value, superseded))
    const [first] = values
    const [{ edit } = { edit: undefined }] = placed
    if (!first || !edit) return []
    return {
      conflictId,
      table: record.table,
      recordId: record.id,
      weddingId: record.scope,
      fields: [...new Set(values.map(({ field }) => field))],
      values: values.map((value) => attributed(value, wording)),
      ...severityOf(first.field),
      message: decisionMessage(first, titleOf(record), record.table, wording),
      status: 'resolved' as const,
      ...(edit.decided && { strategy: edit.decided.strategy }),
    }
  })
}

/** What was decided, then what it replaced, the latest first. */
function decided(
  record: CausalRecord,
  { readClass, register, edit, value }: Placed,
  superseded: readonly Superseded[],
): readonly ConflictValue[] {
  const { field } = parseRegister(register)
  const show = (raw: unknown) => readValue(record.table, register, [raw])
  const replaced = superseded.filter(
    (old) =>
      old.readClass === readClass && old.register === register && old.replacedBy && sameDot(old.replacedBy, edit),
  )
  return [
    { field, value: show(value), edit },
    ...replaced
      .toSorted((a, b) => compareText(b.stamp, a.stamp))
      .map(({ actor, counter, stamp, value: old }) => ({
        field,
        value: show(old),
        edit: { actor, counter, stamp, tag: '' },
      })),
  ]
}

function attributed({ field, value, edit }: ConflictValue, { people }: Wording): ConflictEntry['values'][number] {
  return { field, value, ...attribute(people, edit) }
}

/** The value that one of those in conflict replaced here: from it they all started. */
function baseOf(
  record: CausalRecord,
  { fields, values }: Conflict,
  superseded: readonly Superseded[],
): { readonly value: unknown } | undefined {
  const [field = DELETED] = fields
  if (field === DELETED) return undefined
  const register = registerName({ field })
  const readClass = classOf(record, field)
  const start = superseded.find(
    (old) =>
      old.readClass === readClass &&
      old.register === register &&
      values.some(({ edit }) => old.replacedBy !== undefined && sameDot(old.replacedBy, edit)),
  )
  return start && { value: readValue(record.table, register, [start.value]) }
}

/** What people call the record. */
function titleOf(record: CausalRecord): string | undefined {
  const { title, name } = viewRecord(record).data
  return [title, name].find((text) => typeof text === 'string')
}
