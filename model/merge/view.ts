/** What a person sees of a record: one value per field, the siblings behind it, and whether it is deleted. Pure. */
import { canonicalJson } from '../canonicalJson.ts'
import { type Field, fieldOf, type Policy, tableNamed } from '../tables/index.ts'
import { type Stamp, stampMs } from './clock.ts'
import { envelopeValue, isSealed } from './envelope.ts'
import { setOwn } from './maps.ts'
import { type CausalRecord, recordVersion } from './record.ts'
import { CREATED, DELETED, parseRegister, registerName } from './registers.ts'
import { SortedMap } from './sortedMap.ts'
import { commonRoots, textOf } from './text.ts'
import type { Edit, Sibling } from './unit.ts'
import { compareDots, compareText, covers, type Vector } from './vector.ts'

export interface SeenValue {
  readonly value: unknown
  readonly edit: Edit
}

export interface RecordView {
  readonly id: string
  readonly scope: string
  readonly table: string
  readonly version: number
  /** The visible value of every field that has one; null values included. */
  readonly data: Readonly<Record<string, unknown>>
  /** Fields with more than one distinct value, the visible one first. */
  readonly siblings: Readonly<Record<string, readonly SeenValue[]>>
  readonly deleted: boolean
  /** The latest edit by clock. */
  readonly updated: Edit
  readonly created: { readonly ms: number; readonly actor: string }
}

export function viewRecord(record: CausalRecord): RecordView {
  const table = tableNamed(record.table)
  const data: Record<string, unknown> = {}
  const siblings: Record<string, readonly SeenValue[]> = {}
  // Replicas have come by the same units in different orders; what is shown must not depend on that.
  for (const unit of SortedMap.from(record.units).items) {
    for (const [name, registers] of byField(SortedMap.from(unit.registers))) {
      if (name.startsWith('$')) continue
      const seen = viewField(fieldOf(table, name), registers)
      if (seen[0]) setOwn(data, name, seen[0].value)
      if (seen.length > 1) setOwn(siblings, name, seen)
    }
  }
  const updated = latestEdit(record)
  if (!updated) throw new Error(`record ${record.id} holds no value at all`)
  return {
    id: record.id,
    scope: record.scope,
    table: record.table,
    version: recordVersion(record),
    data,
    siblings,
    deleted: isDeleted(record),
    updated,
    created: created(record, updated),
  }
}

/** What `viewRecord` shows of one field, the visible value first. Empty if the field was never written. */
export function viewFieldOf(record: CausalRecord, name: string): readonly SeenValue[] {
  if (name.startsWith('$')) return []
  const field = fieldOf(tableNamed(record.table), name)
  let shown: readonly SeenValue[] = []
  for (const unit of SortedMap.from(record.units).items) {
    const seen = viewField(field, registersOf(SortedMap.from(unit.registers), field.policy, name))
    if (seen.length > 0) shown = seen
  }
  return shown
}

function registersOf(
  registers: SortedMap<readonly Sibling[]>,
  policy: Policy,
  field: string,
): readonly NamedRegister[] {
  if (policy === 'set') {
    const members = registers.startingWith(registerName({ field, member: '' }))
    return [...members].map(([name, siblings]) => ({ ...parseRegister(name), siblings }))
  }
  const siblings = registers.get(registerName({ field }))
  return siblings ? [{ siblings }] : []
}

function latestEdit(record: CausalRecord): Edit | undefined {
  let latest: Edit | undefined
  // Edits of several units may share stamp and dot: then the first in order stands for them, on every replica.
  for (const unit of SortedMap.from(record.units).items) {
    for (const siblings of unit.registers.values()) {
      for (const { edit } of siblings) if (edit !== latest && (!latest || isLater(edit, latest))) latest = edit
    }
  }
  return latest
}

interface NamedRegister {
  readonly member?: string
  readonly siblings: readonly Sibling[]
}

function byField(registers: SortedMap<readonly Sibling[]>): ReadonlyMap<string, NamedRegister[]> {
  const fields = new Map<string, NamedRegister[]>()
  for (let i = 0; i < registers.size; i++) {
    const { field, member } = parseRegister(registers.names[i] ?? '')
    const siblings = registers.items[i] ?? []
    const register = member === undefined ? { siblings } : { member, siblings }
    const others = fields.get(field)
    if (others) others.push(register)
    else fields.set(field, [register])
  }
  return fields
}

/** The distinct values of one field, the visible one first. Empty if the field was never written. */
export function viewField(field: Field, registers: readonly NamedRegister[]): readonly SeenValue[] {
  if (registers.some(({ siblings }) => siblings.some(({ value }) => isSealed(value))))
    return viewSealed(field, registers)
  if (field.policy === 'set') return viewSet(registers)
  // Registers of members are those of a set of a newer version, which this one cannot show.
  const siblings = registers.find(({ member }) => member === undefined)?.siblings ?? []
  if (field.policy === 'text') return viewText(siblings)
  return viewRegister(field.policy, siblings)
}

/** For whoever holds the key: every sealed value of a text, one for each member of a set, else as any value. */
function viewSealed({ policy }: Field, registers: readonly NamedRegister[]): readonly SeenValue[] {
  if (policy !== 'set') {
    const siblings = registers.find(({ member }) => member === undefined)?.siblings ?? []
    return viewRegister(policy === 'text' ? 'lww' : policy, siblings)
  }
  const latest = registers.flatMap(({ siblings }) => [...siblings].sort((a, b) => later(a.edit, b.edit)).slice(0, 1))
  const [edit] = latest.map((sibling) => sibling.edit).sort(later)
  return edit ? [{ value: latest.map(({ value }) => value), edit }] : []
}

function viewRegister(policy: Policy, siblings: readonly Sibling[]): readonly SeenValue[] {
  if (siblings.length === 1) return siblings.map(({ edit, value }) => ({ edit, value: envelopeValue(value) }))
  const distinct = new Map<string, SeenValue>()
  for (const { edit, value } of siblings) {
    const key = canonicalJson(value)
    const twin = distinct.get(key)
    // Two people wrote the same value: no conflict, and the later of them stands for both.
    if (!twin || isLater(edit, twin.edit)) distinct.set(key, { edit, value: envelopeValue(value) })
  }
  return [...distinct.values()].sort(
    (a, b) => preference(policy, a.value, b.value) || asksLast(a.edit, b.edit) || later(a.edit, b.edit),
  )
}

/** A value that was sent in for a person to decide does not show before they have. */
function asksLast(a: Edit, b: Edit): number {
  return Number(a.ask ?? false) - Number(b.ask ?? false)
}

/** Negative if the policy prefers `a`; 0 leaves it to the clock. Null always loses to a value. */
function preference(policy: Policy, a: unknown, b: unknown): number {
  switch (policy) {
    case 'max':
    case 'min': {
      if (a === null || b === null) return Number(a === null) - Number(b === null)
      const order = compareScalars(a, b)
      return policy === 'max' ? -order : order
    }
    case 'true':
      return Number(b === true) - Number(a === true)
    default:
      return 0
  }
}

function compareScalars(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return 0
}

/** Texts that share no root are shown one after the other, the earlier first; the next edit makes one text of them. */
function viewText(siblings: readonly Sibling[]): readonly SeenValue[] {
  const latestFirst = [...siblings].sort((a, b) => later(a.edit, b.edit))
  const [latest] = latestFirst
  if (!latest) return []
  const updates = latestFirst.map(({ value }) => String(envelopeValue(value)))
  const texts = commonRoots(updates)
    .toSorted(([a = 0], [b = 0]) => b - a)
    .map((members) => textOf(members.map((index) => updates[index] ?? '')) ?? '')
    .filter((text) => text.length > 0)
  return [{ value: [...new Set(texts)].join('\n'), edit: latest.edit }]
}

/** A member is in if any sibling of its register says so: adding wins over a concurrent removal. */
function viewSet(registers: readonly NamedRegister[]): readonly SeenValue[] {
  const members: { member: string; position: number; edit: Edit }[] = []
  let latest: Edit | undefined
  for (const { member, siblings } of registers) {
    if (member === undefined) continue
    for (const { edit } of siblings) if (!latest || isLater(edit, latest)) latest = edit
    const adding = siblings.filter(({ value }) => typeof value === 'number')
    const [first] = adding.sort((a, b) => later(a.edit, b.edit))
    if (first && typeof first.value === 'number') members.push({ member, position: first.value, edit: first.edit })
  }
  members.sort((a, b) => a.position - b.position || compareText(a.member, b.member))
  return latest ? [{ value: members.map(({ member }) => member), edit: latest }] : []
}

/**
 * Deleted means: some deletion was not contradicted, and deletions together have seen every live value. A value that no
 * deletion has seen keeps the record alive (and is a conflict, see `conflicts.ts`).
 */
export function isDeleted(record: CausalRecord): boolean {
  const { seen, kept } = deletions(record)
  return seen.length > 0 && !kept && unseenByDeletion(record).length === 0
}

/** The live edits that no deletion has seen, the latest first, if there is a deletion at all. */
export function unseenByDeletion(record: CausalRecord): readonly { readonly readClass: string; readonly edit: Edit }[] {
  const { seen } = deletions(record)
  if (seen.length === 0) return []
  const unseen: { readClass: string; edit: Edit }[] = []
  for (const [readClass, unit] of SortedMap.from(record.units)) {
    for (const [register, siblings] of unit.registers) {
      if (register === DELETED || register === CREATED) continue
      for (const { edit } of siblings) {
        const covered = seen.some((vectors) => covers(vectors.get(readClass) ?? new Map(), edit))
        if (!covered) unseen.push({ readClass, edit })
      }
    }
  }
  return unseen.sort((a, b) => later(a.edit, b.edit))
}

const NO_DELETIONS = { seen: [], edits: [], kept: false } as const

/** The values of the `$deleted` register: what each deletion had seen, and whether somebody wrote "not deleted". */
export function deletions(record: CausalRecord): {
  readonly seen: readonly ReadonlyMap<string, Vector>[]
  readonly edits: readonly Edit[]
  readonly kept: boolean
} {
  const siblings = record.units.get(record.base)?.registers.get(DELETED)
  if (!siblings) return NO_DELETIONS
  const deleting = siblings.filter(({ value }) => value !== false)
  return {
    seen: deleting.map(({ value }) => seenVectors(value)),
    edits: deleting.map(({ edit }) => edit),
    kept: siblings.length > deleting.length,
  }
}

function seenVectors(value: unknown): ReadonlyMap<string, Vector> {
  const vectors = new Map<string, Vector>()
  if (typeof value !== 'object' || value === null) return vectors
  for (const [readClass, vector] of Object.entries(value)) {
    if (typeof vector !== 'object' || vector === null) continue
    const counters = Object.entries(vector).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    vectors.set(readClass, new Map(counters))
  }
  return vectors
}

function created(record: CausalRecord, fallback: Edit): { ms: number; actor: string } {
  const siblings = record.units.get(record.base)?.registers.get(CREATED) ?? []
  const [first] = [...siblings].sort((a, b) => -later(a.edit, b.edit))
  const edit = first?.edit ?? fallback
  return { ms: stampMs(edit.stamp), actor: edit.actor }
}

/** Sorts the later edit first; dots break ties so that every replica agrees. */
export function later(a: Edit, b: Edit): number {
  return compareText(b.stamp, a.stamp) || compareDots(b, a)
}

function isLater(a: Edit, b: Edit): boolean {
  return later(a, b) < 0
}

/** The latest stamp of the record's live edits. */
export function latestStamp(record: CausalRecord): Stamp | undefined {
  let latest: Stamp | undefined
  for (const unit of record.units.values()) {
    for (const siblings of unit.registers.values()) {
      for (const { edit } of siblings) if (latest === undefined || edit.stamp > latest) latest = edit.stamp
    }
  }
  return latest
}
