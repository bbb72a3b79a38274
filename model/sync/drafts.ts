/**
 * What somebody typed here that their role may not write, and that the hub refused: taken back out of the record, and kept on
 * this device with the reason. It can be made again as a new edit by whoever may; and the hub that refused it has it
 * in its quarantine, from where who may write it lets it in.
 */
import { z } from 'zod'
import { encodeRecord } from '../merge/codec.ts'
import type { CausalRecord } from '../merge/record.ts'
import type { Edit } from '../merge/unit.ts'
import type { StateStore } from './changeStore.ts'

export const DRAFTS = 'draft/'

export const draftSchema = z.object({
  id: z.string(),
  scope: z.string(),
  reason: z.string(),
  /** Epoch of the peer that refused it. */
  peer: z.string(),
  /** The record in stored form, as it was here with what was typed. */
  raw: z.unknown(),
  /** What was typed: values under edits that are in no record any more. */
  fields: z.array(z.string()),
  /** A person has put it away. The copy stays. */
  outcome: z.literal('removed').optional(),
})
export type Draft = z.infer<typeof draftSchema>

export interface NewDraft {
  readonly record: CausalRecord
  /** The latest of what was typed. */
  readonly edit: Edit
  readonly fields: readonly string[]
  readonly reason: string
}

/**
 * The same draft twice is one. What tells two of a record apart is what was typed: the record's own latest edit may be the same in both,
 * by somebody whose clock is ahead.
 */
export async function keepDraft(
  state: StateStore,
  peer: string,
  { record, edit, fields, reason }: NewDraft,
): Promise<void> {
  const { id, scope } = record
  const draft = { id, scope, reason, peer, raw: encodeRecord(record), fields: [...fields] } satisfies Draft
  await state.set(`${DRAFTS}${scope}/${id}/${edit.stamp}${edit.actor}`, draft)
}

/** By key; of one wedding or of all, those that nobody has put away. */
export async function drafts(state: StateStore, scope?: string): Promise<ReadonlyMap<string, Draft>> {
  const entries = await state.list(scope === undefined ? DRAFTS : `${DRAFTS}${scope}/`)
  const kept = [...entries].map(([key, entry]) => [key, draftSchema.parse(entry)] as const)
  return new Map(kept.filter(([, { outcome }]) => !outcome))
}

/** What people at this device are told of its drafts; `undefined` if there are none. */
export async function draftNotice(state: StateStore): Promise<string | undefined> {
  const count = (await drafts(state)).size
  if (count === 0) return undefined
  const what =
    count === 1 ? 'A change that your role does not allow was' : `${count} changes that your role does not allow were`
  return `${what} taken back. What you typed is kept on this device, and at the hub whoever may make the change can let it in.`
}

/** Puts the draft away; a copy stays. */
export async function removeDraft(state: StateStore, key: string, draft: Draft): Promise<void> {
  await state.set(key, { ...draft, outcome: 'removed' } satisfies Draft)
}
