/** The edits of a record in order of time, each with the value that it replaced: from live values and history. Pure. */

import { envelopeValue } from '../../model/merge/envelope.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { CREATED, DELETED, parseRegister } from '../../model/merge/registers.ts'
import { textOf } from '../../model/merge/text.ts'
import type { Edit } from '../../model/merge/unit.ts'
import { compareText, sameDot } from '../../model/merge/vector.ts'
import type { HistoryEntry } from '../../model/rest/history.ts'
import type { Superseded } from '../../model/sync/changeStore.ts'
import { fieldOf, tableNamed } from '../../model/tables/index.ts'
import { attribute, type People } from './people.ts'

type Past = Superseded & { readonly decided?: Edit['decided'] }

export function fieldHistory(record: CausalRecord, superseded: readonly Superseded[], people: People): HistoryEntry[] {
  const live = [...liveValues(record)].map(({ readClass, register, edit, value }): Past => {
    const { actor, counter, stamp, decided } = edit
    return { readClass, register, actor, counter, stamp, value, ...(decided && { decided }) }
  })
  const all = [...superseded, ...live].filter(({ register }) => register !== CREATED)
  return all
    .toSorted((a, b) => compareText(a.stamp, b.stamp) || a.counter - b.counter || compareText(a.register, b.register))
    .map((entry) => ({
      field: parseRegister(entry.register).field,
      ...transition(record.table, entry, replacedBy(entry, superseded)),
      ...attribute(people, entry),
      dot: `${entry.actor}:${entry.counter}`,
      ...(entry.decided && { decided: entry.decided }),
    }))
}

function replacedBy(edit: Past, superseded: readonly Superseded[]): readonly Superseded[] {
  return superseded.filter(
    ({ readClass, register, replacedBy }) =>
      readClass === edit.readClass && register === edit.register && replacedBy && sameDot(replacedBy, edit),
  )
}

/** From what to what. A member of a set goes from null to itself, or from itself to null. */
function transition(table: string, entry: Past, replaced: readonly Superseded[]): { from: unknown; to: unknown } {
  const { member } = parseRegister(entry.register)
  if (member !== undefined) return entry.value === false ? { from: member, to: null } : { from: null, to: member }
  const from = replaced.map(({ value }) => value)
  return { from: readValue(table, entry.register, from), to: readValue(table, entry.register, [entry.value]) }
}

/** What values of a register mean to a person; of several the latest, and of texts what they merge to. */
export function readValue(table: string, register: string, values: readonly unknown[]): unknown {
  const last = values.at(-1)
  if (last === undefined) return register === DELETED ? false : null
  if (register === DELETED) return last !== false
  const { field } = parseRegister(register)
  if (fieldOf(tableNamed(table), field).policy !== 'text') return envelopeValue(last)
  return textOf(values.map((value) => String(envelopeValue(value)))) ?? envelopeValue(last)
}
