/** What may be read and written at this device, as far as screens differ by it. Pure; the server that it syncs with asks the same (`model/sync/rules.ts`). */
import type { CausalRecord } from '../../../model/merge/record.ts'
import { feedsGuestsOf, type Owns } from '../../../model/ownership.ts'
import { type Grant, mayEnterWedding, mayRead, mayReadOwn, mayWrite, mayWriteOwn } from '../../../model/roles.ts'
import { mayWriteIn } from '../../../model/sync/rules.ts'

export interface Rights {
  /** Whether this device is given the guests of this wedding with their diets. */
  mayReadDiets(scope: string): boolean
  /** Whether this device may create records of the table in this wedding. */
  mayCreate(scope: string, table: string): boolean
  /** Whether it may write these fields of the record; no fields: delete it. */
  mayWrite(record: CausalRecord, fields: readonly string[]): boolean
}

/** Until the grant is known. */
export const NO_RIGHTS: Rights = { mayReadDiets: () => false, mayCreate: () => false, mayWrite: () => false }

/** @param owns whose own a record is, for roles that may read or write what is their own */
export function rightsUnder(grant: Grant, owns: Owns): Rights {
  const { role } = grant
  return {
    mayReadDiets: (scope) =>
      mayEnterWedding(grant, scope) &&
      (mayRead(role, 'guests', 'diet') || (mayReadOwn(role, 'guests', 'diet') && owns(feedsGuestsOf(scope)))),
    mayCreate: (scope, table) =>
      mayEnterWedding(grant, scope) && (mayWrite(role, table, []) || mayWriteOwn(role, table, [])),
    mayWrite: (record, fields) => mayEnterWedding(grant, record.scope) && mayWriteIn(role, owns, record, fields),
  }
}
