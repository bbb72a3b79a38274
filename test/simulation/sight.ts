/** Whose edits an actor's are, and what each machine's people may see: told by an account that is kept apart from the replicas. */
import type { CausalRecord } from '../../model/merge/record.ts'
import { type Grant, hasOwnRights } from '../../model/roles.ts'
import type { Holder } from '../../model/sync/actorRule.ts'
import { claimsHeld } from '../../model/sync/ownClaims.ts'
import { type View, viewOf } from '../../model/sync/rules.ts'
import { elevenChars } from '../support/memoryReplica.ts'

/** Ends the name of a machine to which the data folder of another one was copied. */
export const COPY = '-copy'

/** Of each actor that was ever given out, the user. */
export type Actors = Map<string, string>

/** A copied data folder is the same person's, on what everybody takes for the same device. */
export function holderOf(machine: string): Holder {
  const name = machine.replace(COPY, '')
  return { userId: name, deviceId: name }
}

/** An actor that nobody has had before. */
export function mintActor(actors: Actors, machine: string): string {
  const actor = elevenChars(`actor${actors.size + 1}`)
  actors.set(actor, holderOf(machine).userId)
  return actor
}

export interface Sight {
  readonly view: View
  /** Who has the same sees the same. */
  readonly key: string
}

/** @param rows of `vendors`, as they are or were */
export function sightOf(machine: string, grant: Grant, actors: Actors, rows: Iterable<CausalRecord>): Sight {
  const { role, vendors = [] } = grant
  if (!hasOwnRights(role)) return { view: viewOf(role), key: role }
  const { userId } = holderOf(machine)
  const own = [...actors].flatMap(([actor, user]) => (user === userId ? [actor] : []))
  const claims = claimsHeld(vendors, own, rows)
  return { view: viewOf(role, (claim) => claims.has(claim)), key: [role, ...claims].join() }
}
