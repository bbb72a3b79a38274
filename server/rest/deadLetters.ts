/**
 * Records that this server could not take, set aside with the reason (`model/sync/quarantine.ts`): shown, tried again under the
 * authority of whoever asks, taken off the list with a copy kept.
 */
import { v5 as uuidv5 } from 'uuid'
import { type QuarantineEntry, quarantined, removeQuarantined } from '../../model/sync/quarantine.ts'
import { retryQuarantined } from '../../model/sync/retryQuarantined.ts'
import { rulesOf } from '../../model/sync/rules.ts'
import type { Caller, ReplicaStores } from './context.ts'

const NAMESPACE = '4b0b7c0e-7d0e-4f7e-9d54-6c1b7a3f0d11'

export interface DeadLetter extends QuarantineEntry {
  /** How the queue names it. */
  readonly letterId: string
}

const REMOVED = 'removed/'

export async function deadLetters(
  { state }: Pick<ReplicaStores, 'state'>,
  scopes: readonly string[],
): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (const scope of scopes) {
    for (const entry of await quarantined(state, scope)) {
      letters.push({ ...entry, letterId: uuidv5(`quarantine/${entry.scope}/${entry.id}`, NAMESPACE) })
    }
  }
  return letters
}

/** Takes the record in, if the caller may write it and nothing else is wrong with it; if not, it stays with the reason. */
export async function retryLetter(
  { changes, state }: ReplicaStores,
  letter: DeadLetter,
  caller: Caller,
): Promise<void> {
  await retryQuarantined(letter, { changes, state, rules: rulesOf(caller.grant, caller.team, () => true) })
}

export async function removeLetter(
  { state }: ReplicaStores,
  letter: DeadLetter,
  caller: Caller,
  atMs: number,
): Promise<void> {
  const { letterId, ...entry } = letter
  const copy = { ...entry, removedBy: caller.userId, removedAt: new Date(atMs).toISOString() }
  await state.set(`${REMOVED}${letterId}/${atMs}`, copy)
  await removeQuarantined(state, letter.scope, letter.id)
}
