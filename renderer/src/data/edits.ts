/** What a person does to records, as stamped edits. Every promise rejects if the edit is not safely stored. */
import {
  createRecord,
  type Data,
  deleteRecord,
  editRecord,
  keepRecord,
  type NewRecord,
  type Seen,
} from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import type { Edit } from '../../../model/merge/unit.ts'
import { EMPTY_VECTOR } from '../../../model/merge/vector.ts'
import type { Replica } from '../replica/replica.ts'

export type Decided = NonNullable<Edit['decided']>

export interface Edits {
  /** Stores those whose id is new here. A record that is known, or was deleted, stays as it is. */
  create(records: readonly NewRecord[]): Promise<void>
  /**
   * @param before the record as the person saw it: what somebody else wrote meanwhile is not overwritten, but stays
   *   beside the new value
   */
  edit(before: CausalRecord, data: Data, decided?: Decided): Promise<void>
  remove(before: CausalRecord, decided?: Decided): Promise<void>
  /** Brings a deleted record back, or says that a contested one stays. */
  keep(before: CausalRecord, decided?: Decided): Promise<void>
}

/** Edits through the replica's store, under its actor. */
export function createEdits({ store, author }: Pick<Replica, 'store' | 'author'>): Edits {
  async function change(id: string, next: (current: CausalRecord) => CausalRecord): Promise<void> {
    await store.update([id], (records) => {
      const current = records.get(id)
      if (!current) throw new Error(`record ${id} is not on this device any more`)
      const record = next(current)
      return record === current ? [] : [{ record }]
    })
  }
  const by = (decided: Decided | undefined) => (decided ? { ...author(), decided } : author())
  return {
    async create(records) {
      const writes = records.map((record) => ({ record: createRecord(record, author()) }))
      await store.update(
        records.map(({ id }) => id),
        (known) => writes.filter(({ record }) => !known.has(record.id)),
      )
    },
    edit(before, data, decided) {
      const me = by(decided)
      return change(before.id, (current) => editRecord(current, data, me, seenIn(before)))
    },
    remove(before, decided) {
      const me = by(decided)
      return change(before.id, (current) => deleteRecord(current, me, seenIn(before)))
    },
    keep(before, decided) {
      const me = by(decided)
      return change(before.id, (current) => keepRecord(current, me))
    },
  }
}

function seenIn(record: CausalRecord): Seen {
  return (readClass) => record.units.get(readClass)?.vector ?? EMPTY_VECTOR
}
