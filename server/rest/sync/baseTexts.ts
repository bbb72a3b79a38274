/**
 * A text that somebody edited while it went on without them. Their change is what lies between the text that they saw and
 * the text that they sent, so the former is needed; it was replaced since, and history has it.
 */
import { classOf, type Data } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { registerName } from '../../../model/merge/registers.ts'
import { EMPTY_UNIT, type Sibling } from '../../../model/merge/unit.ts'
import { compareDots, sameDot } from '../../../model/merge/vector.ts'
import type { Superseded } from '../../../model/sync/changeStore.ts'
import { fieldOf, tableNamed } from '../../../model/tables/index.ts'
import { type ReadyChange, seenIn, wasLiveAt } from './change.ts'

/**
 * The record with the texts that the author of the change saw beside those that replaced them. An edit whose context is
 * the author's base starts from the former, leaves the latter, and so shares its root with them.
 */
export function withSeenTexts(record: CausalRecord, data: Data, change: ReadyChange): CausalRecord {
  let result = record
  for (const field of Object.keys(data)) {
    if (fieldOf(tableNamed(record.table), field).policy === 'text') result = withSeenText(result, field, change)
  }
  return result
}

function withSeenText(record: CausalRecord, field: string, change: ReadyChange): CausalRecord {
  const readClass = classOf(record, field)
  const register = registerName({ field })
  const unit = record.units.get(readClass) ?? EMPTY_UNIT
  const live = unit.registers.get(register) ?? []
  const base = seenIn(change, readClass)
  const seen = change.history
    .filter((value) => value.readClass === readClass && value.register === register && wasLiveAt(value, base))
    .filter((value) => !live.some(({ edit }) => sameDot(edit, value)))
    .map(asSibling)
  if (seen.length === 0) return record
  const siblings = [...live, ...seen].sort((a, b) => compareDots(a.edit, b.edit))
  const restored = { ...unit, registers: new Map(unit.registers).set(register, siblings) }
  return { ...record, units: new Map(record.units).set(readClass, restored) }
}

/** Stands in the record only until the edit that replaces it, so its tag is never compared. */
function asSibling({ actor, counter, stamp, value }: Superseded): Sibling {
  return { edit: { actor, counter, stamp, tag: '' }, value }
}
