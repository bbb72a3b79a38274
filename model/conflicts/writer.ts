/** Whose a value is, and what people call a record. Pure. */
import { stampTime } from '../merge/clock.ts'
import type { CausalRecord } from '../merge/record.ts'
import { viewRecord } from '../merge/view.ts'
import type { People, Writer } from './entry.ts'

const NOBODY: People = new Map()

/** Who made an edit, on which device, when. */
export function writerOf(
  { actor, stamp }: { readonly actor: string; readonly stamp: string },
  people: People = NOBODY,
): Writer {
  return { ...people.get(actor), actor, at: stampTime(stamp) }
}

/** What people call the record. */
export function titleOf(record: CausalRecord): string | undefined {
  const { title, name, filename } = viewRecord(record).data
  return [title, name, filename].find((text) => typeof text === 'string')
}
