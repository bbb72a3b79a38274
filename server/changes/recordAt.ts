/** A record as it was, from the record as it is and what was taken away since. Pure. */
import { z } from 'zod'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import type { Sibling, Unit } from '../../model/merge/unit.ts'
import { compareDots, covers, sameDot, type Vector } from '../../model/merge/vector.ts'
import type { Superseded } from '../../model/sync/changeStore.ts'

/** The vectors of one state of a record, by read class. */
export type Vectors = ReadonlyMap<string, Vector>

/**
 * A value stood in the record then, if its edit had been seen, and nobody had taken it away yet: it stands there now, or
 * a later commit took it away.
 * @param vectors   of the record then
 * @param lostSince what commits after then took away
 */
export function recordAt(current: CausalRecord, vectors: Vectors, lostSince: readonly Superseded[]): CausalRecord {
  const units = new Map<string, Unit>()
  const registers = new Map<string, Map<string, Sibling[]>>()
  for (const [readClass, vector] of vectors) {
    const unit = new Map<string, Sibling[]>()
    registers.set(readClass, unit)
    units.set(readClass, { vector, registers: unit })
  }
  const then = [...liveValues(current), ...lostSince.map(placed)]
  for (const { readClass, register, edit, value } of then) {
    const unit = registers.get(readClass)
    if (!unit || !covers(vectors.get(readClass) ?? new Map(), edit)) continue
    const siblings = unit.get(register) ?? []
    // Taken back once, and come again: the same value twice.
    if (!siblings.some((sibling) => sameDot(sibling.edit, edit))) siblings.push({ edit, value })
    unit.set(
      register,
      siblings.sort((a, b) => compareDots(a.edit, b.edit)),
    )
  }
  return { ...current, units }
}

/** Values of an early version of this program were kept without their tag; such a record can be read and not be sent. */
const NO_TAG = ''

function placed({ readClass, register, value, replacedBy, tag = NO_TAG, ...edit }: Superseded) {
  return { readClass, register, value, edit: { ...edit, tag } }
}

/** Lists of pairs, since a name of a class or actor as a key of an object might be `__proto__`. */
const storedVectors = z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.number()]))]))

export function encodeVectors(record: CausalRecord): string {
  return JSON.stringify([...record.units].map(([readClass, unit]) => [readClass, [...unit.vector]]))
}

/** Throws if the text is not what `encodeVectors` gave: the database is damaged. */
export function decodeVectors(text: string): Vectors {
  const classes = storedVectors.parse(JSON.parse(text))
  return new Map(classes.map(([readClass, counters]) => [readClass, new Map(counters)]))
}
