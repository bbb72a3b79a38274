/** Decisions that stand in the records, and what they replaced. Pure. */
import { type Conflict, conflictOver } from '../merge/conflicts.ts'
import { envelopeValue } from '../merge/envelope.ts'
import { type CausalRecord, liveValues, type Placed } from '../merge/record.ts'
import { DELETED, parseRegister } from '../merge/registers.ts'
import { textOf } from '../merge/text.ts'
import { compareText, sameDot } from '../merge/vector.ts'
import { fieldOf, tableNamed } from '../tables/index.ts'
import { isUndo, pastIn } from './ancestor.ts'
import type { QueueContext, Writer } from './entry.ts'
import { decisionSentence, operationDecisionSentence } from './sentence.ts'
import { inOrderOfDay, titleOf, writerOf } from './writer.ts'

export interface DecidedValue {
  readonly record: CausalRecord
  readonly field: string
  /** For `$deleted` whether the record is gone. */
  readonly value: unknown
  readonly writer: Writer
  /** What it replaced, the latest first, as far as it is known. */
  readonly replaced: readonly { readonly value: unknown; readonly writer: Writer }[]
}

export interface StandingDecision extends Pick<Conflict, 'conflictId' | 'type' | 'severity'> {
  readonly strategy: string
  readonly values: readonly [DecidedValue, ...DecidedValue[]]
  readonly sentence: string
}

/** One for each conflict that was decided and not reopened, with all that the decision wrote. */
export function standingDecisions(
  records: Iterable<CausalRecord>,
  context: QueueContext = {},
): readonly StandingDecision[] {
  const placed = [...records].flatMap((record) =>
    [...liveValues(record)]
      .filter(({ edit }) => edit.decided && !isUndo(edit.decided.strategy))
      .map((each) => ({ record, placed: each })),
  )
  const byConflict = Map.groupBy(placed, ({ placed: { edit } }) => edit.decided?.conflictId ?? '')
  return [...byConflict].flatMap(([conflictId, members]) => {
    const [first, ...others] = members.map((each) => decidedValue(each.record, each.placed, context)).sort(inOrderOfDay)
    const strategy = members[0]?.placed.edit.decided?.strategy
    if (!first || strategy === undefined) return []
    const { type, severity } = conflictOver(first.record, first.field)
    const values = [first, ...others] as const
    return { conflictId, type, severity, strategy, values, sentence: sentenceOf(values, context) }
  })
}

function decidedValue(
  record: CausalRecord,
  { readClass, register, edit, value }: Placed,
  { history, people }: QueueContext,
): DecidedValue {
  const { field } = parseRegister(register)
  const show = (raw: unknown) => readableValue(record.table, register, raw)
  const replaced = pastIn(readClass, register, history?.get(record.id) ?? [])
    .filter(({ replacedBy }) => replacedBy && sameDot(replacedBy, edit))
    .toSorted((a, b) => compareText(b.stamp, a.stamp))
  return {
    record,
    field,
    value: show(value),
    writer: writerOf(edit, people),
    replaced: replaced.map((old) => ({ value: show(old.value), writer: writerOf(old, people) })),
  }
}

/** What one value of a register means to a person; of a member of a set, the member while it is in. */
function readableValue(table: string, register: string, raw: unknown): unknown {
  const { field, member } = parseRegister(register)
  if (field === DELETED) return raw !== false
  if (member !== undefined) return raw === false ? null : member
  const value = envelopeValue(raw)
  const isText = fieldOf(tableNamed(table), field).policy === 'text'
  return isText && typeof value === 'string' ? (textOf([value]) ?? value) : value
}

function sentenceOf([first, ...others]: StandingDecision['values'], { timeZone }: QueueContext): string {
  const records = new Set([first, ...others].map(({ record }) => record))
  if (records.size > 1) return operationDecisionSentence([...records].map(titleOf), first.writer)
  const { record, field, value } = first
  return decisionSentence({ table: record.table, title: titleOf(record), field, value }, first.writer, timeZone)
}
