/**
 * What a client with the keys wants written where values are sealed (`model/rest/sealed.ts`), from the form that it travels in to
 * values of registers under one edit per unit. Pure.
 */
import { type Author, classOf, type Data } from '../../../model/merge/edit.ts'
import { type Envelope, openEnvelope } from '../../../model/merge/envelope.ts'
import { CREATED, DELETED, isFieldName, parseRegister, registerName } from '../../../model/merge/registers.ts'
import type { Edit } from '../../../model/merge/unit.ts'
import type { Vector } from '../../../model/merge/vector.ts'
import { deletedValue, type SealedEdit, type SealedRegister, sealedRegister } from '../../../model/rest/sealed.ts'
import type { SyncAction } from '../../../model/rest/sync.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { isOpenField } from '../../../model/sealing/openFields.ts'
import { fieldOf, tableNamed } from '../../../model/tables/index.ts'
import { validateData } from '../../../model/tables/validate.ts'

export interface SealedUnit {
  readonly edit: Edit
  /** What the author had seen of the unit. */
  readonly seen: Vector
  /** By register. */
  readonly values: ReadonlyMap<string, Envelope>
}

export interface SealedWrite {
  /** The class that the author took the record to be of. */
  readonly base: string
  readonly author: Author
  /** By read class. */
  readonly units: ReadonlyMap<string, SealedUnit>
  /** The fields that are written, `$created` and `$deleted` left out, each with some value. */
  readonly fields: Data
}

export interface SealedContent {
  readonly action: SyncAction
  readonly table: string
  /** Without the fields that the server sets. */
  readonly data: Data
  readonly edit: SealedEdit | undefined
}

/** Whether nothing in `data` is open that a sealing team's devices would seal. */
export function holdsNothingOpen(table: string, data: Data): boolean {
  return Object.entries(data).every(([register, value]) => {
    if (typeof value !== 'object' || value === null) return false
    return Object.hasOwn(value, isOpenField(table, parseRegister(register).field) ? '$plain' : '$sealed')
  })
}

/** @returns why it cannot be written, whatever the record holds, in the words of a failure */
export function sealedWrite({ action, table, data, edit }: SealedContent): Result<SealedWrite, string> {
  if (!edit) return err('edit: Required')
  if (action === 'update' && tableNamed(table).appendOnly) {
    return err(`table: Records of ${table} are only added, never edited`)
  }
  const units = new Map<string, SealedUnit & { readonly values: Map<string, Envelope> }>()
  const fields: [string, Envelope][] = []
  for (const [register, raw] of Object.entries(data)) {
    const { field, member } = parseRegister(register)
    const envelope = readRegister(action, table, register, raw)
    if (!envelope.ok) return envelope
    const readClass = field.startsWith('$') ? edit.base : classOf({ table, base: edit.base }, field)
    const unit = units.get(readClass) ?? unitOf(edit, readClass)
    if (!unit) return err(`edit.units.${readClass}: Required`)
    const { actor, counter } = unit.edit
    if (envelope.value.dot !== `${actor}:${counter}`) return err(`data.${register}.dot: Not the one of the edit`)
    if (member !== undefined && fieldOf(tableNamed(table), field).policy !== 'set') {
      return err(`data.${register}: ${field} has no members`)
    }
    units.set(readClass, unit)
    unit.values.set(register, storedForm(envelope.value))
    if (!field.startsWith('$')) fields.push([field, raw])
  }
  const missing = action === 'create' ? CREATED : action === 'delete' ? DELETED : undefined
  if (missing !== undefined && !Object.hasOwn(data, missing)) return err(`data.${missing}: Required to ${action}`)
  if (units.size === 0) return err('data: Nothing to write')
  return ok({ base: edit.base, author: authorOf(edit), units, fields: Object.fromEntries(fields) })
}

function authorOf({ actor, stamp, ask, operation, decided }: SealedEdit): Omit<Edit, 'counter' | 'tag'> {
  return {
    actor,
    stamp,
    ...(ask && { ask }),
    ...(operation !== undefined && { operation }),
    ...(decided && { decided }),
  }
}

function unitOf(edit: SealedEdit, readClass: string) {
  const unit = Object.entries(edit.units).find(([name]) => name === readClass)?.[1]
  if (!unit) return undefined
  const { counter, tag, seen } = unit
  return {
    edit: { ...authorOf(edit), counter, tag },
    seen: new Map(Object.entries(seen)),
    values: new Map<string, Envelope>(),
  }
}

function readRegister(
  action: SyncAction,
  table: string,
  register: string,
  raw: unknown,
): Result<SealedRegister, string> {
  const name = parseRegister(register)
  const isOurs = register === CREATED || register === DELETED
  // One register has one name: another spelling of it would stand beside it.
  if (registerName(name) !== register || !(isOurs || isFieldName(name.field))) {
    return err(`data.${register}: Not a possible register`)
  }
  const parsed = sealedRegister.safeParse(raw)
  if (!parsed.success) return err(`data.${register}: Not a sealed value with its dot`)
  if (action === 'delete' && register !== DELETED) return err(`data.${register}: A deletion writes ${DELETED} alone`)
  if (isOurs) return isGoodMark(action, register, parsed.data) ? ok(parsed.data) : err(`data.${register}: Not possible`)
  if ('$plain' in parsed.data) {
    const [fault] = validateData(table, { [name.field]: parsed.data.$plain }, 'update')
    if (fault !== undefined) return err(fault)
  }
  return ok(parsed.data)
}

/** `$created` comes with a creation; `$deleted` says what a deletion had seen, or that the record stays. */
function isGoodMark(action: SyncAction, register: string, value: SealedRegister): boolean {
  if (!('$plain' in value)) return false
  if (register === CREATED) return action === 'create' && value.$plain === true
  const parsed = deletedValue.safeParse(value.$plain)
  return parsed.success && (action === 'delete') === (parsed.data !== false)
}

function storedForm(register: SealedRegister): Envelope {
  return '$plain' in register ? openEnvelope(register.$plain) : { $sealed: register.$sealed }
}
