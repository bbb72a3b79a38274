/**
 * The border between a team and a cloud that merges what it cannot read. On the way out values are sealed, members of sets
 * lose their names, tags are covered; on the way in all that is undone. What makes a merge stays as it is: ids, classes, dots, stamps,
 * vectors. So the cloud joins sealed records as any replica does, deltas work through it, and digests compare.
 *
 *     inside    people/Ana → [A1 0]                      startTime → [A2 "15:20"]
 *     outside   people/k3V…Q → [A1 {$sealed: …}]         startTime → [A2 {$sealed: …}]
 *
 * Every value is for itself: a part of a record (what a delta brings) comes out as it would in the whole.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { toBase64Url } from '../bytes.ts'
import { readSealed } from '../merge/envelope.ts'
import type { CausalRecord } from '../merge/record.ts'
import { parseRegister, registerName } from '../merge/registers.ts'
import type { Edit, Sibling, Unit } from '../merge/unit.ts'
import { err, ok, type Result } from '../result.ts'
import type { Border, BorderRefusal } from '../sync/border.ts'
import type { KeyRing, LastingKeys } from './keyRing.ts'
import { isOpenField } from './openFields.ts'
import { openValue, type SealPlace, sealValue } from './sealedValue.ts'
import { maskTag } from './tagMask.ts'

/** 16 bytes of HMAC: as many names of members as there are people do not collide. */
const MEMBER_BYTES = 16
/** As in the stored form of a record. */
const MAX_REGISTER_CHARS = 500

export function sealingBorder(ring: KeyRing): Border {
  return {
    edition: ring.edition,
    outline(record) {
      return withUnits(record, (readClass, unit) => outlineUnit(ring, record, readClass, unit))
    },
    async outgoing(record) {
      const sealed = new Map<string, Unit>()
      for (const [readClass, unit] of record.units) {
        const done = await sealUnit(ring, record, readClass, unit)
        if (done) sealed.set(readClass, done)
      }
      return { ...record, units: sealed }
    },
    async incoming(record) {
      const opened = new Map<string, Unit>()
      for (const [readClass, unit] of record.units) {
        const done = await openUnit(ring, record, readClass, unit)
        if (!done.ok) return done
        opened.set(readClass, done.value)
      }
      return ok({ ...record, units: opened })
    },
  }
}

function outlineUnit(ring: KeyRing, record: CausalRecord, readClass: string, unit: Unit): Unit | undefined {
  const keys = ring.lasting(placeOf(record, readClass))
  if (!keys) return undefined
  const cover = coverer(keys, record.id, readClass)
  const registers = new Map<string, readonly Sibling[]>()
  for (const [name, siblings] of unit.registers) {
    registers.set(
      outsideName(keys, name, record),
      siblings.map(({ edit, value }) => ({ edit: cover(edit), value })),
    )
  }
  return { vector: unit.vector, registers }
}

async function sealUnit(ring: KeyRing, record: CausalRecord, readClass: string, unit: Unit): Promise<Unit | undefined> {
  const place = placeOf(record, readClass)
  const keys = ring.lasting(place)
  const key = ring.current(place)
  if (!keys || !key) return undefined
  const cover = coverer(keys, record.id, readClass)
  const registers = await mapRegisters(unit, async (name, siblings) => {
    const { field, member } = parseRegister(name)
    const register = outsideName(keys, name, record)
    const isOpen = isOpenField(record.table, field)
    const sealed = siblings.map(async ({ edit, value }): Promise<Sibling> => {
      const covered = cover(edit)
      if (isOpen) return { edit: covered, value }
      const plain = member === undefined ? { value } : { value, member }
      return {
        edit: covered,
        value: await sealValue(plain, { ...sealPlace(record, readClass), register }, covered, key),
      }
    })
    return [register, await Promise.all(sealed)] as const
  })
  return { vector: unit.vector, registers: new Map(registers) }
}

async function openUnit(
  ring: KeyRing,
  record: CausalRecord,
  readClass: string,
  unit: Unit,
): Promise<Result<Unit, BorderRefusal>> {
  const keys = ring.lasting(placeOf(record, readClass))
  if (!keys) return refusal(`this device has no key for ${record.table} of class ${readClass}`)
  const uncover = coverer(keys, record.id, readClass)
  const opened = await mapRegisters(unit, async (name, siblings) => {
    const inside: Sibling[] = []
    let insideName: string | undefined
    for (const { edit, value } of siblings) {
      const one = await openSibling(ring, record, readClass, name, edit, value)
      if (!one.ok) return one
      if (outsideName(keys, one.value.register, record) !== name) return refusal(`${name} is not what it is called`)
      insideName = one.value.register
      inside.push({ edit: uncover(edit), value: one.value.value })
    }
    return ok([insideName ?? name, inside] as const)
  })
  const registers = new Map<string, readonly Sibling[]>()
  for (const one of opened) {
    if (!one.ok) return one
    registers.set(...one.value)
  }
  return ok({ vector: unit.vector, registers })
}

interface Inside {
  readonly register: string
  readonly value: unknown
}

/** @param edit as it is outside */
async function openSibling(
  ring: KeyRing,
  record: CausalRecord,
  readClass: string,
  register: string,
  edit: Edit,
  envelope: unknown,
): Promise<Result<Inside, BorderRefusal>> {
  const { field } = parseRegister(register)
  if (isOpenField(record.table, field)) return ok({ register, value: envelope })
  const sealed = readSealed(envelope)
  // Whoever has no key could write anything into the open.
  if (!sealed) return refusal(`${field} is not sealed`)
  const key = ring.byId(placeOf(record, readClass), sealed.keyId)
  if (!key) return refusal(`this device does not have the key ${sealed.keyId} of ${field}`)
  const plain = await openValue(sealed.data, { ...sealPlace(record, readClass), register }, edit, key)
  if (!plain) return refusal(`${field} was changed on its way, or sealed with another key`)
  const { value, member } = plain
  const inside = registerName(member === undefined ? { field } : { field, member })
  return inside.length <= MAX_REGISTER_CHARS
    ? ok({ register: inside, value })
    : refusal(`a member of ${field} is too long`)
}

/** All registers at once, in the order that they have: a cipher that works aside is kept busy. */
function mapRegisters<T>(
  { registers }: Unit,
  map: (name: string, siblings: readonly Sibling[]) => Promise<T>,
): Promise<readonly T[]> {
  return Promise.all([...registers].map(([name, siblings]) => map(name, siblings)))
}

/** The record is part of it: who is in two photos must not be seen to be the same person. */
function outsideName(keys: LastingKeys, name: string, { id, table }: CausalRecord): string {
  const { field, member } = parseRegister(name)
  if (member === undefined || isOpenField(table, field)) return name
  const hidden = keys.names(utf8ToBytes(JSON.stringify([id, field, member]))).subarray(0, MEMBER_BYTES)
  return registerName({ field, member: toBase64Url(hidden) })
}

/** Covers the tags of edits, or uncovers covered ones. Most registers of a unit share an edit: each is done once. */
function coverer({ tags }: LastingKeys, recordId: string, readClass: string): (edit: Edit) => Edit {
  const known = new Map<Edit, Edit>()
  return (edit) => {
    const covered = known.get(edit) ?? { ...edit, tag: maskTag(tags, recordId, readClass, edit, edit.tag) }
    known.set(edit, covered)
    return covered
  }
}

function placeOf({ scope, table }: CausalRecord, readClass: string) {
  return { scope, table, readClass }
}

function sealPlace({ id, scope, table, base }: CausalRecord, readClass: string): Omit<SealPlace, 'register'> {
  return { recordId: id, scope, table, base, readClass }
}

function withUnits(record: CausalRecord, map: (readClass: string, unit: Unit) => Unit | undefined): CausalRecord {
  const units = new Map<string, Unit>()
  for (const [readClass, unit] of record.units) {
    const mapped = map(readClass, unit)
    if (mapped) units.set(readClass, mapped)
  }
  return { ...record, units }
}

function refusal(reason: string): { readonly ok: false; readonly error: BorderRefusal } {
  return err({ reason })
}
