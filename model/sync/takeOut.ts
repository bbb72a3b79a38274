/**
 * Taking out what the people of a device created against their role (`takeBack.ts`). The peer has refused the record and holds
 * nothing of it, so there is nothing to put in its place: this replica holds it no longer either, and what was typed is a draft.
 *
 *     here      {V: 2}   a guest "Eda"     V is the actor of this device, whose role may not create guests
 *     the hub   –                          and the record is in its quarantine
 *     after     {}                         draft: the guest. V never writes again: should the hub let V1 and V2 in after all,
 *                                          they come back as they were, and no other edit has their dots
 */
import { type CausalRecord, sameRecord } from '../merge/record.ts'
import type { ChangeStore, StateStore } from './changeStore.ts'
import { keepDraft } from './drafts.ts'
import { type OwnEdits, takeBack } from './takeBack.ts'

export interface TakeOutOptions {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly peerEpoch: string
  readonly ownEdits: OwnEdits
}

/**
 * @param ids records that the peer has refused and of which it holds nothing for us
 * @returns those that are no longer here. The others stay as they are: somebody else has written in them, or does just now
 */
export async function takeOut(
  ids: readonly string[],
  { changes, state, peerEpoch, ownEdits }: TakeOutOptions,
): Promise<readonly string[]> {
  const drafted = new Map<string, CausalRecord>()
  for (const [id, mine] of await changes.records(ids)) {
    const taken = takeBack(mine, undefined, ownEdits)
    if (!taken) continue
    await keepDraft(state, peerEpoch, taken.draft)
    drafted.set(id, mine)
  }
  const out = new Map<string, CausalRecord>()
  await changes.update([...drafted.keys()], (current) => {
    for (const [id, mine] of current) {
      const kept = drafted.get(id)
      // Somebody may have typed more since: then it goes on as any other, and is refused again.
      const taken = kept && sameRecord(mine, kept) ? takeBack(mine, undefined, ownEdits) : undefined
      if (taken) out.set(id, taken.record)
      else out.delete(id)
    }
    // As the peer holds it, which is not at all.
    return [...out.values()].map((record) => ({ record, from: peerEpoch }))
  })
  return [...out.keys()]
}
