/** Whose edits are whose: the team's `actors` records, kept at hand as long as nothing in the team's scope changes. */

import { stampTime } from '../../model/merge/clock.ts'
import type { Edit } from '../../model/merge/unit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { recordsIn } from './reading.ts'

export interface Person {
  readonly userId: string
  readonly deviceId: string
  readonly name?: string
}

/** Actor → person. */
export type People = ReadonlyMap<string, Person>

/** Gives the people of a team; loads them again after the team's scope has changed. */
export type PeopleOf = (team: string) => Promise<People>

const MAX_TEAMS = 200

export function peopleOf(changes: ChangeStore): PeopleOf {
  const known = new Map<string, { readonly head: number; readonly people: People }>()
  return async (team) => {
    const head = await changes.head(team)
    const cached = known.get(team)
    if (cached?.head === head) return cached.people
    const people = new Map<string, Person>()
    for await (const record of recordsIn(changes, team, { table: 'actors' })) {
      const { actor, userId, deviceId, personName } = viewRecord(record).data
      if (typeof actor !== 'string' || typeof userId !== 'string' || typeof deviceId !== 'string') continue
      people.set(actor, { userId, deviceId, ...(typeof personName === 'string' && { name: personName }) })
    }
    known.delete(team)
    known.set(team, { head, people })
    const [oldest] = known.keys()
    if (known.size > MAX_TEAMS && oldest !== undefined) known.delete(oldest)
    return people
  }
}

/** Who made an edit, on which device, when; null where this replica does not know. */
export function attribute(
  people: People,
  { actor, stamp }: Pick<Edit, 'actor' | 'stamp'>,
): { readonly by: string | null; readonly device: string | null; readonly at: string } {
  const person = people.get(actor)
  return { by: person?.userId ?? null, device: person?.deviceId ?? null, at: stampTime(stamp) }
}
