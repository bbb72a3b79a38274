/** Entries of the queue, and decisions, in the form of `GET /conflicts`. Pure. */
import type { DecidedValue, StandingDecision } from '../../model/conflicts/decisions.ts'
import type { EntryValue, Part, QueueEntry, Writer } from '../../model/conflicts/entry.ts'
import type { ConflictEntry } from '../../model/rest/conflicts.ts'

type EntryValues = ConflictEntry['values']

export function pendingEntry(entry: QueueEntry): ConflictEntry {
  const { conflictId, table, scope, parts, operation, type, severity, sentence } = entry
  const [first, ...others] = parts
  const isOne = others.length === 0
  return {
    conflictId,
    table,
    recordId: first.record.id,
    weddingId: scope,
    fields: [...new Set(parts.map(({ field }) => field))],
    values: parts.flatMap((part) => part.values.map((value) => pendingValue(part, value, isOne))),
    ...(isOne && first.base && { base: first.base.value }),
    type,
    severity,
    message: sentence,
    ...operationOf(entry, operation?.id),
    status: 'pending',
  }
}

/** A field on its own names the action too that wrote one of its values. */
function operationOf({ parts }: QueueEntry, known: string | undefined): Pick<ConflictEntry, 'operationId'> {
  const [first] = parts
  const operationId = known ?? first.values.find(({ edit }) => edit.operation !== undefined)?.edit.operation
  return operationId === undefined ? {} : { operationId }
}

function pendingValue({ field, record }: Part, { value, writer }: EntryValue, isOne: boolean): EntryValues[number] {
  return { field, value, ...attribution(writer), ...(!isOne && { recordId: record.id }) }
}

export function resolvedEntry(decision: StandingDecision): ConflictEntry {
  const { conflictId, type, severity, strategy, values, sentence } = decision
  const [{ record }] = values
  const isOne = values.every((each) => each.record === record)
  return {
    conflictId,
    table: record.table,
    recordId: record.id,
    weddingId: record.scope,
    fields: [...new Set(values.map(({ field }) => field))],
    values: values.flatMap((value) => decidedValues(value, isOne)),
    type,
    severity,
    message: sentence,
    status: 'resolved',
    strategy,
  }
}

/** What was decided, then what it replaced, the latest first. */
function decidedValues({ record, field, value, writer, replaced }: DecidedValue, isOne: boolean): EntryValues {
  return [{ value, writer }, ...replaced].map((each) => ({
    field,
    value: each.value,
    ...attribution(each.writer),
    ...(!isOne && { recordId: record.id }),
  }))
}

function attribution({ userId, deviceId, at }: Writer): Pick<EntryValues[number], 'by' | 'device' | 'at'> {
  return { by: userId ?? null, device: deviceId ?? null, at }
}
