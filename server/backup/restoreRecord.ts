/**
 * A record brought back to what it was, by an ordinary edit. So it syncs like everything else, what it replaces is in
 * history, an edit that somebody makes meanwhile becomes a sibling, and it can itself be undone. Pure.
 */
import { type Author, type Data, deleteRecord, editRecord, keepRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { parseRegister } from '../../model/merge/registers.ts'
import { sameDot } from '../../model/merge/vector.ts'
import { deletions, viewRecord } from '../../model/merge/view.ts'
import { tableNamed } from '../../model/tables/index.ts'

/**
 * @param then the record at the moment; `undefined` if it did not exist
 * @returns the record itself if nothing has to change
 */
export function restoreRecord(current: CausalRecord, then: CausalRecord | undefined, author: Author): CausalRecord {
  // What happened has happened: entries of such a table are only ever added.
  if (tableNamed(current.table).appendOnly) return current
  const now = viewRecord(current)
  const past = then && viewRecord(then)
  if (!then || !past || past.deleted) return now.deleted ? current : deleteRecord(current, author)
  const restored = editRecord(current, changedData(current, then), author)
  const isDoubted = deletions(restored).edits.length > 0 && deletions(then).edits.length === 0
  return isDoubted ? keepRecord(restored, author) : restored
}

/** The fields that do not hold the same edits any more, with the value that showed then; null for none. */
export function changedData(current: CausalRecord, then: CausalRecord): Data {
  const [now, before] = [viewRecord(current).data, viewRecord(then).data]
  const [live, past] = [byField(current), byField(then)]
  const changed: Record<string, unknown> = {}
  for (const field of new Set([...Object.keys(now), ...Object.keys(before)])) {
    if (holdSame(live.get(field) ?? [], past.get(field) ?? [])) continue
    changed[field] = Object.hasOwn(before, field) ? before[field] : null
  }
  return changed
}

interface Dotted {
  readonly register: string
  readonly actor: string
  readonly counter: number
}

function byField(record: CausalRecord): ReadonlyMap<string, readonly Dotted[]> {
  const fields = new Map<string, Dotted[]>()
  for (const { register, edit } of liveValues(record)) {
    const { field } = parseRegister(register)
    fields.set(field, [...(fields.get(field) ?? []), { register, actor: edit.actor, counter: edit.counter }])
  }
  return fields
}

/** Both in canonical order. */
function holdSame(a: readonly Dotted[], b: readonly Dotted[]): boolean {
  return a.length === b.length && a.every((x, i) => b[i] && x.register === b[i].register && sameDot(x, b[i]))
}
