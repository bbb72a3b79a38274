/** The model's queue over what this replica holds. */
import type { People, QueueEntry } from '../../../model/conflicts/entry.ts'
import { groupByOperation, operationIds } from '../../../model/conflicts/operations.ts'
import { conflictQueue, mostUrgentFirst } from '../../../model/conflicts/queue.ts'
import type { ActorName } from '../data/live.ts'
import type { Row } from '../data/row.ts'
import { knownZone } from '../time/local.ts'

interface Held {
  /** The wedding of a record, known without decoding it. */
  readonly scope: string
  readonly table: string
  readonly mayHaveConflicts: boolean
  mentions(operations: ReadonlySet<string>): boolean
  row(): Row | undefined
}

/**
 * Everything that waits for a person in all weddings, the most urgent first.
 * @param held every record of this replica; only those that matter are decoded
 */
export function openEntries(held: readonly Held[], actors: ReadonlyMap<string, ActorName>): readonly QueueEntry[] {
  const people = peopleOf(actors)
  const contested = Map.groupBy(
    held.filter(({ mayHaveConflicts }) => mayHaveConflicts),
    ({ scope }) => scope,
  )
  return [...contested]
    .flatMap(([scope, members]) => {
      const inScope = held.filter((each) => each.scope === scope)
      const rows = rowsOf(members)
      const wedding = rowsOf(inScope.filter(({ table }) => table === 'weddings'))[0]
      const records = new Map([...rows, ...carriers(inScope, rows)].map(({ record }) => [record.id, record]))
      return conflictQueue(records.values(), { people, timeZone: knownZone(wedding?.view.data.timezone) })
    })
    .sort(mostUrgentFirst)
}

/** An action is told with all that it changed, which is more than what is in conflict. */
function carriers(inScope: readonly Held[], contested: readonly Row[]): readonly Row[] {
  const conflicts = contested.flatMap((row) => row.conflicts)
  if (groupByOperation(conflicts).every(({ conflictId }) => conflictId === undefined)) return []
  const operations = operationIds(conflicts)
  return rowsOf(inScope.filter((each) => each.mentions(operations)))
}

function rowsOf(held: readonly Held[]): readonly Row[] {
  return held.map((each) => each.row()).filter((row) => row !== undefined)
}

function peopleOf(actors: ReadonlyMap<string, ActorName>): People {
  return new Map(
    [...actors].map(([actor, { personName, deviceName, deviceId }]) => [
      actor,
      { name: personName, deviceName, deviceId },
    ]),
  )
}
