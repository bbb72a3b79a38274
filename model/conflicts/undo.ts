/**
 * Undoing a decision: both sides stand in the record again, as a visible conflict. Pure.
 *
 * A decision replaced the values that it chose between, so they are no longer in the record, only in history. They are
 * written again by ordinary edits, one for each value, that have all seen the record as the decision left it and have not
 * seen each other (`applyEdits`). By the rules of every other edit the decision is then replaced, and the values stand side
 * by side as siblings that a join keeps: nothing about an undo is special to sync, and it can be decided anew. Each asks
 * for a person (`ask`), so that the conflict shows whatever the policy of the field, and carries the conflict's id with
 * the strategy `undo`, by which the queue finds who wrote the value first.
 *
 * A deletion needs no history: its two sides are "deleted" and "stays", written the same way.
 */
import { canonicalJson, isSameJson } from '../canonicalJson.ts'
import { conflictOver } from '../merge/conflicts.ts'
import type { Author } from '../merge/edit.ts'
import { envelopeValue, isSealed } from '../merge/envelope.ts'
import { type CausalRecord, liveValues, type Placed } from '../merge/record.ts'
import { DELETED, parseRegister } from '../merge/registers.ts'
import { sameDot } from '../merge/vector.ts'
import { err, ok, type Result } from '../result.ts'
import type { Superseded } from '../sync/changeStore.ts'
import { isUndo, pastOf } from './ancestor.ts'
import type { DecisionEdit } from './apply.ts'
import { isOfOperation, UNDO, UNDO_OPERATION } from './operations.ts'

export type UndoError =
  /** No decision on this conflict stands in the record: there was none, or the field was changed since. */
  | { readonly kind: 'no-decision' }
  /** Somebody wrote another value at the same time: that is a conflict already, and is to be decided. */
  | { readonly kind: 'contested'; readonly field: string }
  /** This replica has not kept what was decided between, or cannot read it. */
  | { readonly kind: 'values-unknown' }

/**
 * The part of an undo that is about this record; a decision on an operation is undone by this for each of its records.
 * @param history values that were replaced in the record, as this replica kept them
 */
export function undoDecision(
  record: CausalRecord,
  conflictId: string,
  author: Author,
  history: readonly Superseded[],
): Result<readonly DecisionEdit[], UndoError> {
  const decisions = decisionsOn(record, conflictId)
  if (decisions.length === 0) return err({ kind: 'no-decision' })
  const contested = decisions.find(({ readClass, register }) => siblingCount(record, readClass, register) > 1)
  if (contested) return err({ kind: 'contested', field: parseRegister(contested.register).field })
  const edits = decisions.flatMap((decision) =>
    decision.register === DELETED
      ? reopenDeletion(record, conflictId, author)
      : reopenField(record, decision, conflictId, author, history),
  )
  return edits.length > 0 ? ok(edits) : err({ kind: 'values-unknown' })
}

/** Whether what was decided on this conflict waits in the record again. */
export function isReopened(record: CausalRecord, conflictId: string): boolean {
  return [...liveValues(record)].some(
    ({ edit: { decided } }) => decided?.conflictId === conflictId && isUndo(decided.strategy),
  )
}

/** The live values by which somebody settled this conflict, without those that they wrote by the way. */
function decisionsOn(record: CausalRecord, conflictId: string): readonly Placed[] {
  const live = [...liveValues(record)]
  const isOwn = ({ register }: Placed) => conflictOver(record, parseRegister(register).field).conflictId === conflictId
  const isAboutField = live.some(isOwn)
  return live.filter(
    (placed) =>
      placed.edit.decided?.conflictId === conflictId &&
      !isUndo(placed.edit.decided.strategy) &&
      (!isAboutField || isOwn(placed)),
  )
}

function siblingCount(record: CausalRecord, readClass: string, register: string): number {
  return record.units.get(readClass)?.registers.get(register)?.length ?? 0
}

/** "Stays" comes first, for it replaces all there is; the deletion then does not see it. */
function reopenDeletion(record: CausalRecord, conflictId: string, author: Author): readonly DecisionEdit[] {
  const reopening = { ...author, decided: { conflictId, strategy: UNDO } }
  return (['keep', 'delete'] as const).map((kind) => ({
    recordId: record.id,
    before: record,
    author: reopening,
    change: { kind },
  }))
}

/** Of two edits of one moment the one written last shows. */
function reopenField(
  record: CausalRecord,
  decision: Placed,
  conflictId: string,
  author: Author,
  history: readonly Superseded[],
): readonly DecisionEdit[] {
  const { field } = parseRegister(decision.register)
  const { edit } = decision
  const standing = envelopeValue(decision.value)
  const isStanding = (value: unknown) => isSameJson(value, standing)
  const sides = sidesBefore(decision, pastOf(record, field, history))
  const ownConflict = conflictOver(record, field).conflictId === conflictId
  const stoodForOperation = isOfOperation(record.scope, edit, conflictId)
  return sides.map((value) => {
    const isOperation = !ownConflict && sides.some(isStanding) && isStanding(value) === stoodForOperation
    const reopening: Author = {
      ...author,
      ask: true,
      decided: { conflictId, strategy: isOperation ? UNDO_OPERATION : UNDO },
      ...(isOperation && edit.operation !== undefined && { operation: edit.operation }),
    }
    return {
      recordId: record.id,
      before: record,
      author: reopening,
      change: { kind: 'write', data: { [field]: value } },
    }
  })
}

/**
 * The values that the decision chose between, the one it chose last: it goes on showing until somebody decides anew. Empty
 * if fewer than two are known and readable.
 */
function sidesBefore({ edit, value }: Placed, past: readonly Superseded[]): readonly unknown[] {
  const strategy = edit.decided?.strategy
  const standing = envelopeValue(value)
  const standingText = canonicalJson(standing)
  const replaced = past.filter(({ replacedBy }) => replacedBy && sameDot(replacedBy, edit))
  const sides = new Map(replaced.map((old) => [canonicalJson(envelopeValue(old.value)), envelopeValue(old.value)]))
  // What was decided for was one of the sides, even if this replica had not heard of it before.
  if (sides.size === 1 && strategy !== 'merge_manual') sides.set(standingText, standing)
  if (sides.size < 2 || [...sides.values()].some(isSealed)) return []
  const others = [...sides].filter(([text]) => text !== standingText)
  const stood = sides.has(standingText) ? [standing] : []
  return [...others.map(([, each]) => each), ...stood]
}
