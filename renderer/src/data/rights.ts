/** What may be written at this device. Pure; the server that it syncs with asks the same (`model/sync/rules.ts`). */
import type { CausalRecord } from '../../../model/merge/record.ts'
import type { Owns } from '../../../model/ownership.ts'
import { type Grant, mayEnterWedding, mayWrite, mayWriteOwn } from '../../../model/roles.ts'
import { mayWriteIn } from '../../../model/sync/rules.ts'

export interface Rights {
  /** Whether this device may create records of the table in this wedding. */
  mayCreate(scope: string, table: string): boolean
  /** Whether it may write these fields of the record; no fields: delete it. */
  mayWrite(record: CausalRecord, fields: readonly string[]): boolean
}

/** Nothing may be written until the grant is known. */
export const NO_RIGHTS: Rights = { mayCreate: () => false, mayWrite: () => false }

/** @param owns whose own a record is, for roles that may write what is their own */
export function rightsUnder(grant: Grant, owns: Owns): Rights {
  const { role } = grant
  return {
    mayCreate: (scope, table) =>
      mayEnterWedding(grant, scope) && (mayWrite(role, table, []) || mayWriteOwn(role, table, [])),
    mayWrite: (record, fields) => mayEnterWedding(grant, record.scope) && mayWriteIn(role, owns, record, fields),
  }
}
