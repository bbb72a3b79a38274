/**
 * What a session does about records that one of the two sides does not take of the other. They are noted, and left out when digests
 * are compared (`refusals.ts`); what is against our own role is given up (`giveUp.ts`); and what was refused and is held by now
 * is offered once more (`overtaken.ts`).
 */
import type { CausalRecord } from '../merge/record.ts'
import type { Ack, Repair } from '../wire/index.ts'
import { MAX_REPAIRED } from '../wire/repair.ts'
import type { ChangeStore, StateStore } from './changeStore.ts'
import { openGivingUp, type Refusal } from './giveUp.ts'
import type { Refused } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import { openOvertaken } from './overtaken.ts'
import { settleTaken } from './quarantine.ts'
import type { Refusals } from './refusals.ts'
import { isAgainstRole, type OwnEdits } from './takeBack.ts'

export interface NotTakenOptions {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly peerEpoch: string
  readonly refusals: Refusals
  /** On the side that called: what people here write and the peer may refuse. */
  readonly ownEdits: OwnEdits | undefined
  /** Known once the peer has said where it stands. */
  readonly outbox: () => Outbox | undefined
  readonly send: (message: Repair) => void
  readonly onRefused: (scope: string, refused: readonly Refused[]) => void
}

export interface NotTaken {
  /** The session begins: what the peer refused before is offered once more. */
  offerDue(): Promise<void>
  /**
   * We have refused these of the records that came.
   * @param ids of all that came, save those that are to come whole
   * @returns records of ours that the peer has refused, and may take now that its own state of them is another one
   */
  byUs(scope: string, ids: readonly string[], refused: readonly Refused[]): Promise<readonly string[]>
  /** @param ids of the records that the ack is about */
  byPeer(ack: Ack, ids: readonly string[]): Promise<void>
  /** Records of the team have come, which may tell that what is still refused is our own. */
  teamChanged(): Promise<void>
}

export function openNotTaken(options: NotTakenOptions): NotTaken {
  const { changes, state, peerEpoch, refusals, ownEdits, outbox, send } = options
  const giveUp = ownEdits && openGivingUp({ changes, state, peerEpoch, ownEdits })
  const overtaken = openOvertaken(changes, { holds: (record) => outbox()?.holds(record) })

  async function note(
    scope: string,
    ids: readonly string[],
    refused: readonly Refused[],
    byPeer: boolean,
  ): Promise<void> {
    const before = refusals.of(scope)
    if (refused.length === 0 && before.size === 0) return // mostly so
    const taken = byPeer ? [] : ids.filter((id) => before.has(id) && !refused.some((each) => each.id === id))
    if (taken.length > 0) await settleTaken(state, scope, peerEpoch, await changes.records(taken))
    await refusals.note(scope, ids, refused, byPeer)
    if (refused.length > 0) options.onRefused(scope, refused)
  }

  async function giveUpRefused(refusal: Refusal): Promise<void> {
    if (!giveUp) return
    const { scope } = refusal
    const { out, held } = await giveUp.refused(refusal)
    if (out.length > 0) await refusals.withdraw(scope, out)
    for (let i = 0; i < held.length; i += MAX_REPAIRED) {
      send({ type: 'repair', scope, ids: held.slice(i, i + MAX_REPAIRED) })
    }
  }

  async function repeatOvertaken({ scope, refused }: Ack): Promise<void> {
    const { again, gone } = await overtaken(scope, refused)
    if (gone.length > 0) await refusals.withdraw(scope, gone)
    outbox()?.sendAgain(scope, again)
  }

  /** Until it is taken back, in each session: a line may be cut between refusal and answer every time. */
  function isOursToTakeBack(record: CausalRecord): boolean {
    return ownEdits !== undefined && isAgainstRole(record, ownEdits)
  }

  return {
    async offerDue() {
      const due = refusals.due()
      for (const [scope, ids] of refusals.ofPeer()) {
        const here = await changes.records(ids)
        // A process that ends just after it has taken them out has not told that they are no longer refused.
        const gone = ids.filter((id) => !here.has(id))
        if (gone.length > 0) await refusals.withdraw(scope, gone)
        const dueHere = new Set(due.get(scope))
        const again = [...here.values()].filter((record) => dueHere.has(record.id) || isOursToTakeBack(record))
        outbox()?.sendAgain(
          scope,
          again.map(({ id }) => id),
        )
      }
    },

    async byUs(scope, ids, refused) {
      const offered = ids.filter(
        (id) => refusals.by(scope, id) === 'peer' && !refused.some((setback) => setback.id === id),
      )
      await note(scope, ids, refused, false)
      return offered
    },

    async byPeer(ack, ids) {
      await note(ack.scope, ids, ack.refused, true)
      await giveUpRefused(ack)
      await repeatOvertaken(ack)
    },

    async teamChanged() {
      for (const refusal of giveUp?.undecided() ?? []) {
        const isStill = refusal.refused.every(({ id }) => refusals.by(refusal.scope, id) === 'peer')
        if (isStill) await giveUpRefused(refusal)
      }
    },
  }
}
