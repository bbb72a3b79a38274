/** Values that somebody sent and that are not in the record: history keeps them, so that nothing anyone typed disappears. */
import { type Author, classOf, type Data } from '../../../model/merge/edit.ts'
import { openEnvelope } from '../../../model/merge/envelope.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { registerName } from '../../../model/merge/registers.ts'
import { editText } from '../../../model/merge/text.ts'
import type { Superseded } from '../../../model/sync/changeStore.ts'
import { fieldOf, tableNamed } from '../../../model/tables/index.ts'

/** They never had a dot; 0 is the counter of no edit. */
const NO_COUNTER = 0

export function losingValues(record: CausalRecord, data: Data, { actor, stamp }: Author): readonly Superseded[] {
  return Object.entries(data).map(([field, value]) => ({
    readClass: classOf(record, field),
    register: registerName({ field }),
    actor,
    counter: NO_COUNTER,
    stamp,
    // As a register of this field would hold it, since that is how history is read.
    value: fieldOf(tableNamed(record.table), field).policy === 'text' ? asUpdate(value) : openEnvelope(value),
  }))
}

function asUpdate(value: unknown): string {
  return editText([], String(value ?? ''), 0)
}
