/**
 * Refusals that were overtaken. The peer refuses a record for what it does not hold of it; before its word is here it may have come by
 * the record from somebody else and told us so, or we may have taken back what it refuses (`giveUp.ts`). Either way it holds all
 * that we hold by now. Offered once more it takes the record, and both count it again; nothing else would bring that about, since a
 * record that is refused is left out of digests.
 */
import type { Vectors } from '../merge/delta.ts'
import { type CausalRecord, sameRecord } from '../merge/record.ts'
import type { ChangeStore } from './changeStore.ts'
import { hasSeenAll, type PeerKnowledge, type Refused } from './inbox.ts'

/** @returns records to offer again, each state of one once */
export type Overtaken = (scope: string, refused: readonly Refused[]) => Promise<readonly string[]>

/** For one session with a peer. */
export function openOvertaken(
  changes: Pick<ChangeStore, 'records'>,
  knowledge: Pick<PeerKnowledge, 'holds'>,
): Overtaken {
  const offered = new Map<string, CausalRecord>()

  const isHeld = (record: CausalRecord): boolean => {
    const held: Vectors | undefined = knowledge.holds(record)
    return held !== undefined && hasSeenAll(held, record)
  }

  const isKnown = (record: CausalRecord): boolean => {
    const known = offered.get(record.id)
    return known !== undefined && sameRecord(known, record)
  }

  return async (scope, refused) => {
    if (refused.length === 0) return []
    const records = [...(await changes.records(refused.map(({ id }) => id))).values()]
    const again = records.filter((record) => record.scope === scope && !isKnown(record) && isHeld(record))
    for (const record of again) offered.set(record.id, record)
    return again.map(({ id }) => id)
  }
}
