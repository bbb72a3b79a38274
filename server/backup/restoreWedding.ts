/** One wedding brought back to a moment, as new edits of whoever restores it. */
import type { Author } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { mayWrite, type Role } from '../../model/roles.ts'
import type { ChangeStore, Write } from '../../model/sync/changeStore.ts'
import { changedData, restoreRecord } from './restoreRecord.ts'

export interface RestoreOrder {
  readonly scope: string
  /** The wedding as it was. */
  readonly past: readonly CausalRecord[]
  /** All that the backup holds of it: edits that were lost here come back as well, and with them what they were about. */
  readonly known: readonly CausalRecord[]
  readonly author: Author
  readonly role: Role
}

export interface RestoreReport {
  readonly scope: string
  readonly name: string | undefined
  /** Edits that only the backup had. */
  readonly recovered: number
  readonly changed: number
  readonly deleted: number
}

export type RestoreError =
  | { readonly kind: 'may-not-write'; readonly table: string }
  /** One edit with two contents: the backup is of a store that was set back and went on. */
  | { readonly kind: 'cannot-join'; readonly recordId: string }

/** Writes everything in one batch, or nothing. */
export async function restoreWedding(
  changes: ChangeStore,
  { scope, past, known, author, role }: RestoreOrder,
): Promise<Result<RestoreReport, RestoreError>> {
  const before = new Map(past.map((record) => [record.id, record]))
  const fromBackup = new Map(known.map((record) => [record.id, record]))
  const present = await changes.inScope(scope)
  const ids = [...new Set([...present.map(({ id }) => id), ...fromBackup.keys()])]
  let outcome: Result<RestoreReport, RestoreError> = ok({
    scope,
    name: undefined,
    recovered: 0,
    changed: 0,
    deleted: 0,
  })
  await changes.update(ids, (current) => {
    const writes: Write[] = []
    let [recovered, changed, deleted] = [0, 0, 0]
    let name: unknown
    for (const id of ids) {
      const joined = joinKnown(current.get(id), fromBackup.get(id))
      if (joined === undefined) {
        outcome = err({ kind: 'cannot-join', recordId: id })
        return []
      }
      const restored = restoreRecord(joined, before.get(id), author)
      if (id === scope) name = viewRecord(restored).data.name
      if (restored === current.get(id)) continue
      if (restored !== joined && !mayRestore(role, joined, restored)) {
        outcome = err({ kind: 'may-not-write', table: joined.table })
        return []
      }
      if (joined !== current.get(id)) recovered++
      if (restored !== joined && viewRecord(restored).deleted) deleted++
      else if (restored !== joined) changed++
      writes.push({ record: restored })
    }
    outcome = ok({ scope, name: typeof name === 'string' ? name : undefined, recovered, changed, deleted })
    return writes
  })
  return outcome
}

function joinKnown(current: CausalRecord | undefined, known: CausalRecord | undefined): CausalRecord | undefined {
  if (!current || !known) return current ?? known
  const joined = joinRecords(current, known)
  return joined.ok ? joined.value : undefined
}

function mayRestore(role: Role, before: CausalRecord, after: CausalRecord): boolean {
  const fields = Object.keys(changedData(before, after)).filter((field) => !field.startsWith('$'))
  const isWhole = viewRecord(before).deleted !== viewRecord(after).deleted
  return (fields.length === 0 || mayWrite(role, before.table, fields)) && (!isWhole || mayWrite(role, before.table, []))
}
