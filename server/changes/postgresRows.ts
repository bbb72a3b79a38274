/** Between rows of SQL and what the store speaks of. */
import { z } from 'zod'
import { decodeStored, encodeRecord, type StoredRecord } from '../../model/merge/codec.ts'
import type { CausalRecord } from '../../model/merge/record.ts'

/** Parses the rows of a query. A row of another shape is a bug of ours or a damaged database, and throws. */
export function parseRows<T>(schema: z.ZodType<T>, rows: readonly unknown[]): readonly T[] {
  return rows.map((row) => schema.parse(row))
}

/** A `bigint` column: `pg` returns text, PGlite a number. */
export const whole = z.union([z.number(), z.string(), z.bigint()]).transform(Number)

const name = z.string()

/**
 * A name (of a table, a scope, a peer, a state key) as a `text` column can hold it. PostgreSQL takes no NUL character,
 * and a lone surrogate has no UTF-8; a peer could send either, and one such record must not stop the others. Ordinary
 * names stay as they are; no two names become one.
 */
export function toColumn(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

export function fromColumn(column: string): string {
  return column.includes('\\') ? name.parse(JSON.parse(`"${column}"`)) : column
}

/**
 * A list as the text of an array. As JSON it is one but for its brackets, and the driver would take several times as long.
 * @param list texts without control characters, as names for columns and JSON are
 */
export function toArray(list: readonly (string | number | null)[]): string {
  return `{${JSON.stringify(list).slice(1, -1)}}`
}

export function toDocument(record: CausalRecord): string {
  return JSON.stringify(encodeRecord(record))
}

export function fromDocument(document: string): CausalRecord {
  return fromStored(storedIn(document))
}

/** The document as it is. `encodeRecord` gave it its shape. */
export function storedIn(document: string): StoredRecord {
  return stored.parse(JSON.parse(document))
}

/**
 * Only its inner consistency is looked at: the bounds that hold for records of others would make one unreadable that a join has
 * grown past them.
 */
export function fromStored(document: StoredRecord): CausalRecord {
  const decoded = decodeStored(document)
  if (!decoded.ok) throw new Error(`a record in the database cannot be read: ${decoded.error.reason}`)
  return decoded.value
}

const stored = z.custom<StoredRecord>((value) => typeof value === 'object' && value !== null && 'units' in value)
