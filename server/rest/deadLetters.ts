/**
 * Records that this server could not take, set aside with the reason (`model/sync/quarantine.ts`): shown, tried again under the
 * authority of whoever asks, taken off the list with a copy kept. And those of ours that a peer does not take
 * (`model/sync/refusals.ts`): they stay here, are shown, and offered again if somebody asks.
 */
import { v5 as uuidv5 } from 'uuid'
import { z } from 'zod'
import { decodeRecord } from '../../model/merge/codec.ts'
import { openClaims } from '../../model/sync/ownClaims.ts'
import { type QuarantineEntry, quarantined, removeQuarantined } from '../../model/sync/quarantine.ts'
import { offerAgain, type DeadLetter as Refusal, deadLetters as refusals } from '../../model/sync/refusals.ts'
import { retryQuarantined } from '../../model/sync/retryQuarantined.ts'
import { rulesOf, type View } from '../../model/sync/rules.ts'
import type { Caller, ReplicaStores } from './context.ts'
import { readablePart } from './reading.ts'

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
      letters.push({ ...entry, letterId: uuidv5(`quarantine/${entry.scope}/${entry.id}/${entry.peer}`, NAMESPACE) })
    }
  }
  return letters
}

/** Of a record that somebody does not see they are not told either that it was set aside; of what cannot be read at all, everybody. */
export function isLetterInView({ raw }: DeadLetter, view: View): boolean {
  const decoded = decodeRecord(raw)
  return !decoded.ok || readablePart(decoded.value, view) !== undefined
}

/** Takes the record in, if the caller may write it and nothing else is wrong with it; if not, it stays with the reason. */
export async function retryLetter(
  { changes, state }: ReplicaStores,
  letter: DeadLetter,
  caller: Caller,
): Promise<void> {
  const { team, userId, deviceId, grant } = caller
  const whose = { holder: { userId, deviceId }, claims: await openClaims(changes, caller) }
  await retryQuarantined(letter, { changes, state, rules: rulesOf(grant, team, () => true, whose) })
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
  await removeQuarantined(state, letter)
}

/** One of our records that a peer has refused. */
export interface RefusedRecord extends Refusal {
  /** How the queue names it. */
  readonly letterId: string
}

/** Those that nobody has taken off the list since they were refused last. */
export async function refusedByPeers(
  { changes, state }: Pick<ReplicaStores, 'changes' | 'state'>,
  scopes: readonly string[],
): Promise<readonly RefusedRecord[]> {
  const found: RefusedRecord[] = []
  for (const refusal of await refusals(state, changes.epoch)) {
    if (!scopes.includes(refusal.scope)) continue
    const letterId = uuidv5(`refused/${refusal.peer}/${refusal.id}`, NAMESPACE)
    const seen = takenOff.safeParse(await state.get(`${TAKEN_OFF}${letterId}`)).data
    if (seen === undefined || refusal.attempts > seen.attempts) found.push({ ...refusal, letterId })
  }
  return found
}

const TAKEN_OFF = 'refusal-taken-off/'
const takenOff = z.object({ attempts: z.number() })

/** The record itself stays: it is shown no more that a peer does not take it, until it has refused it again. */
export async function takeOffList(
  { state }: Pick<ReplicaStores, 'state'>,
  { letterId, id, scope, peer, reason, attempts }: RefusedRecord,
  caller: Caller,
  atMs: number,
): Promise<void> {
  const note = { removedBy: caller.userId, removedAt: new Date(atMs).toISOString() }
  await state.set(`${TAKEN_OFF}${letterId}`, { id, scope, peer, reason, attempts, ...note })
}

export async function offerToPeer(
  { changes, state }: Pick<ReplicaStores, 'changes' | 'state'>,
  refused: RefusedRecord,
): Promise<void> {
  await offerAgain(state, changes.epoch, refused)
}
