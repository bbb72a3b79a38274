/** What spares writing a record down that has just been read: it came in the very form in which it would be written. */
import type { StoredRecord, StoredUnit } from './codec.ts'
import type { CausalRecord } from './record.ts'

/** Edits of a unit that are looked through; one bit each. Few records have more. */
const MOST_EDITS = 30

/**
 * The stored form of a record, if that is how it came. Nothing is built anew but the outermost object, whose keys JSON may bring in any
 * order.
 * @param raw what `record` was decoded from
 * @returns `undefined` where the form is another one, or takes long to tell
 */
export function canonicalForm(raw: unknown, { id, scope, table, base }: CausalRecord): StoredRecord | undefined {
  // The decoder has found it to be one.
  const { actors, units } = raw as StoredRecord
  if (!ascend(actors)) return undefined
  const classes = Object.keys(units)
  if (!ascend(classes) || classes.includes('__proto__')) return undefined
  const all = classes.flatMap((readClass) => units[readClass] ?? [])
  if (!all.every((unit) => isCanonical(unit, actors.length))) return undefined
  // An actor whom no unit counts is left out.
  if (!actors.every((_, i) => all.some(({ v }) => v[i] !== 0))) return undefined
  return { id, scope, table, base, actors, units }
}

function isCanonical(unit: StoredUnit, actors: number): boolean {
  const { v, e, r } = unit
  const keys = Object.keys(unit)
  return keys[0] === 'v' && keys[1] === 'e' && v.length === actors && areInOrder(e) && allUsed(r, e.length)
}

/** Each dot greater than the one before it. What more an edit says may stand in any order, so it is not looked at. */
function areInOrder(edits: StoredUnit['e']): boolean {
  if (edits.length > MOST_EDITS) return false
  let [actorBefore, counterBefore] = [-1, 0]
  for (const [actor, counter, , , more] of edits) {
    if (more !== undefined || actor < actorBefore || (actor === actorBefore && counter <= counterBefore)) return false
    actorBefore = actor
    counterBefore = counter
  }
  return true
}

/** Names and siblings in order, and every edit in one of them. */
function allUsed(registers: StoredUnit['r'], edits: number): boolean {
  let nameBefore = ''
  let used = 0
  for (const name of Object.keys(registers)) {
    const flat = registers[name]
    // That name is passed over when it is read.
    if (flat === undefined || name <= nameBefore || name === '__proto__') return false
    nameBefore = name
    let placeBefore = -1
    for (let i = 0; i < flat.length; i += 2) {
      const place = Number(flat[i])
      if (place <= placeBefore) return false
      placeBefore = place
      used |= 1 << place
    }
  }
  return used === (1 << edits) - 1
}

function ascend(texts: readonly string[]): boolean {
  for (let i = 1; i < texts.length; i++) if ((texts[i - 1] ?? '') >= (texts[i] ?? '')) return false
  return true
}
