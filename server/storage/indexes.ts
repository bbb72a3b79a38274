/**
 * The indexes of an RxDB schema as columns of an SQLite table.
 *
 * RxDB describes every index position by a string: the fields of the index, each padded to a fixed length, one after the
 * other. Query plans are ranges of such strings and documents are compared by them, so a storage that keeps exactly these
 * strings in exactly JavaScript's order returns exactly what RxDB's memory storage returns.
 *
 * JavaScript orders strings by UTF-16 code unit. SQLite would order TEXT by its UTF-8 bytes, which puts the private use
 * area before the emoji; the bytes of UTF-16BE in a BLOB have the order of the code units.
 *
 *     'Zoë 💍' -> 005a 006f 00eb 0020 d83d dc8d 0020 0020 ... (padded with spaces to maxLength)
 */
import { createHash } from 'node:crypto'
import type { PreparedQuery, RxDocumentData, RxJsonSchema } from 'rxdb'
import {
  getIndexableStringMonad,
  getSchemaByObjectPath,
  getStartIndexStringFromLowerBound,
  getStartIndexStringFromUpperBound,
} from 'rxdb'

/** Part of the column names: change it when the encoding changes, and tables are re-indexed when next opened. */
const ENCODING = 'utf16be-1'
export const INDEX_COLUMN_PREFIX = 'ix_'

export type SchemaIndex<RxDocType> = {
  readonly fields: readonly string[]
  /**
   * Column name, derived from everything that decides the content of the column. A column of that name is therefore
   * right as it is, and one of another name belongs to an older schema.
   */
  readonly column: string
  /** @throws when the document has another type in an indexed field than the schema says */
  readonly keyOf: (document: RxDocumentData<RxDocType>) => Buffer
}

/** The part of an index that a query plan reads. */
export type IndexRange = {
  readonly column: string
  readonly lower: Buffer
  readonly upper: Buffer
  readonly includesLower: boolean
  readonly includesUpper: boolean
}

/** All different indexes of a schema that RxDB has filled with its default settings. */
export function schemaIndexes<RxDocType>(schema: RxJsonSchema<RxDocumentData<RxDocType>>): SchemaIndex<RxDocType>[] {
  const byColumn = new Map<string, SchemaIndex<RxDocType>>()
  for (const index of schema.indexes ?? []) {
    const fields = typeof index === 'string' ? [index] : [...index]
    const column = columnOf(schema, fields)
    const stringOf = getIndexableStringMonad(schema, fields)
    byColumn.set(column, { fields, column, keyOf: (document) => toSortableBytes(stringOf(document)) })
  }
  return [...byColumn.values()]
}

/**
 * Where a prepared query starts and ends in its index.
 * @throws when the plan names an index that the schema does not have
 */
export function rangeOf<RxDocType>(
  schema: RxJsonSchema<RxDocumentData<RxDocType>>,
  indexes: readonly SchemaIndex<RxDocType>[],
  { queryPlan }: PreparedQuery<RxDocType>,
): IndexRange {
  const name = queryPlan.index.join(',')
  const index = indexes.find(({ fields }) => fields.join(',') === name)
  if (index === undefined) throw new Error(`the schema has no index ${name}`)
  return {
    column: index.column,
    lower: toSortableBytes(getStartIndexStringFromLowerBound(schema, queryPlan.index, queryPlan.startKeys)),
    upper: toSortableBytes(getStartIndexStringFromUpperBound(schema, queryPlan.index, queryPlan.endKeys)),
    includesLower: queryPlan.inclusiveStart,
    includesUpper: queryPlan.inclusiveEnd,
  }
}

function columnOf<RxDocType>(schema: RxJsonSchema<RxDocumentData<RxDocType>>, fields: readonly string[]): string {
  const parts = fields.map((field) => {
    const { type, maxLength, minimum, maximum, multipleOf } = getSchemaByObjectPath(schema, field)
    return [field, type, maxLength, minimum, maximum, multipleOf]
  })
  const hash = createHash('sha256')
    .update(JSON.stringify([ENCODING, parts]))
    .digest('hex')
  return `${INDEX_COLUMN_PREFIX}${hash.slice(0, 16)}`
}

function toSortableBytes(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}
