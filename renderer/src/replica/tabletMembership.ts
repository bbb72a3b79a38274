/** A tablet's place in the team, as it is kept beside its records. */
import type { RxCollection } from 'rxdb'
import { z } from 'zod'
import { toBase64Url } from '../../../model/bytes.ts'
import type { RecordDocument } from '../../../model/database/recordSchema.ts'
import type { StateStore } from '../../../model/sync/changeStore.ts'
import { membership, pageApi } from './api.ts'
import { stateStore } from './stateCollection.ts'
import { openTabletDatabase } from './tabletDatabase.ts'

const saved = membership.extend({
  personName: z.string(),
  deviceName: z.string(),
  /** Of the hub, as the link named it. */
  fingerprint: z.string().optional(),
})
export type Membership = z.infer<typeof saved>

export interface Stores {
  readonly records: RxCollection<RecordDocument>
  readonly state: StateStore
}

/** Set once the hub has said that this place is no longer good, until another is taken. */
export const SHUT_OUT = 'shutOut'
/** Set once the hub has said that the team has another key by now. */
export const KEY_REPLACED = 'keyReplaced'

export async function openStores(): Promise<Stores> {
  const { records, state } = await openTabletDatabase()
  // Browsers may clear data under pressure unless they are asked not to; they may say no, and the hub has a copy.
  await navigator.storage?.persist?.()
  return { records, state: stateStore(state) }
}

export async function knownMembership(state: StateStore): Promise<Membership | undefined> {
  return saved.optional().parse(await state.get('membership'))
}

/** Edits from now on are those of another member, also on a tablet that was in the team before. */
export async function becomeMember(state: StateStore, member: Membership): Promise<void> {
  await state.set('epoch', newEpoch())
  await state.set('actor', null)
  await state.set('membership', member)
  await state.set(SHUT_OUT, null)
  await state.set(KEY_REPLACED, null)
}

export async function keepToken(state: StateStore, member: Membership, token: string): Promise<void> {
  await state.set('membership', { ...member, token } satisfies Membership)
}

/** Whether the hub says that this place is no longer good. One that does not answer says nothing. */
export async function isOut({ token }: Membership): Promise<boolean> {
  const answer = await pageApi(token).devices()
  return !answer.ok && answer.error.kind === 'refused' && OUT.has(answer.error.status)
}

/** Unauthenticated: the token has run out; forbidden: the device was shut out. */
const OUT: ReadonlySet<number> = new Set([401, 403])

export async function epochOf(state: StateStore): Promise<string> {
  const known = z
    .string()
    .optional()
    .parse(await state.get('epoch'))
  const epoch = known ?? newEpoch()
  if (known === undefined) await state.set('epoch', epoch)
  return epoch
}

/** 11 characters that no store and no actor had before. */
export function newEpoch(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(8)))
}
