/** A record that was set aside, tried once more. */
import { err, ok, type Result } from '../result.ts'
import type { ChangeStore, StateStore } from './changeStore.ts'
import { joinChanges } from './inbox.ts'
import { noteReason, type QuarantinePlace, quarantinedRecord, settleTaken } from './quarantine.ts'
import type { PeerRules } from './rules.ts'

export type RetryError = { readonly kind: 'not-in-quarantine' } | { readonly kind: 'refused'; readonly reason: string }

/**
 * Tries to take the record once more, because a person asks for it. One that waits outside for a key stays there: it is
 * asked of its peer by itself when there are other keys (`Refusals.shut`).
 * @param rules of that person: what they may write themselves, they may let in
 */
export async function retryQuarantined(
  place: QuarantinePlace,
  { changes, state, rules }: { changes: ChangeStore; state: StateStore; rules: PeerRules },
): Promise<Result<true, RetryError>> {
  const entry = await quarantinedRecord(state, place)
  if (!entry) return err({ kind: 'not-in-quarantine' })
  if (entry.outside) return err({ kind: 'refused', reason: entry.reason })
  const { scope, id } = place
  const message = { type: 'changes' as const, scope, seq: 0, remaining: 0, records: [entry.raw] }
  // Not as from the peer: it is to hear of it, and take it off its own list.
  const { setbacks, needs } = await joinChanges(message, { changes, state, rules, peerEpoch: '' })
  const [setback] = setbacks.values()
  const reason = setback?.reason ?? (needs.length > 0 ? 'only a part of the record was sent' : undefined)
  if (reason !== undefined) {
    await noteReason(state, entry, reason)
    return err({ kind: 'refused', reason })
  }
  await settleTaken(state, scope, entry.peer, await changes.records([id]))
  return ok(true)
}
