/** What a record held before its conflict, from history. Pure. */
import { canonicalJson } from '../canonicalJson.ts'
import type { Conflict } from '../merge/conflicts.ts'
import { classOf } from '../merge/edit.ts'
import { envelopeValue } from '../merge/envelope.ts'
import type { CausalRecord } from '../merge/record.ts'
import { DELETED, registerName } from '../merge/registers.ts'
import type { Edit } from '../merge/unit.ts'
import { compareText } from '../merge/vector.ts'
import type { Superseded } from '../sync/changeStore.ts'
import { UNDO, UNDO_OPERATION } from './operations.ts'

/** The values that one field has had and that were replaced, oldest first. */
export function pastOf(record: CausalRecord, field: string, history: readonly Superseded[]): readonly Superseded[] {
  const readClass = field === DELETED ? record.base : classOf(record, field)
  return pastIn(readClass, registerName({ field }), history)
}

/** The same for one register, such as a member of a set. */
export function pastIn(readClass: string, register: string, history: readonly Superseded[]): readonly Superseded[] {
  return history
    .filter((past) => past.register === register && past.readClass === readClass)
    .toSorted((a, b) => compareText(a.stamp, b.stamp))
}

/**
 * The value of the latest common ancestor: the last value that was replaced and that was written before any of those in
 * conflict. Clocks are hybrid, so an edit that a writer had seen has an earlier stamp than theirs. A value that lost at
 * once (nobody replaced it) was never anybody's starting point.
 *
 * History does not tell what each writer had seen. Where one person wrote twice, in reach of the hub, while the other was
 * out of reach all the time, the first of the two may be given for the common one.
 */
export function commonEarlierValue(
  { values }: Pick<Conflict, 'values'>,
  past: readonly Superseded[],
): { readonly value: unknown } | undefined {
  const stamps = values.map(({ edit, value }) => (firstWriting(edit, value, past) ?? edit).stamp)
  const earlier = past.filter((old) => old.replacedBy && stamps.every((stamp) => old.stamp < stamp))
  const last = earlier.at(-1)
  return last && { value: envelopeValue(last.value) }
}

/** For a value that was brought back by undoing a decision: the edit that wrote it first. */
export function firstWriting(
  { decided }: Edit,
  value: unknown,
  past: readonly Superseded[],
): Pick<Superseded, 'actor' | 'stamp'> | undefined {
  if (!isUndo(decided?.strategy)) return undefined
  const text = canonicalJson(value)
  return past.find((old) => !old.decided && canonicalJson(envelopeValue(old.value)) === text)
}

export function isUndo(strategy: string | undefined): boolean {
  return strategy === UNDO || strategy === UNDO_OPERATION
}
