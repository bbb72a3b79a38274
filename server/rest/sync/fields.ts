/** The fields of a change, one by one, against what others wrote since its author saw the record. Pure. */
import { isSameJson } from '../../../model/canonicalJson.ts'
import { makeStamp } from '../../../model/merge/clock.ts'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { type Author, type Data, editRecord } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { parseRegister } from '../../../model/merge/registers.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { SyncStrategy } from '../../../model/rest/sync.ts'
import { unreachable } from '../../../model/result.ts'
import { fieldOf, type Policy, tableNamed } from '../../../model/tables/index.ts'
import { rebasedSets } from './baseSets.ts'
import { withSeenTexts } from './baseTexts.ts'
import { type Applied, type Circumstances, isSeen, type ReadyChange, seenIn } from './change.ts'
import { reportConflict } from './conflictReport.ts'
import { losingValues } from './lost.ts'
import { done, type Outcome, type ReportedConflict } from './outcome.ts'

export function applyFields(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): Applied {
  const { clean, clashing } = sortFields(record, change, circumstances)
  const edited = editRecord(record, clean, change.author)
  if (Object.keys(clashing).length === 0) {
    return { record: edited, outcome: done(change.action), lost: [] }
  }
  const settled = settle(edited, clashing, change, circumstances)
  return {
    record: settled,
    outcome: clashOutcome(
      { before: record, after: settled, wrote: edited !== record },
      clashing,
      change,
      circumstances,
    ),
    lost: dropsClashing(circumstances.strategy) ? losingValues(record, clashing, change.author) : [],
  }
}

/** Whether what clashes goes to history and nowhere else. */
export function dropsClashing(strategy: SyncStrategy): boolean {
  return strategy === 'server_wins' || strategy === 'skip'
}

interface Passage {
  readonly before: CausalRecord
  readonly after: CausalRecord
  /** Whether something that did not clash was written. */
  readonly wrote: boolean
}

/** @param clashing the fields in conflict; values are not looked at */
export function clashOutcome(
  { before, after, wrote }: Passage,
  clashing: Data,
  change: ReadyChange,
  circumstances: Circumstances,
): Outcome {
  const conflicts = report(before, after, clashing, change, circumstances)
  const processed = conflicts.some(({ resolution }) => resolution.applied) ? 'resolved' : wrote && change.action
  return { ...(processed && { processed }), conflicts }
}

interface SortedFields {
  /** Nobody else touched them since the base: they simply apply. */
  readonly clean: Data
  readonly clashing: Data
}

function sortFields(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): SortedFields {
  const unseen = unseenFields(record, change, circumstances)
  const { data } = viewRecord(record)
  const clean: [string, unknown][] = []
  const clashing: [string, unknown][] = []
  for (const [name, value] of Object.entries(change.data)) {
    if (!unseen.has(name)) clean.push([name, value])
    else if (!saysTheSame(policyOf(record, name), data[name], value)) clashing.push([name, value])
    // What says the same as somebody else is there already. Writing it again would settle a conflict behind their backs.
  }
  return { clean: Object.fromEntries(clean), clashing: Object.fromEntries(clashing) }
}

/** Fields that hold an edit which the author of the change had not seen. */
function unseenFields(record: CausalRecord, change: ReadyChange, circumstances: Circumstances): ReadonlySet<string> {
  const fields = new Set<string>()
  for (const [readClass, unit] of record.units) {
    for (const [register, siblings] of unit.registers) {
      const hasUnseen = siblings.some(({ edit }) => !isSeen(change, circumstances, readClass, edit))
      if (hasUnseen) fields.add(parseRegister(register).field)
    }
  }
  return fields
}

function policyOf(record: CausalRecord, field: string): Policy {
  return fieldOf(tableNamed(record.table), field).policy
}

function saysTheSame(policy: Policy, visible: unknown, sent: unknown): boolean {
  switch (policy) {
    case 'set':
      return isSameJson(members(visible), members(sent))
    case 'text':
      return (visible ?? '') === (sent ?? '')
    default:
      return isSameJson(visible, sent)
  }
}

function members(value: unknown): readonly string[] {
  return Array.isArray(value) ? [...new Set(value.map(String))].sort() : []
}

function settle(record: CausalRecord, clashing: Data, change: ReadyChange, { strategy }: Circumstances): CausalRecord {
  switch (strategy) {
    case 'server_wins':
    case 'skip':
      return record
    case 'client_wins':
      return editRecord(record, clashing, change.author)
    case 'manual':
      return leaveToPerson(record, clashing, change)
    case 'merge': {
      const open = Object.entries(clashing).filter(([name]) => policyOf(record, name) === 'ask')
      const rest = Object.entries(clashing).filter(([name]) => policyOf(record, name) !== 'ask')
      return leaveToPerson(merge(record, Object.fromEntries(rest), change), Object.fromEntries(open), change)
    }
    default:
      return unreachable(strategy)
  }
}

/** Writes beside what the author had not seen; the policy of each field makes one value of the two. */
function merge(record: CausalRecord, data: Data, change: ReadyChange, author: Author = change.author): CausalRecord {
  if (Object.keys(data).length === 0) return record
  const seen = (readClass: string) => seenIn(change, readClass)
  const prepared = withSeenTexts(record, data, change)
  const next = editRecord(prepared, rebasedSets(record, data, change), author, seen)
  return next === prepared ? record : next
}

function leaveToPerson(record: CausalRecord, data: Data, change: ReadyChange): CausalRecord {
  return merge(record, data, change, { ...change.author, ask: true, stamp: stampOfEdit(change) })
}

/**
 * The moment when the person made the edit, not the one when it arrived. Of values that wait for a decision the latest is
 * shown, and an old edit that comes in late must not push aside what everybody looks at.
 */
function stampOfEdit({ timestamp, author: { stamp } }: ReadyChange): string {
  const ms = Date.parse(timestamp)
  if (Number.isNaN(ms) || ms < 0) return stamp
  const made = makeStamp(ms, 0)
  return made < stamp ? made : stamp
}

/** One entry for what is settled, and one for each field that waits for a person, under the id that the queue has for it. */
function report(
  before: CausalRecord,
  after: CausalRecord,
  clashing: Data,
  change: ReadyChange,
  { view, strategy }: Circumstances,
): readonly ReportedConflict[] {
  const fields = Object.keys(clashing)
  if (dropsClashing(strategy)) {
    return [reportConflict(change, before, fields, view, { strategy, applied: false })]
  }
  if (strategy === 'client_wins') {
    return [reportConflict(change, before, fields, view, { strategy, applied: true })]
  }
  const queue = new Set(conflictsOf(after).flatMap((conflict) => conflict.fields))
  const merged = fields.filter((field) => !queue.has(field))
  const waiting = fields.filter((field) => queue.has(field))
  return [
    ...waiting.map((field) => reportConflict(change, before, [field], view, { strategy, applied: false })),
    // A text or a set is both people's work at once, so it is merged even when a person was asked for.
    ...(merged.length > 0
      ? [reportConflict(change, before, merged, view, { strategy: 'merge', applied: true, merged: after })]
      : []),
  ]
}
