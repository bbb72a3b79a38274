/** The indexes of an RxDB schema as columns and indexes of an SQLite table, and query plans as ranges in them. */
import { createHash } from 'node:crypto'
import {
  getPrimaryFieldOfPrimaryKey,
  objectPathMonad,
  type PreparedQuery,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb'
import { type FieldKeys, fieldKeys, type SortKey } from './sortKeys.ts'

/** Every row has it, whether or not an index asks for it. */
export const DELETED_COLUMN = 'deleted'
/** How the names of schema indexes begin, and no others in the table. */
export const SCHEMA_INDEX_PREFIX = 'by_'

/** A field that some index needs. Indexes of the same field share it. */
export type KeyColumn<RxDocType> = {
  /**
   * Derived from everything that decides the content of the column. A column of that name is therefore right as it is,
   * and one of another name belongs to an older schema.
   */
  readonly name: string
  readonly sqlType: FieldKeys['sqlType']
  /** @throws TypeError when the document has another type in this field than the schema says */
  readonly keyOf: (document: RxDocumentData<RxDocType>) => SortKey
}

export type SchemaIndex = {
  readonly fields: readonly string[]
  /** Unique in its table, and other for other columns. */
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly keys: FieldKeys }[]
  /**
   * Whether SQLite has it. RxDB gives every schema an index by the time of the last write, for storages that find changes
   * by it. This one has its `seq`, and an index that nobody asks for would cost each write a page: a plan that names it
   * all the same is answered from the whole table.
   */
  readonly isStored: boolean
}

export type SchemaIndexes<RxDocType> = {
  readonly indexes: readonly SchemaIndex[]
  /** The columns behind them, without `deleted`. */
  readonly columns: readonly KeyColumn<RxDocType>[]
}

/** The part of an index that a query plan reads: from one row of keys to another, compared from left to right. */
export type IndexRange = {
  /** `undefined` if it is not stored. */
  readonly indexName: string | undefined
  readonly columns: readonly string[]
  readonly lower: readonly SortKey[]
  readonly upper: readonly SortKey[]
  readonly includesLower: boolean
  readonly includesUpper: boolean
}

/** All different indexes of a schema that RxDB has filled with its default settings. */
export function schemaIndexes<RxDocType>(schema: RxJsonSchema<RxDocumentData<RxDocType>>): SchemaIndexes<RxDocType> {
  const columns = new Map<string, KeyColumn<RxDocType>>()
  const indexes = new Map<string, SchemaIndex>()
  const byLastWrite = `_meta.lwt,${getPrimaryFieldOfPrimaryKey(schema.primaryKey)}`
  for (const index of schema.indexes ?? []) {
    const fields = typeof index === 'string' ? [index] : [...index]
    const parts = fields.map((field) => {
      const keys = fieldKeys(schema, field)
      const name = field === '_deleted' ? DELETED_COLUMN : `key_${digest(keys.signature)}`
      if (field !== '_deleted') columns.set(name, keyColumn(name, field, keys))
      return { name, keys }
    })
    const name = `${SCHEMA_INDEX_PREFIX}${digest(parts.map((part) => part.name))}`
    indexes.set(name, { fields, name, columns: parts, isStored: fields.join(',') !== byLastWrite })
  }
  return { indexes: [...indexes.values()], columns: [...columns.values()] }
}

/**
 * Where a prepared query starts and ends in its index.
 * @throws when the plan names an index that the schema does not have
 */
export function rangeOf<RxDocType>(
  indexes: readonly SchemaIndex[],
  { queryPlan }: PreparedQuery<RxDocType>,
): IndexRange {
  const name = queryPlan.index.join(',')
  const index = indexes.find(({ fields }) => fields.join(',') === name)
  if (index === undefined) throw new Error(`the schema has no index ${name}`)
  return {
    indexName: index.isStored ? index.name : undefined,
    columns: index.columns.map((column) => column.name),
    lower: index.columns.map(({ keys }, position) => keys.lower(queryPlan.startKeys[position])),
    upper: index.columns.map(({ keys }, position) => keys.upper(queryPlan.endKeys[position])),
    includesLower: queryPlan.inclusiveStart,
    includesUpper: queryPlan.inclusiveEnd,
  }
}

function keyColumn<RxDocType>(name: string, field: string, { sqlType, of }: FieldKeys): KeyColumn<RxDocType> {
  const read = objectPathMonad<RxDocumentData<RxDocType>, unknown>(field)
  return { name, sqlType, keyOf: (document) => of(read(document)) }
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}
