/** The conflict queue of one scope, as a pure function of its records. */
import { type Conflict, type ConflictValue, conflictsOf } from '../merge/conflicts.ts'
import type { CausalRecord } from '../merge/record.ts'
import { compareText } from '../merge/vector.ts'
import { viewRecord } from '../merge/view.ts'
import { SEVERITIES, type Severity } from '../tables/index.ts'
import { commonEarlierValue, firstWriting, pastOf } from './ancestor.ts'
import { type Automatic, automaticMerge } from './automatic.ts'
import type { EntryValue, Part, QueueContext, QueueEntry } from './entry.ts'
import { describeOperation } from './extent.ts'
import { type Group, groupByOperation, isOfOperation } from './operations.ts'
import { entrySentence } from './sentence.ts'
import { inOrderOfDay, titleOf, writerOf } from './writer.ts'

/**
 * Everything that waits for a person, the most urgent first, then what has waited longest.
 * @param records those of one scope. Records without a conflict count only towards how much an operation changed.
 */
export function conflictQueue(records: Iterable<CausalRecord>, context: QueueContext = {}): readonly QueueEntry[] {
  const all = [...records]
  const byId = new Map(all.map((record) => [record.id, record]))
  const groups = groupByOperation(all.flatMap(conflictsOf))
  const known = { ...context, timeZone: context.timeZone ?? zoneIn(all) }
  return groups.flatMap((group) => entryOf(group, byId, known) ?? []).sort(mostUrgentFirst)
}

/**
 * An entry as it stands in these records now: without the parts that were settled since. `undefined` if nothing is left.
 * For whoever decides it and wants to be sure, in the same transaction, that it still waits.
 */
export function currentEntry(
  entry: QueueEntry,
  records: Iterable<CausalRecord>,
  context: QueueContext = {},
): QueueEntry | undefined {
  const byId = new Map([...records].map((record) => [record.id, record]))
  const ids = new Set(entry.parts.map(({ conflict }) => conflict.conflictId))
  const conflicts = [...byId.values()].flatMap(conflictsOf).filter(({ conflictId }) => ids.has(conflictId))
  return entryOf(entry.operation ? { conflicts, conflictId: entry.conflictId } : { conflicts }, byId, context)
}

/** One field of an operation's entry as an entry of its own, for a person who wants to decide it apart from the others. */
export function partAsEntry({ conflict, record }: Part, context: QueueContext = {}): QueueEntry | undefined {
  return entryOf({ conflicts: [conflict] }, new Map([[record.id, record]]), context)
}

function entryOf(
  { conflicts, conflictId }: Group,
  records: ReadonlyMap<string, CausalRecord>,
  context: QueueContext,
): QueueEntry | undefined {
  const parts = conflicts.flatMap((conflict) => partOf(conflict, records.get(conflict.recordId), context) ?? [])
  const [first, ...others] = conflictId === undefined ? parts : withSides(parts, conflictId)
  if (!first) return undefined
  const whole = [first, ...others.sort(inOrderOfDay)].sort(inOrderOfDay)
  const [front = first, ...rest] = whole
  const operation = conflictId === undefined ? undefined : describeOperation(whole, conflictId, records, context)
  const draft = {
    conflictId: conflictId ?? front.conflict.conflictId,
    type: whole.every(({ conflict }) => conflict.type === 'delete_conflict')
      ? ('delete_conflict' as const)
      : ('concurrent_edit' as const),
    scope: front.conflict.scope,
    table: front.conflict.table,
    severity: worstOf(whole),
    parts: [front, ...rest] as const,
    ...(operation && { operation }),
    automatic: operation ? NOT_IN_PARTS : automaticMerge(front),
  }
  return { ...draft, sentence: entrySentence(draft, context.timeZone) }
}

/** An action is decided as a whole, and no rule for a field knows what it was for. */
const NOT_IN_PARTS: Automatic = { possible: false, reason: 'operation' }

function partOf(conflict: Conflict, record: CausalRecord | undefined, context: QueueContext): Part | undefined {
  const [field] = conflict.fields
  if (!record || field === undefined) return undefined
  const past = pastOf(record, field, context.history?.get(record.id) ?? [])
  const values = conflict.values.map(
    (each): EntryValue => entryValue(each, firstWriting(each.edit, each.value, past), context),
  )
  const [visible, other, ...more] = values
  if (!visible) return undefined
  const base = conflict.type === 'delete_conflict' ? undefined : commonEarlierValue(conflict, past)
  return {
    conflict,
    record,
    field,
    title: titleOf(record),
    values,
    ...(base && { base }),
    ...sidesOf(visible, more.length > 0 ? undefined : other),
  }
}

/**
 * Of two values, "client" is the one that came with the wish that a person decides. Where none or both did, "server" is
 * the visible one.
 */
function sidesOf(visible: EntryValue, other: EntryValue | undefined): Pick<Part, 'server' | 'client'> {
  if (!other) return { server: visible }
  const isVisibleAsked = visible.edit.ask === true && other.edit.ask !== true
  return isVisibleAsked ? { server: other, client: visible } : { server: visible, client: other }
}

/**
 * The same side in every part: the operation's on one, on the other what somebody else wrote (if several did, what would
 * show without the operation). "Server" is the side that shows in more of the parts.
 */
function withSides(parts: readonly Part[], conflictId: string): readonly Part[] {
  const sided = parts.flatMap((part) => {
    const isOperation = ({ edit }: EntryValue) => isOfOperation(part.conflict.scope, edit, conflictId)
    const own = part.values.find(isOperation)
    const others = part.values.find((value) => !isOperation(value))
    return own && others ? [{ part, own, others }] : []
  })
  const shown = sided.filter(({ part, own }) => part.values[0] === own).length
  const isOperationShown = 2 * shown >= sided.length
  return sided.map(({ part, own, others }) => ({
    ...part,
    ...(isOperationShown ? { server: own, client: others } : { server: others, client: own }),
  }))
}

function entryValue(
  { value, edit }: ConflictValue,
  first: { readonly actor: string; readonly stamp: string } | undefined,
  context: QueueContext,
): EntryValue {
  return { value, edit, writer: writerOf(first ?? edit, context.people) }
}

function zoneIn(records: readonly CausalRecord[]): string {
  const wedding = records.find(({ table, id, scope }) => table === 'weddings' && id === scope)
  const zone = wedding && viewRecord(wedding).data.timezone
  return typeof zone === 'string' ? zone : 'UTC'
}

/** What is in conflict over more fields than this is at least of medium severity (`wedsync-api.md` §2.8). */
const MANY_FIELDS = 3

function worstOf(parts: readonly Part[]): Severity {
  const least = parts.length > MANY_FIELDS ? 1 : 0
  return SEVERITIES[Math.max(least, ...parts.map(({ conflict }) => SEVERITIES.indexOf(conflict.severity)))] ?? 'low'
}

/** Then what has waited longest. */
export function mostUrgentFirst(a: QueueEntry, b: QueueEntry): number {
  return (
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
    compareText(since(a), since(b)) ||
    compareText(a.conflictId, b.conflictId)
  )
}

function since({ parts }: QueueEntry): string {
  const stamps = parts.flatMap(({ values }) => values.map(({ edit }) => edit.stamp))
  return stamps.reduce((first, stamp) => (stamp < first ? stamp : first))
}
