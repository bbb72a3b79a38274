/**
 * Taking back what the people of a device wrote against their role. The peer has refused it, so nobody but this device holds
 * it; the record becomes what the peer holds, and what was typed a draft (`drafts.ts`).
 *
 *     here      {P: 3, V: 2}   title → V2 "mine"      V is the actor of this device, whose role may not write titles
 *     the hub   {P: 3}         title → P3 "Dinner"
 *     after     {P: 3}         title → P3 "Dinner"    draft: title "mine". V never writes again: V2 would be given out twice
 *
 * What somebody else wrote and the peer lacks is never taken back: it may have lost it (decision 0037). Of a record that the
 * people here alone have written, and the peer holds nothing, nothing is left here either (`takeOut.ts`).
 */
import { type CausalRecord, emptied, liveValues } from '../merge/record.ts'
import { parseRegister } from '../merge/registers.ts'
import { SortedMap } from '../merge/sortedMap.ts'
import type { Edit, Unit } from '../merge/unit.ts'
import { type ActorId, covers } from '../merge/vector.ts'
import type { NewDraft } from './drafts.ts'
import type { PeerRules } from './rules.ts'

/** The edits of this device, towards a peer that may refuse them. */
export interface OwnEdits {
  /** What the peer asks of what comes from here: this device's own role. */
  readonly rules: PeerRules
  /** To be awaited before the others are asked of what has just come: the record that tells of an actor may have come (back). */
  refresh(): Promise<void>
  isOwn(actor: ActorId): boolean
  /** Own, and nobody edits under it any more. */
  isRetired(actor: ActorId): boolean
  /** From when this resolves on, nobody edits under the actors of before. */
  retire(): Promise<void>
}

/** Whether people here have written something in the record that their role may not, as far as can be told without the peer's state. */
export function isAgainstRole(record: CausalRecord, { rules, isOwn }: OwnEdits): boolean {
  if (rules.passesOn) return false
  const units = new Map<string, Unit>()
  for (const [readClass, unit] of record.units) {
    const { vector, registers } = unit
    // What others have replaced since is nothing that is held against it.
    const isOurs = [...registers.values()].some((siblings) => siblings.some(({ edit }) => isOwn(edit.actor)))
    if (!isOurs) {
      units.set(readClass, unit)
      continue
    }
    const seen = [...vector].filter(([actor]) => !isOwn(actor))
    if (seen.length === 0) continue
    const others = [...registers]
      .map(([name, siblings]) => [name, siblings.filter(({ edit }) => !isOwn(edit.actor))] as const)
      .filter(([, siblings]) => siblings.length > 0)
    units.set(readClass, { vector: SortedMap.from(new Map(seen)), registers: SortedMap.from(new Map(others)) })
  }
  return rules.refusal(record, units.size === 0 ? undefined : { ...record, units }) !== undefined
}

export interface TakenBack {
  /** What the peer holds of it, and whatever else is here. */
  readonly record: CausalRecord
  readonly draft: NewDraft
}

/**
 * @param theirs the record as the peer holds it, whole as far as it is for us; `undefined` if it holds nothing of it
 * @returns `undefined` if there is nothing to take back, or it is not ours alone
 */
export function takeBack(
  mine: CausalRecord,
  theirs: CausalRecord | undefined,
  { rules, isRetired }: OwnEdits,
): TakenBack | undefined {
  const { scope, table, base, units: held } = theirs ?? emptied(mine)
  if (mine.scope !== scope || mine.table !== table || mine.base !== base) return undefined
  const units = new Map<string, Unit>()
  for (const [readClass, unit] of mine.units) {
    const other = held.get(readClass)
    const news = [...unit.vector].filter(([actor, counter]) => counter > (other?.vector.get(actor) ?? 0))
    const isOurs = news.every(([actor]) => isRetired(actor))
    // Of what the peer does not show us, it cannot be told what it holds.
    if (!isOurs && (other || !theirs)) return undefined
    if (!isOurs) units.set(readClass, unit)
  }
  const kept = new Set(units.keys())
  for (const [readClass, unit] of held) units.set(readClass, unit)
  const typed = [...liveValues(mine)].filter(({ readClass, edit }) => {
    const other = held.get(readClass)
    return !kept.has(readClass) && !(other && covers(other.vector, edit))
  })
  const edit = typed.reduce<Edit | undefined>(
    (last, each) => (last && last.stamp > each.edit.stamp ? last : each.edit),
    undefined,
  )
  const reason = rules.passesOn || !edit ? undefined : rules.refusal(mine, theirs)
  if (!edit || reason === undefined) return undefined
  const fields = [...new Set(typed.map(({ register }) => parseRegister(register).field))]
  return { record: { ...mine, units: SortedMap.from(units) }, draft: { record: mine, edit, fields, reason } }
}
