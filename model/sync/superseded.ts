/** What a commit took away: values that stood in a record before it and no longer stand there after it. Pure. */
import { z } from 'zod'
import type { CausalRecord } from '../merge/record.ts'
import { liveValues } from '../merge/record.ts'
import type { Edit, Sibling } from '../merge/unit.ts'
import { sameDot } from '../merge/vector.ts'
import { later } from '../merge/view.ts'
import type { Superseded } from './changeStore.ts'

/**
 * Every live value of `before` that `after` no longer holds, in canonical order. Values stay in their envelopes, so that
 * a sealed one stays sealed and an open one cannot pass for sealed.
 *
 * `replacedBy` is the latest edit that is new in the same register. It is absent when there is none: the value was
 * replaced by an edit that has been replaced in turn, or its whole unit was taken back.
 *
 * @param before `undefined` for a new record: nothing was there to lose
 */
export function supersededValues(before: CausalRecord | undefined, after: CausalRecord): readonly Superseded[] {
  if (!before || before === after) return []
  const lost: Superseded[] = []
  for (const { readClass, register, edit, value } of liveValues(before)) {
    const had = siblingsOf(before, readClass, register)
    const has = siblingsOf(after, readClass, register)
    if (holds(has, edit)) continue
    const [replacement] = has.flatMap((sibling) => (holds(had, sibling.edit) ? [] : [sibling.edit])).sort(later)
    lost.push({ readClass, register, ...edit, value, ...(replacement && { replacedBy: dot(replacement) }) })
  }
  return lost
}

function siblingsOf(record: CausalRecord, readClass: string, register: string): readonly Sibling[] {
  return record.units.get(readClass)?.registers.get(register) ?? []
}

function holds(siblings: readonly Sibling[], edit: Edit): boolean {
  return siblings.some((sibling) => sameDot(sibling.edit, edit))
}

function dot({ actor, counter, stamp }: Edit): NonNullable<Superseded['replacedBy']> {
  return { actor, counter, stamp }
}

const storedDot = z.object({ actor: z.string(), counter: z.number(), stamp: z.string() })
const storedValue = storedDot.extend({
  readClass: z.string(),
  register: z.string(),
  value: z.unknown(),
  tag: z.string().exactOptional(),
  ask: z.literal(true).exactOptional(),
  operation: z.string().exactOptional(),
  decided: z.object({ conflictId: z.string(), strategy: z.string() }).exactOptional(),
  replacedBy: storedDot.exactOptional(),
})

export function encodeSuperseded(value: Superseded): string {
  return JSON.stringify(value)
}

/** Throws if the text is not what `encodeSuperseded` gave: the database is damaged. */
export function decodeSuperseded(text: string): Superseded {
  return storedValue.parse(JSON.parse(text))
}
