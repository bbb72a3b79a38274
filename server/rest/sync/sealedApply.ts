/**
 * A change of sealed values, applied to the record as it is: dots are compared where an open change compares values, and
 * what is written is what the client has sealed, under the edit that it was sealed with. Pure.
 */
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import type { Data } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { CREATED, parseRegister } from '../../../model/merge/registers.ts'
import { SortedMap } from '../../../model/merge/sortedMap.ts'
import { EMPTY_UNIT, type Sibling, type Unit, writeUnit } from '../../../model/merge/unit.ts'
import { covers, type Vector } from '../../../model/merge/vector.ts'
import { isDeleted } from '../../../model/merge/view.ts'
import type { Superseded } from '../../../model/sync/changeStore.ts'
import { fieldOf, tableNamed } from '../../../model/tables/index.ts'
import { type Applied, type Circumstances, isSeen, type ReadyChange, refused } from './change.ts'
import { applyToDeleted, clash } from './deletion.ts'
import { clashOutcome, dropsClashing } from './fields.ts'
import { done } from './outcome.ts'
import type { SealedUnit, SealedWrite } from './sealedWrite.ts'

export function createSealed(
  identity: Pick<CausalRecord, 'id' | 'scope' | 'table'>,
  sealed: SealedWrite,
): CausalRecord {
  return overwriteSealed({ ...identity, base: sealed.base, units: SortedMap.empty() }, sealed)
}

/** Why this record cannot take the edit at all. */
export function sealedFault(record: CausalRecord, { base, units }: SealedWrite): string | undefined {
  if (base !== record.base) return `edit.base: The record is of class ${record.base}`
  for (const [readClass, { edit }] of units) {
    const { vector } = record.units.get(readClass) ?? EMPTY_UNIT
    if (covers(vector, edit))
      return `edit.units.${readClass}.counter: Used before, the last was ${vector.get(edit.actor)}`
  }
  return undefined
}

/** Everything that the record holds counts as seen. */
export function overwriteSealed(record: CausalRecord, sealed: SealedWrite): CausalRecord {
  return write(record, sealed, () => true, current)
}

export function applySealed(
  record: CausalRecord,
  change: ReadyChange,
  sealed: SealedWrite,
  circumstances: Circumstances,
): Applied {
  const fault = sealedFault(record, sealed)
  if (fault !== undefined) return refused(record, fault)
  if (change.action === 'delete') return applySealedDeletion(record, change, sealed, circumstances)
  if (isDeleted(record)) return applyToSealedDeleted(record, change, sealed, circumstances)
  return applySealedFields(record, change, sealed, circumstances)
}

/**
 * A deletion says what it has seen, and nobody but its author can make it say more. So where somebody else wrote meanwhile it
 * waits beside that for a person, also with `client_wins`.
 */
function applySealedDeletion(
  record: CausalRecord,
  change: ReadyChange,
  sealed: SealedWrite,
  circumstances: Circumstances,
): Applied {
  if (isDeleted(record)) return applyToDeleted(record, change, circumstances)
  const after = write(record, sealed, () => true, asSeen)
  if (isDeleted(after)) return { record: after, outcome: done('delete'), lost: [] }
  const { strategy } = circumstances
  return clash(record, dropsClashing(strategy) ? record : after, change, circumstances, { strategy, applied: false })
}

/** A client that has seen the deletion says that the record stays; else a person is asked whether it does. */
function applyToSealedDeleted(
  record: CausalRecord,
  change: ReadyChange,
  sealed: SealedWrite,
  circumstances: Circumstances,
): Applied {
  const { strategy } = circumstances
  if (dropsClashing(strategy)) {
    const applied = clash(record, record, change, circumstances, { strategy, applied: false })
    return { ...applied, lost: lostOf(sealed, isValue) }
  }
  const after = write(record, sealed, isNews, strategy === 'client_wins' ? current : asSeen)
  const waits = conflictsOf(after).some(({ type }) => type === 'delete_conflict')
  return clash(record, after, change, circumstances, { strategy, applied: !waits && !isDeleted(after) })
}

function applySealedFields(
  record: CausalRecord,
  change: ReadyChange,
  sealed: SealedWrite,
  circumstances: Circumstances,
): Applied {
  const { strategy } = circumstances
  const isClashing: Choice = (register, readClass) =>
    siblingsIn(record, readClass, register).some(({ edit }) => !isSeen(change, circumstances, readClass, edit))
  const isClean: Choice = (register, readClass) => register !== CREATED && !isClashing(register, readClass)
  const written = write(record, sealed, isClean, current)
  const clashing = fieldsOf(sealed, isClashing)
  const fields = Object.keys(clashing)
  if (fields.length === 0) return { record: written, outcome: done(change.action), lost: [] }
  const passage = { before: record, wrote: written !== record }
  if (dropsClashing(strategy)) {
    const outcome = clashOutcome({ ...passage, after: written }, clashing, change, circumstances)
    return { record: written, outcome, lost: lostOf(sealed, isClashing) }
  }
  const isForPerson = strategy !== 'client_wins'
  if (isForPerson && !sealed.author.ask && fields.some((field) => !isSet(record, field))) {
    return refused(
      record,
      `edit.ask: Required with ${strategy}, since it is sealed in: ${fields.join(', ')} is in conflict`,
    )
  }
  const after = write(written, sealed, isClashing, isForPerson ? asSeen : current)
  return { record: after, outcome: clashOutcome({ ...passage, after }, clashing, change, circumstances), lost: [] }
}

/** Members of a set are no alternatives: adding one wins over taking it out, and nobody is asked. */
function isSet({ table }: CausalRecord, field: string): boolean {
  return fieldOf(tableNamed(table), field).policy === 'set'
}

type Choice = (register: string, readClass: string) => boolean

/** What exists was created already. */
const isNews: Choice = (register) => register !== CREATED
const isValue: Choice = (register) => !register.startsWith('$')

type Context = (unit: Unit, sealed: SealedUnit) => Vector
const current: Context = ({ vector }) => vector
const asSeen: Context = (_, { seen }) => seen

/** The record itself if nothing is chosen. */
function write(record: CausalRecord, sealed: SealedWrite, isChosen: Choice, context: Context): CausalRecord {
  const before = SortedMap.from(record.units)
  let units = before
  for (const [readClass, part] of sealed.units) {
    const values = new Map([...part.values].filter(([register]) => isChosen(register, readClass)))
    if (values.size === 0) continue
    const unit = record.units.get(readClass) ?? EMPTY_UNIT
    units = units.with([readClass], [writeUnit(unit, part.edit, values, context(unit, part))])
  }
  return units === before ? record : { ...record, units }
}

function* placed({ units }: SealedWrite, isChosen: Choice) {
  for (const [readClass, { edit, values }] of units) {
    for (const [register, value] of values)
      if (isChosen(register, readClass)) yield { readClass, register, edit, value }
  }
}

function fieldsOf(sealed: SealedWrite, isChosen: Choice): Data {
  return Object.fromEntries(
    [...placed(sealed, isChosen)].map(({ register, value }) => [parseRegister(register).field, value]),
  )
}

/** With their dots, without which nobody could open them; no record ever held them. */
function lostOf(sealed: SealedWrite, isChosen: Choice): readonly Superseded[] {
  return [...placed(sealed, isChosen)].map(({ edit, ...where }) => ({ ...where, ...edit }))
}

function siblingsIn(record: CausalRecord, readClass: string, register: string): readonly Sibling[] {
  return register === CREATED ? [] : (record.units.get(readClass)?.registers.get(register) ?? [])
}
