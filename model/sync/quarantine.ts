/** Records that could not be taken: set aside with the reason, shown to people, never deleted, never in the way of others. */
import { z } from 'zod'
import type { StateStore } from './changeStore.ts'

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
  /** The record is as it was outside the border (`border.ts`) that did not let it in: it cannot be joined as it is. */
  outside: z.literal(true).optional(),
  /** No longer in quarantine: it was taken after all, or a person has put it away. The copy stays. */
  outcome: z.enum(['taken', 'removed']).optional(),
})

export type QuarantineEntry = z.infer<typeof quarantineEntry>

export type Setback = Pick<QuarantineEntry, 'reason' | 'raw' | 'outside'>

export async function setAside(
  state: StateStore,
  scope: string,
  peer: string,
  refused: ReadonlyMap<string, Setback>,
): Promise<void> {
  if (refused.size === 0) return
  const kept = new Set((await state.list(`${QUARANTINE}${scope}/`)).keys())
  for (const [id, setback] of refused) {
    const key = keyOf(scope, id)
    if (kept.size >= MAX_QUARANTINED && !kept.has(key)) continue
    kept.add(key)
    await state.set(key, { id, scope, peer, ...setback } satisfies QuarantineEntry)
  }
}

/** What is in quarantine now, of one wedding or of all. */
export async function quarantined(state: StateStore, scope?: string): Promise<readonly QuarantineEntry[]> {
  const entries = await state.list(scope === undefined ? QUARANTINE : `${QUARANTINE}${scope}/`)
  return [...entries.values()].map((entry) => quarantineEntry.parse(entry)).filter(({ outcome }) => !outcome)
}

/** It was tried again, and this is why it stays. */
export async function noteReason(state: StateStore, entry: QuarantineEntry, reason: string): Promise<void> {
  await state.set(keyOf(entry.scope, entry.id), { ...entry, reason })
}

/** Puts the record away; a copy stays. @returns false if it is not in quarantine */
export async function removeQuarantined(state: StateStore, scope: string, id: string): Promise<boolean> {
  const entry = await quarantinedRecord(state, scope, id)
  if (entry) await state.set(keyOf(scope, id), { ...entry, outcome: 'removed' })
  return entry !== undefined
}

/** Records that were taken of a peer are no longer in quarantine. What another one brought of them is another matter. */
export async function settleTaken(
  state: StateStore,
  scope: string,
  peer: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    const entry = await quarantinedRecord(state, scope, id)
    if (entry?.peer === peer) await state.set(keyOf(scope, id), { ...entry, outcome: 'taken' })
  }
}

/** The record, if it is in quarantine now. */
export async function quarantinedRecord(
  state: StateStore,
  scope: string,
  id: string,
): Promise<QuarantineEntry | undefined> {
  const entry = quarantineEntry.optional().parse(await state.get(keyOf(scope, id)))
  return entry?.outcome ? undefined : entry
}

function keyOf(scope: string, id: string): string {
  return `${QUARANTINE}${scope}/${id}`
}
