/**
 * Refusals that were overtaken. The peer refuses a record for what it does not hold of it; before its word is here it may have come by
 * the record from somebody else and told us so, or we may have taken back what it refuses (`giveUp.ts`). Either way it holds all
 * that we hold by now. Offered once more it takes the record, and both count it again; nothing else would bring that about, since a
 * record that is refused is left out of digests.
 */
import { type CausalRecord, sameRecord } from '../merge/record.ts'
import type { ChangeStore } from './changeStore.ts'
import { hasSeenAll, type PeerKnowledge, type Refused } from './inbox.ts'

export interface Overtaken {
  /** Records to offer again, each state of one once. */
  readonly again: readonly string[]
  /** Records that were taken out meanwhile: there is nothing here to refuse. */
  readonly gone: readonly string[]
}

/** For one session with a peer. */
export function openOvertaken(
  changes: Pick<ChangeStore, 'records'>,
  knowledge: Pick<PeerKnowledge, 'holds'>,
): (scope: string, refused: readonly Refused[]) => Promise<Overtaken> {
  const offered = new Map<string, CausalRecord>()

  const isHeld = (record: CausalRecord): boolean => {
    const held = knowledge.holds(record)
    return held !== undefined && hasSeenAll(held, record)
  }

  const isKnown = (record: CausalRecord): boolean => {
    const known = offered.get(record.id)
    return known !== undefined && sameRecord(known, record)
  }

  return async (scope, refused) => {
    if (refused.length === 0) return { again: [], gone: [] }
    const ids = refused.map(({ id }) => id)
    const records = await changes.records(ids)
    const again = [...records.values()].filter((record) => record.scope === scope && !isKnown(record) && isHeld(record))
    for (const record of again) offered.set(record.id, record)
    return { again: again.map(({ id }) => id), gone: ids.filter((id) => !records.has(id)) }
  }
}
