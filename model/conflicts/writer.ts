/** Whose a value is, what people call a record, and in which order they think of several. Pure. */
import { stampTime } from '../merge/clock.ts'
import type { CausalRecord } from '../merge/record.ts'
import { compareText } from '../merge/vector.ts'
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

interface InRecord {
  readonly record: CausalRecord
  readonly field: string
}

/** The earliest in the day first, and the start of an item before its end. */
export function inOrderOfDay(a: InRecord, b: InRecord): number {
  // Backwards by name: the alphabet has the end before the start.
  return compareText(startOf(a), startOf(b)) || compareText(a.record.id, b.record.id) || compareText(b.field, a.field)
}

/** What has no time comes last. */
function startOf({ record }: InRecord): string {
  const { startTime } = viewRecord(record).data
  return typeof startTime === 'string' ? startTime : '~'
}
