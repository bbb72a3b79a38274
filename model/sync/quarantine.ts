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
    const key = `${QUARANTINE}${scope}/${id}`
    if (kept.size >= MAX_QUARANTINED && !kept.has(key)) continue
    kept.add(key)
    await state.set(key, { id, scope, reason, peer, raw } satisfies QuarantineEntry)
  }
}
