/** How much an operation did: how many records it changed and by how much it moved their times. Pure. */
import { envelopeValue } from '../merge/envelope.ts'
import { type CausalRecord, liveValues } from '../merge/record.ts'
import { parseRegister } from '../merge/registers.ts'
import type { Edit } from '../merge/unit.ts'
import { compareText } from '../merge/vector.ts'
import { pastOf } from './ancestor.ts'
import type { Operation, Part, QueueContext } from './entry.ts'
import { isOfOperation } from './operations.ts'
import { isTime } from './words.ts'
import { writerOf } from './writer.ts'

interface Written {
  readonly record: CausalRecord
  readonly field: string
  readonly edit: Edit
  readonly value: unknown
}

/** @param records all of the scope that are at hand, those without a conflict too */
export function describeOperation(
  parts: readonly Part[],
  conflictId: string,
  records: ReadonlyMap<string, CausalRecord>,
  context: QueueContext,
): Operation {
  const written = [...records.values()].flatMap((record) => writtenBy(record, conflictId))
  // Whoever decided for the operation wrote its values again, and is not the person who acted.
  const acted = written.filter(({ edit }) => !edit.decided)
  const [first] = (acted.length > 0 ? acted : written).toSorted((a, b) => compareText(a.edit.stamp, b.edit.stamp))
  const [part] = parts
  const side = part?.client && isOfOperation(part.conflict.scope, part.client.edit, conflictId) ? 'client' : 'server'
  const own = part?.[side] ?? part?.server
  if (!own) throw new Error('an operation that is in no conflict')
  const shift = shiftOf(acted, context)
  return {
    id: written.find(({ edit }) => edit.operation !== undefined)?.edit.operation,
    writer: first ? writerOf(first.edit, context.people) : own.writer,
    records: new Set(written.map(({ record }) => record.id)).size,
    ...(shift && { shift }),
    side,
  }
}

function writtenBy(record: CausalRecord, conflictId: string): readonly Written[] {
  return [...liveValues(record)]
    .filter(({ edit }) => isOfOperation(record.scope, edit, conflictId))
    .map(({ register, edit, value }) => ({
      record,
      field: parseRegister(register).field,
      edit,
      value: envelopeValue(value),
    }))
}

const MINUTE_MS = 60_000

/** Undefined if no earlier value is known, or if it moved some times forward and some back. */
function shiftOf(written: readonly Written[], { history }: QueueContext): Operation['shift'] {
  const shifts = written.flatMap(({ record, field, edit, value }) => {
    if (!isTime(value)) return []
    const before = pastOf(record, field, history?.get(record.id) ?? []).findLast(
      (old) => old.replacedBy && old.stamp < edit.stamp && isTime(envelopeValue(old.value)),
    )
    const old = before && envelopeValue(before.value)
    return isTime(old) ? [(Date.parse(value) - Date.parse(old)) / MINUTE_MS] : []
  })
  const [least, most] = [Math.min(...shifts), Math.max(...shifts)]
  if (shifts.length === 0 || (least < 0 && most > 0) || (least === 0 && most === 0)) return undefined
  return { minutes: most > 0 ? most : least, isSame: least === most }
}
