import { makeStamp } from '../../model/merge/clock.ts'
import { type Author, createRecord, type Data, editRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { uuidOf } from './ids.ts'
import { WEDDING_MORNING_MS } from './manualScheduler.ts'
import { elevenChars } from './memoryReplica.ts'

/** An author by name, so many seconds into the wedding morning. */
export function at(seconds: number, name: string, more: Partial<Author> = {}): Author {
  return { actor: elevenChars(name), stamp: makeStamp(WEDDING_MORNING_MS + seconds * 1_000, 0), ...more }
}

export const RECORD_ID = uuidOf(7)
export const WEDDING_ID = uuidOf(8)

/** A record that Ana wrote at the start. */
export function newRecord(table: string, data: Data, author: Author = at(0, 'ana')): CausalRecord {
  return createRecord({ id: RECORD_ID, scope: WEDDING_ID, table, data }, author)
}

/** The states of Ana and of Ben, who change the same record without seeing each other's change. */
export function apart(
  record: CausalRecord,
  ana: (record: CausalRecord, author: Author) => CausalRecord,
  ben: (record: CausalRecord, author: Author) => CausalRecord,
): readonly [CausalRecord, CausalRecord] {
  return [ana(record, at(10, 'ana')), ben(record, at(20, 'ben'))]
}

export const write =
  (data: Data) =>
  (record: CausalRecord, author: Author): CausalRecord =>
    editRecord(record, data, author)
