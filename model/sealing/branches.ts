/** Which branches of a wedding's keys a role is given: those that open what it may read, and no others. */
import { mayRead, type Role } from '../roles.ts'
import { READ_CLASSES, TABLES } from '../tables/index.ts'

export interface Branch {
  readonly readClass: string
  /** Absent: the class in every table, also in tables of newer versions. */
  readonly table?: string
}

/** No table that anybody could know: what a role reads of it, it reads of every table that is not named. */
const ANY_OTHER_TABLE = '?'

export function branchesFor(role: Role): readonly Branch[] {
  const tables = [...TABLES.keys()]
  return READ_CLASSES.flatMap((readClass): readonly Branch[] => {
    const readable = tables.filter((table) => mayRead(role, table, readClass))
    const readsAll = readable.length === tables.length && mayRead(role, ANY_OTHER_TABLE, readClass)
    return readsAll ? [{ readClass }] : readable.map((table) => ({ readClass, table }))
  })
}
