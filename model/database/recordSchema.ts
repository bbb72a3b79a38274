import type { RxJsonSchema } from 'rxdb'
import type { StoredRecord } from '../merge/codec.ts'

/** The one synced collection. Feature code does not see it: it asks a typed repository. */
export const RECORDS = 'records'

/** A stored record and what this replica alone knows of it. */
export interface RecordDocument extends StoredRecord {
  /** Epoch of the peer whose state this is, unaltered; empty for an edit or a merge made here. */
  from: string
  /** Place in the change log, where the storage below keeps none of its own (Dexie). */
  seq?: number
}

const properties = {
  id: { type: 'string', maxLength: 36 },
  scope: { type: 'string', maxLength: 36 },
  table: { type: 'string', maxLength: 50 },
  base: { type: 'string' },
  actors: { type: 'array', items: { type: 'string' } },
  units: { type: 'object', additionalProperties: true },
  from: { type: 'string', maxLength: 11 },
  seq: { type: 'integer', minimum: 0, maximum: 2 ** 40, multipleOf: 1 },
} as const

/** For a storage that counts commits itself, such as ours on SQLite. */
export const recordSchema: RxJsonSchema<RecordDocument> = {
  title: RECORDS,
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties,
  required: ['id', 'scope', 'table', 'base', 'actors', 'units', 'from'],
  indexes: [['scope', 'table']],
}

/**
 * For a storage without a commit order: the writer counts. The log is read once and kept in memory (`commitLog.ts`), so no index
 * has it: each would be written with every record. Version 0 had two.
 */
export const sequencedRecordSchema: RxJsonSchema<RecordDocument> = {
  ...recordSchema,
  version: 1,
  required: [...(recordSchema.required ?? []), 'seq'],
}

/** What becomes of the documents of earlier versions: nothing, since only the indexes have changed. */
export const sequencedRecordMigrations = { 1: (document: RecordDocument): RecordDocument => document }
