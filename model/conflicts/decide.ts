/**
 * A person's decision on an entry of the queue, as ordinary edits. Each carries what it decided (`Edit.decided`), so a
 * decision travels like any other edit, stands in the audit, can be undone (`undo.ts`), and is a visible conflict again if
 * somebody else decided differently at the same time: the two decisions have not seen each other, so both values stand.
 * Pure.
 */
import { isSameJson } from '../canonicalJson.ts'
import type { Author, Data } from '../merge/edit.ts'
import { isSealed } from '../merge/envelope.ts'
import type { CausalRecord } from '../merge/record.ts'
import { DELETED } from '../merge/registers.ts'
import { viewRecord } from '../merge/view.ts'
import type { ResolveStrategy } from '../rest/resolve.ts'
import { err, ok, type Result, unreachable } from '../result.ts'
import type { DecisionEdit } from './apply.ts'
import type { NeverAutomatic } from './automatic.ts'
import type { EntryValue, Part, QueueEntry } from './entry.ts'
import { isOfOperation } from './operations.ts'

export interface Decision {
  readonly strategy: ResolveStrategy
  /** With `merge_manual`: validated, without the fields that the server sets. */
  readonly mergedData?: Data
}

export type DecisionError =
  /** A machine may not decide this: the policy of the field leaves it to a person, or it is a whole action. */
  | { readonly kind: 'never-automatic'; readonly field: string; readonly reason: NeverAutomatic }
  /** More than two values: it must be said which. */
  | { readonly kind: 'too-many-sides' }
  /** `merge_manual` says nothing about a field that is in conflict. */
  | { readonly kind: 'field-missing'; readonly field: string }
  /** What is chosen is sealed: only a device that holds the key can write it again. */
  | { readonly kind: 'sealed' }
  /** One set of merged data cannot be right for several records. */
  | { readonly kind: 'several-records' }

/** @param author as whom and when; what it decides, and of which operation it is, is filled in here */
export function decide(
  entry: QueueEntry,
  decision: Decision,
  author: Author,
): Result<readonly DecisionEdit[], DecisionError> {
  const deciding = { ...author, decided: { conflictId: entry.conflictId, strategy: decision.strategy } }
  switch (decision.strategy) {
    case 'skip':
      return keepSide(entry, ({ values, server }) => values[0] ?? server, deciding)
    case 'use_server':
      return keepSide(entry, ({ server }) => server, deciding)
    case 'use_client':
      if (entry.parts.some(({ client }) => client === undefined)) return err({ kind: 'too-many-sides' })
      return keepSide(entry, ({ client, server }) => client ?? server, deciding)
    case 'merge_automatic':
      return mergeAutomatically(entry, deciding)
    case 'merge_manual':
      return mergeManually(entry, decision.mergedData ?? {}, deciding)
    default:
      return unreachable(decision.strategy)
  }
}

/** The decision to keep one of the values of a field: one of more than two has no name, and is written as if it were new. */
export function keeping({ field, server, client }: Part, value: EntryValue): Decision {
  if (value === server) return { strategy: 'use_server' }
  if (value === client) return { strategy: 'use_client' }
  return field === DELETED
    ? { strategy: 'use_server' }
    : { strategy: 'merge_manual', mergedData: { [field]: value.value } }
}

/** §1.4: the same decision for others of the kind, at most so many at once. */
export const MAX_SIMILAR = 10

/**
 * Others that wait for the same kind of decision: of the same wedding, table and type, and fields if it is one, actions if
 * not. Who decides about one wedding has not looked at the others of the day.
 */
export function similar(entry: QueueEntry, all: readonly QueueEntry[]): readonly QueueEntry[] {
  return all
    .filter(
      ({ conflictId, scope, table, type, operation }) =>
        conflictId !== entry.conflictId &&
        scope === entry.scope &&
        table === entry.table &&
        type === entry.type &&
        (operation === undefined) === (entry.operation === undefined),
    )
    .slice(0, MAX_SIMILAR)
}

/**
 * One edit for each record, or two where it keeps values of both sides. Values of the operation are written again *under
 * its id*: if somebody decides against it at the same time, the two decisions meet as that operation's entry again.
 */
function keepSide(
  entry: QueueEntry,
  choose: (part: Part) => EntryValue,
  author: Author,
): Result<readonly DecisionEdit[], DecisionError> {
  const chosen = entry.parts.map((part) => ({ ...choose(part), record: part.record, field: part.field }))
  if (chosen.some(({ value }) => isSealed(value))) return err({ kind: 'sealed' })
  const byRecord = Map.groupBy(chosen, ({ record }) => record)
  const edits = [...byRecord].flatMap(([record, values]) => {
    const existence = values.find(({ field }) => field === DELETED)
    const fields = values.filter(({ field }) => field !== DELETED)
    const bySide = Map.groupBy(fields, (value) => operationOf(entry, value))
    return [
      ...(existence ? [existenceEdit(record, existence, withOperation(author, operationOf(entry, existence)))] : []),
      ...(existence?.value === true
        ? [] // Nothing is left to say about the fields of what is deleted.
        : [...bySide].map(([operation, side]) => writing(record, dataOf(side), withOperation(author, operation)))),
    ]
  })
  return ok(edits)
}

function operationOf({ operation, scope, conflictId }: QueueEntry, { edit }: EntryValue): string | undefined {
  return operation && isOfOperation(scope, edit, conflictId) ? edit.operation : undefined
}

function withOperation(author: Author, operation: string | undefined): Author {
  return operation === undefined ? author : { ...author, operation }
}

function existenceEdit(record: CausalRecord, { value }: { readonly value: unknown }, author: Author): DecisionEdit {
  return { recordId: record.id, before: record, author, change: { kind: value === true ? 'delete' : 'keep' } }
}

function writing(record: CausalRecord, data: Data, author: Author): DecisionEdit {
  return { recordId: record.id, before: record, author, change: { kind: 'write', data } }
}

function dataOf(values: readonly { readonly field: string; readonly value: unknown }[]): Data {
  return Object.fromEntries(values.map(({ field, value }) => [field, value]))
}

function mergeAutomatically(entry: QueueEntry, author: Author): Result<readonly DecisionEdit[], DecisionError> {
  const [{ record, field }] = entry.parts
  const { automatic } = entry
  if (automatic.possible) return ok([writing(record, { [field]: automatic.value }, author)])
  if (automatic.reason === 'too-many-sides') return err({ kind: 'too-many-sides' })
  return err({ kind: 'never-automatic', field, reason: automatic.reason })
}

/** Values of a person's own for all fields in conflict, and for others of the record if they like. */
function mergeManually(entry: QueueEntry, data: Data, author: Author): Result<readonly DecisionEdit[], DecisionError> {
  const [{ record }] = entry.parts
  if (entry.parts.some((part) => part.record !== record)) return err({ kind: 'several-records' })
  const contested = entry.parts.map(({ field }) => field).filter((field) => field !== DELETED)
  const missing = contested.find((field) => !Object.hasOwn(data, field))
  if (missing !== undefined) return err({ kind: 'field-missing', field: missing })
  const settled = Object.fromEntries(contested.map((field) => [field, data[field]]))
  const changes = { ...changesIn(record, data), ...settled }
  const isAboutExistence = contested.length < entry.parts.length
  return ok([
    ...(isAboutExistence ? [existenceEdit(record, { value: false }, author)] : []),
    ...(Object.keys(changes).length > 0 ? [writing(record, changes, author)] : []),
  ])
}

/**
 * Only what is different: a row that was read and sent back must not settle the other conflicts of the record by
 * confirming what they show.
 */
function changesIn(record: CausalRecord, data: Data): Data {
  const visible = viewRecord(record).data
  const news = Object.entries(data).filter(([name, value]) => !isSameJson(visible[name], value))
  return Object.fromEntries(news)
}
