import type { CausalRecord } from '../merge/record.ts'
import { parseRegister } from '../merge/registers.ts'
import { EMPTY_UNIT, type Unit } from '../merge/unit.ts'
import { covers, coversAll, sameDot } from '../merge/vector.ts'
import type { Grant } from '../roles.ts'
import { mayEnterWedding, mayRead, mayServeAsHub, mayWrite } from '../roles.ts'

/** What a peer may take part in, read and write. Asked at the door, for every message. */
export interface PeerRules {
  mayEnter(scope: string): boolean | Promise<boolean>
  mayRead(table: string, readClass: string): boolean
  /** Whether the peer brings what others have told it, as a hub does; else it speaks for itself alone. */
  readonly passesOn: boolean
  /** Why the peer may not bring this; `undefined` if it may. */
  refusal(incoming: CausalRecord, current: CausalRecord | undefined): string | undefined
}

/** A peer that was let in. */
export interface Accepted extends PeerRules {
  /** What it is to come with from now on, in place of the token that it came with. */
  readonly renewedToken?: string
}

/** For the side that called: whoever it calls (its hub, its cloud) holds everything of the team anyway. */
export const TRUSTED: PeerRules = {
  mayEnter: () => true,
  mayRead: () => true,
  passesOn: true,
  refusal: () => undefined,
}

/** For the side that was called: what the peer's grant says. */
export function rulesOf(
  grant: Grant,
  team: string,
  isOwnScope: (scope: string) => boolean | Promise<boolean>,
): PeerRules {
  // A device that may serve as hub also passes on what others were admitted with.
  const passesOn = mayServeAsHub(grant)
  return {
    mayEnter: (scope) => scope === team || (mayEnterWedding(grant, scope) && isOwnScope(scope)),
    mayRead: (table, readClass) => mayRead(grant.role, table, readClass),
    passesOn,
    refusal(incoming, current) {
      const { table } = incoming
      const fields = new Set<string>()
      for (const [readClass, unit] of incoming.units) {
        const changed = changedFields(unit, current?.units.get(readClass) ?? EMPTY_UNIT)
        if (!changed) return 'the record counts edits that it does not hold'
        if (!passesOn && changed.length > 0 && !mayRead(grant.role, table, readClass)) {
          return `the role ${grant.role} may not write what it may not read in ${table}`
        }
        for (const field of changed) fields.add(field)
      }
      if (passesOn) return undefined
      const written = [...fields].filter((field) => !field.startsWith('$'))
      if (written.length < fields.size && !mayWrite(grant.role, table, [])) {
        return `the role ${grant.role} may not create or delete in ${table}`
      }
      if (written.length === 0 || mayWrite(grant.role, table, written)) return undefined
      return `the role ${grant.role} may not write ${written.join(', ')} in ${table}`
    },
  }
}

/**
 * The fields that a join would change: those with a value that we have not seen, and those of which it would take away a
 * value that we hold. `undefined` if a vector has grown without any new value, which no edit brings about: it would make
 * edits vanish that are still to be written.
 */
function changedFields(incoming: Unit, current: Unit): readonly string[] | undefined {
  const fields = new Set<string>()
  for (const [register, siblings] of incoming.registers) {
    if (siblings.some(({ edit }) => !covers(current.vector, edit))) fields.add(parseRegister(register).field)
  }
  if (fields.size === 0 && !coversAll(current.vector, incoming.vector)) return undefined
  for (const [register, siblings] of current.registers) {
    const theirs = incoming.registers.get(register) ?? []
    const dropped = siblings.some(
      ({ edit }) => covers(incoming.vector, edit) && !theirs.some((sibling) => sameDot(sibling.edit, edit)),
    )
    if (dropped) fields.add(parseRegister(register).field)
  }
  return [...fields]
}
