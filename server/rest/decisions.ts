/** A person's decision on one conflict, as an edit that has seen all its sides. Pure. */

import { canonicalJson } from '../../model/canonicalJson.ts'
import { type Conflict, type ConflictValue, conflictsOf } from '../../model/merge/conflicts.ts'
import { type Author, type Data, deleteRecord, editRecord, keepRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { ResolveStrategy } from '../../model/rest/resolve.ts'
import { err, ok, type Result, unreachable } from '../../model/result.ts'
import { fieldOf, type Policy, tableNamed } from '../../model/tables/index.ts'

export interface Decision {
  readonly strategy: ResolveStrategy
  /** With `merge_manual`: validated, without the fields that the server sets. */
  readonly mergedData?: Data
}

export type DecisionError =
  /** Nothing waits under this id. */
  | { readonly kind: 'gone' }
  /** The field's policy leaves the choice to a person. */
  | { readonly kind: 'never-automatic'; readonly field: string }
  /** More than two sides: it must be said which. */
  | { readonly kind: 'too-many-sides' }
  | { readonly kind: 'field-missing'; readonly field: string }
  | { readonly kind: 'unwritable'; readonly reason: string }

/** Where a comment on a decision is kept: beside the records, on this server. */
export function commentKey(conflictId: string, at: string): string {
  return `decision/${conflictId}/${at}`
}

/** @param readable the part of the record that the person may read: what they cannot see they cannot decide */
export function decide(
  record: CausalRecord,
  readable: CausalRecord,
  conflictId: string,
  decision: Decision,
  author: Author,
): Result<CausalRecord, DecisionError> {
  const conflict = conflictsOf(readable).find((each) => each.conflictId === conflictId)
  if (!conflict) return err({ kind: 'gone' })
  const deciding = { ...author, decided: { conflictId, strategy: decision.strategy } }
  return conflict.type === 'delete_conflict'
    ? decideDeletion(record, decision, deciding)
    : decideField(record, conflict, decision, deciding)
}

/** "Server" is the record as it stands, "client" the deletion. */
function decideDeletion(
  record: CausalRecord,
  { strategy, mergedData = {} }: Decision,
  author: Author,
): Result<CausalRecord, DecisionError> {
  switch (strategy) {
    case 'use_server':
    case 'skip':
      return ok(keepRecord(record, author))
    case 'use_client':
      return ok(deleteRecord(record, author))
    case 'merge_automatic':
      return err({ kind: 'never-automatic', field: '$deleted' })
    case 'merge_manual':
      return ok(editRecord(keepRecord(record, author), changesIn(record, mergedData), author))
    default:
      return unreachable(strategy)
  }
}

function decideField(
  record: CausalRecord,
  conflict: Conflict,
  { strategy, mergedData = {} }: Decision,
  author: Author,
): Result<CausalRecord, DecisionError> {
  const [field = ''] = conflict.fields
  const sides = sidesOf(conflict)
  switch (strategy) {
    case 'skip':
      return ok(editRecord(record, { [field]: viewRecord(record).data[field] }, author))
    case 'use_server':
      return ok(editRecord(record, { [field]: sides.server.value }, author))
    case 'use_client':
      if (!sides.client) return err({ kind: 'too-many-sides' })
      return ok(editRecord(record, { [field]: sides.client.value }, author))
    case 'merge_automatic': {
      const { policy } = fieldOf(tableNamed(record.table), field)
      if (policy === 'ask') return err({ kind: 'never-automatic', field })
      if (!sides.client) return err({ kind: 'too-many-sides' })
      const visible = viewRecord(record).data[field]
      return ok(
        editRecord(record, { [field]: merged(policy, visible, sides.server.value, sides.client.value) }, author),
      )
    }
    case 'merge_manual':
      if (!Object.hasOwn(mergedData, field)) return err({ kind: 'field-missing', field })
      return ok(editRecord(record, { ...changesIn(record, mergedData), [field]: mergedData[field] }, author))
    default:
      return unreachable(strategy)
  }
}

/**
 * Of the two values of a conflict, "client" is the one that came with the wish that a person decides. Where none or both
 * did, "server" is the visible one.
 */
function sidesOf({ values }: Conflict): { readonly server: ConflictValue; readonly client?: ConflictValue } {
  const [visible, other, ...more] = values
  if (!visible) throw new Error('a conflict without values')
  if (!other || more.length > 0) return { server: visible }
  const isVisibleAsked = visible.edit.ask === true && other.edit.ask !== true
  return isVisibleAsked ? { server: other, client: visible } : { server: visible, client: other }
}

/**
 * Only what is different: a row that was read and sent back must not settle the other conflicts of the record by
 * confirming what they show.
 */
function changesIn(record: CausalRecord, data: Data): Data {
  const visible = viewRecord(record).data
  const news = Object.entries(data).filter(([name, value]) => canonicalJson(visible[name]) !== canonicalJson(value))
  return Object.fromEntries(news)
}

/** `wedsync-api.md` §1.4, as far as the field's own policy does not know better. */
function merged(policy: Policy, visible: unknown, server: unknown, client: unknown): unknown {
  if (policy === 'max' || policy === 'min' || policy === 'true') return visible
  if (typeof server === 'number' && typeof client === 'number') return Math.max(server, client)
  if (isTime(server) && isTime(client)) return Date.parse(client) > Date.parse(server) ? client : server
  return client === '' || client === null ? server : client
}

const TIME = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/

function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value)
}
