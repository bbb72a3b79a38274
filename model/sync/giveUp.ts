/**
 * Giving up what the peer has refused because our own role may not write it (ROL4, ROL5). Once for each state of a record: an edit
 * that comes after is refused again, and given up anew.
 */
import { type CausalRecord, liveValues, sameRecord } from '../merge/record.ts'
import type { Ack } from '../wire/index.ts'
import { isAgainstRole } from './takeBack.ts'
import { type TakeOutOptions, takeOut } from './takeOut.ts'

export interface GivenUp {
  /** Records that are no longer here, since the peer holds nothing of them. */
  readonly out: readonly string[]
  /** Records of which the peer is to be asked what it holds: that is what they become here. */
  readonly held: readonly string[]
}

export type GiveUp = (ack: Pick<Ack, 'scope' | 'refused' | 'absent'>) => Promise<GivenUp>

/** For one session with a peer. */
export function openGivingUp(options: TakeOutOptions): GiveUp {
  const { changes, ownEdits } = options
  const givenUp = new Map<string, CausalRecord>()

  const isInUse = (record: CausalRecord): boolean =>
    [...liveValues(record)].some(({ edit }) => ownEdits.isOwn(edit.actor) && !ownEdits.isRetired(edit.actor))

  const isGivenUp = (record: CausalRecord): boolean => {
    const known = givenUp.get(record.id)
    return known !== undefined && sameRecord(known, record)
  }

  return async ({ scope, refused, absent = [] }) => {
    const records = refused.length === 0 ? [] : [...(await changes.records(refused.map(({ id }) => id))).values()]
    const against = records.filter(
      (record) => record.scope === scope && !isGivenUp(record) && isAgainstRole(record, ownEdits),
    )
    for (const record of against) givenUp.set(record.id, record)
    if (against.some(isInUse)) await ownEdits.retire()
    const ids = against.map(({ id }) => id)
    const gone = ids.filter((id) => absent.includes(id))
    const out = gone.length === 0 ? [] : await takeOut(gone, options)
    return { out, held: ids.filter((id) => !absent.includes(id)) }
  }
}
