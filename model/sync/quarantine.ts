/** Records that could not be taken: set aside with the reason, shown to people, never deleted, never in the way of others. */
import { z } from 'zod'
import { err, ok, type Result } from '../result.ts'
import type { ChangeStore, StateStore } from './changeStore.ts'
import { receiveChanges } from './inbox.ts'
import type { PeerRules } from './rules.ts'

export const QUARANTINE = 'quarantine/'
/** Of one wedding. A peer that invents records must not fill the disk; it is told about each of them all the same. */
const MAX_QUARANTINED = 1_000

/** A record set aside. */
export const quarantineEntry = z.object({
  id: z.string(),
  scope: z.string(),
  reason: z.string(),
  /** Epoch of the peer that brought it. */
  peer: z.string(),
  /** The record in stored form, or what was sent if it could not be read. */
  raw: z.unknown(),
  /** No longer in quarantine: it was taken after all, or a person has put it away. The copy stays. */
  outcome: z.enum(['taken', 'removed']).optional(),
})

export type QuarantineEntry = z.infer<typeof quarantineEntry>

export interface Setback {
  readonly reason: string
  readonly raw: unknown
}

export async function setAside(
  state: StateStore,
  scope: string,
  peer: string,
  refused: ReadonlyMap<string, Setback>,
): Promise<void> {
  if (refused.size === 0) return
  const kept = new Set((await state.list(`${QUARANTINE}${scope}/`)).keys())
  for (const [id, { reason, raw }] of refused) {
    const key = keyOf(scope, id)
    if (kept.size >= MAX_QUARANTINED && !kept.has(key)) continue
    kept.add(key)
    await state.set(key, { id, scope, reason, peer, raw } satisfies QuarantineEntry)
  }
}

/** What is in quarantine now, of one wedding or of all. */
export async function quarantined(state: StateStore, scope?: string): Promise<readonly QuarantineEntry[]> {
  const entries = await state.list(scope === undefined ? QUARANTINE : `${QUARANTINE}${scope}/`)
  return [...entries.values()].map((entry) => quarantineEntry.parse(entry)).filter(({ outcome }) => !outcome)
}

export type RetryError = { readonly kind: 'not-in-quarantine' } | { readonly kind: 'refused'; readonly reason: string }

/**
 * Tries to take the record once more, because a person asks for it.
 * @param rules of that person: what they may write themselves, they may let in
 */
export async function retryQuarantined(
  { scope, id }: { readonly scope: string; readonly id: string },
  { changes, state, rules }: { changes: ChangeStore; state: StateStore; rules: PeerRules },
): Promise<Result<true, RetryError>> {
  const entry = await entryOf(state, scope, id)
  if (!entry) return err({ kind: 'not-in-quarantine' })
  const message = { type: 'changes' as const, scope, seq: 0, remaining: 0, records: [entry.raw] }
  // Not as from the peer: it is to hear of it, and take it off its own list.
  const { refused, needs } = await receiveChanges(message, { changes, state, rules, peerEpoch: '' })
  const reason = refused[0]?.reason ?? (needs.length > 0 ? 'only a part of the record was sent' : undefined)
  if (reason !== undefined) {
    await state.set(keyOf(scope, id), { ...entry, reason })
    return err({ kind: 'refused', reason })
  }
  await state.set(keyOf(scope, id), { ...entry, outcome: 'taken' })
  return ok(true)
}

/** Puts the record away; a copy stays. @returns false if it is not in quarantine */
export async function removeQuarantined(state: StateStore, scope: string, id: string): Promise<boolean> {
  const entry = await entryOf(state, scope, id)
  if (entry) await state.set(keyOf(scope, id), { ...entry, outcome: 'removed' })
  return entry !== undefined
}

/** Records that were taken are no longer in quarantine. */
export async function settleTaken(state: StateStore, scope: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const entry = await entryOf(state, scope, id)
    if (entry) await state.set(keyOf(scope, id), { ...entry, outcome: 'taken' })
  }
}

async function entryOf(state: StateStore, scope: string, id: string): Promise<QuarantineEntry | undefined> {
  const entry = quarantineEntry.optional().parse(await state.get(keyOf(scope, id)))
  return entry?.outcome ? undefined : entry
}

function keyOf(scope: string, id: string): string {
  return `${QUARANTINE}${scope}/${id}`
}
