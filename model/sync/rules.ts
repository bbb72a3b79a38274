import type { CausalRecord } from '../merge/record.ts'
import { parseRegister } from '../merge/registers.ts'
import { covers } from '../merge/vector.ts'
import type { Grant } from '../roles.ts'
import { mayEnterWedding, mayRead, mayWrite } from '../roles.ts'

/** What a peer may take part in, read and write. Asked at the door, for every message. */
export interface PeerRules {
  mayEnter(scope: string): boolean | Promise<boolean>
  mayRead(table: string, readClass: string): boolean
  /** Why the peer may not bring this; `undefined` if it may. */
  refusal(incoming: CausalRecord, current: CausalRecord | undefined): string | undefined
}

/** For the side that called: whoever it calls (its hub, its cloud) holds everything of the team anyway. */
export const TRUSTED: PeerRules = {
  mayEnter: () => true,
  mayRead: () => true,
  refusal: () => undefined,
}

/** For the side that was called: what the peer's grant says. */
export function rulesOf(
  grant: Grant,
  team: string,
  isOwnScope: (scope: string) => boolean | Promise<boolean>,
): PeerRules {
  return {
    mayEnter: (scope) => scope === team || (mayEnterWedding(grant, scope) && isOwnScope(scope)),
    mayRead: (table, readClass) => mayRead(grant.role, table, readClass),
    refusal(incoming, current) {
      const fields = newFields(incoming, current)
      if (fields.length === 0) return undefined
      const written = fields.filter((field) => !field.startsWith('$'))
      if (mayWrite(grant.role, incoming.table, written)) return undefined
      return `the role ${grant.role} may not write ${written.join(', ') || 'this'} in ${incoming.table}`
    },
  }
}

/** The fields in which the incoming record has a value that the current one has not seen. */
function newFields(incoming: CausalRecord, current: CausalRecord | undefined): readonly string[] {
  const fields = new Set<string>()
  for (const [readClass, unit] of incoming.units) {
    const seen = current?.units.get(readClass)?.vector ?? new Map()
    for (const [register, siblings] of unit.registers) {
      if (siblings.some(({ edit }) => !covers(seen, edit))) fields.add(parseRegister(register).field)
    }
  }
  return [...fields]
}
