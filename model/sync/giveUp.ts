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

export type Refusal = Pick<Ack, 'scope' | 'refused' | 'absent'>

export interface GiveUp {
  refused(refusal: Refusal): Promise<GivenUp>
  /**
   * Refusals of records that were not taken to be against our role. That may change: whose edits they are is told by a record of the
   * team, which may have been lost here and come back.
   */
  undecided(): readonly Refusal[]
}

/** The oldest are looked at again in the next session, in which the peer refuses them once more. */
const MAX_UNDECIDED = 1_000

/** For one session with a peer. */
export function openGivingUp(options: TakeOutOptions): GiveUp {
  const { changes, ownEdits } = options
  const givenUp = new Map<string, CausalRecord>()
  const undecided = new Map<string, Refusal>()

  const isInUse = (record: CausalRecord): boolean =>
    [...liveValues(record)].some(({ edit }) => ownEdits.isOwn(edit.actor) && !ownEdits.isRetired(edit.actor))

  const isGivenUp = (record: CausalRecord): boolean => {
    const known = givenUp.get(record.id)
    return known !== undefined && sameRecord(known, record)
  }

  function noteUndecided({ scope, refused, absent = [] }: Refusal, against: ReadonlySet<string>): void {
    for (const each of refused) {
      undecided.delete(each.id)
      if (against.has(each.id)) continue
      undecided.set(each.id, { scope, refused: [each], absent: absent.filter((id) => id === each.id) })
      const [oldest] = undecided.keys()
      if (undecided.size > MAX_UNDECIDED && oldest !== undefined) undecided.delete(oldest)
    }
  }

  return {
    async refused(refusal) {
      const { scope, refused, absent = [] } = refusal
      if (refused.length === 0) return { out: [], held: [] }
      await ownEdits.refresh()
      const records = [...(await changes.records(refused.map(({ id }) => id))).values()]
      const against = records.filter((record) => record.scope === scope && isAgainstRole(record, ownEdits))
      noteUndecided(refusal, new Set(against.map(({ id }) => id)))
      const news = against.filter((record) => !isGivenUp(record))
      for (const record of news) givenUp.set(record.id, record)
      if (news.some(isInUse)) await ownEdits.retire()
      const ids = news.map(({ id }) => id)
      const gone = ids.filter((id) => absent.includes(id))
      const out = gone.length === 0 ? [] : await takeOut(gone, options)
      return { out, held: ids.filter((id) => !absent.includes(id)) }
    },
    undecided: () => [...undecided.values()],
  }
}
