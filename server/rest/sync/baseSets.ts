/**
 * A set that somebody edited while it went on without them. They sent all its members, and meant the ones that they put in
 * and took out: a member that they saw, left in, and that somebody else took out meanwhile, is not put in again by them.
 */
import { classOf, type Data } from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../../model/merge/record.ts'
import { parseRegister } from '../../../model/merge/registers.ts'
import { covers } from '../../../model/merge/vector.ts'
import { viewFieldOf } from '../../../model/merge/view.ts'
import { fieldOf, tableNamed } from '../../../model/tables/index.ts'
import { type ReadyChange, seenIn, wasLiveAt } from './change.ts'

/** The data of a late change, each set as it is now with what the author put in and without what they took out. */
export function rebasedSets(record: CausalRecord, data: Data, change: ReadyChange): Data {
  const entries = Object.entries(data).map(([field, value]) =>
    fieldOf(tableNamed(record.table), field).policy === 'set' && Array.isArray(value)
      ? [field, rebased(record, field, value.map(String), change)]
      : [field, value],
  )
  return Object.fromEntries(entries)
}

function rebased(record: CausalRecord, field: string, sent: readonly string[], change: ReadyChange): readonly string[] {
  const before = membersSeen(record, field, change)
  const now = viewFieldOf(record, field)[0]?.value
  const members = Array.isArray(now) ? now.map(String) : []
  const kept = members.filter((member) => sent.includes(member) || !before.has(member))
  return [...new Set([...kept, ...sent.filter((member) => !before.has(member))])]
}

/** Those that were in when the author of the change looked. */
function membersSeen(record: CausalRecord, field: string, change: ReadyChange): ReadonlySet<string> {
  const readClass = classOf(record, field)
  const base = seenIn(change, readClass)
  const live = [...liveValues(record)].filter((value) => value.readClass === readClass && covers(base, value.edit))
  const replaced = change.history.filter((value) => value.readClass === readClass && wasLiveAt(value, base))
  const members = [...live, ...replaced].flatMap(({ register, value }) => {
    const name = parseRegister(register)
    return name.field === field && name.member !== undefined && typeof value === 'number' ? [name.member] : []
  })
  return new Set(members)
}
