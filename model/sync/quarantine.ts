/** Records that could not be taken: set aside with the reason, shown to people, never deleted, never in the way of others. */
import { z } from 'zod'
import { decodeRecord } from '../merge/codec.ts'
import type { CausalRecord } from '../merge/record.ts'
import { coversAll, EMPTY_VECTOR } from '../merge/vector.ts'
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

/** Which one: a record may be set aside of several peers, and what each of them typed is kept. */
export type QuarantinePlace = Pick<QuarantineEntry, 'scope' | 'id' | 'peer'>

export async function setAside(
  state: StateStore,
  scope: string,
  peer: string,
  refused: ReadonlyMap<string, Setback>,
): Promise<void> {
  if (refused.size === 0) return
  const kept = new Set((await state.list(`${QUARANTINE}${scope}/`)).keys())
  for (const [id, setback] of refused) {
    const key = keyOf({ scope, id, peer })
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
  await change(state, entry, { reason })
}

/** Puts the record away; a copy stays. @returns false if it is not in quarantine */
export async function removeQuarantined(state: StateStore, place: QuarantinePlace): Promise<boolean> {
  return change(state, place, { outcome: 'removed' })
}

/**
 * Records that were taken of a peer are no longer in quarantine. What another one brought of them is another matter, and so is
 * what the peer has taken back since: it stays until the record holds it.
 * @param taken the records as they are now
 */
export async function settleTaken(
  state: StateStore,
  scope: string,
  peer: string,
  taken: ReadonlyMap<string, CausalRecord>,
): Promise<void> {
  for (const [id, record] of taken) {
    const entry = await quarantinedRecord(state, { scope, id, peer })
    if (entry && isHeldIn(entry.raw, record)) await change(state, entry, { outcome: 'taken' })
  }
}

/** The record, if it is in quarantine now. */
export async function quarantinedRecord(
  state: StateStore,
  place: QuarantinePlace,
): Promise<QuarantineEntry | undefined> {
  const found = await find(state, place)
  return found?.entry.outcome ? undefined : found?.entry
}

async function change(
  state: StateStore,
  place: QuarantinePlace,
  news: Partial<Pick<QuarantineEntry, 'reason' | 'outcome'>>,
): Promise<boolean> {
  const found = await find(state, place)
  if (!found || found.entry.outcome) return false
  await state.set(found.key, { ...found.entry, ...news } satisfies QuarantineEntry)
  return true
}

async function find(
  state: StateStore,
  place: QuarantinePlace,
): Promise<{ readonly key: string; readonly entry: QuarantineEntry } | undefined> {
  for (const key of [keyOf(place), earlierKeyOf(place)]) {
    const entry = quarantineEntry.optional().parse(await state.get(key))
    if (entry?.peer === place.peer) return { key, entry }
  }
  return undefined
}

/** What cannot be read at all is settled by whatever comes in its place. */
function isHeldIn(raw: unknown, record: CausalRecord): boolean {
  const decoded = decodeRecord(raw)
  if (!decoded.ok) return true
  return [...decoded.value.units].every(([readClass, { vector }]) =>
    coversAll(record.units.get(readClass)?.vector ?? EMPTY_VECTOR, vector),
  )
}

function keyOf({ scope, id, peer }: QuarantinePlace): string {
  return `${QUARANTINE}${scope}/${peer}/${id}`
}

/** Where an earlier version kept one entry of a record, whoever brought it. */
function earlierKeyOf({ scope, id }: QuarantinePlace): string {
  return `${QUARANTINE}${scope}/${id}`
}
