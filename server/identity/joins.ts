/**
 * Secrets that let one device in, once. Only their hashes are kept, so reading the database lets nobody in. A used one is
 * kept as used: its second user is told that somebody was faster, which a stranger with a guess is not.
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { toBase64Url } from '../../model/bytes.ts'
import { invitationId } from '../../model/identity/joinCode.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { Grant } from '../../model/roles.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { grantOf, grantSchema } from './grant.ts'

export interface NewJoin extends Grant {
  readonly expiresInSeconds: number
  readonly nowMs: number
  /** Whether the link itself is the owner's word, which is the rule, or who comes with it has to be let in (`applications.ts`). */
  readonly approval?: 'given' | 'ask'
}

export interface RedeemError {
  readonly kind: 'unknown' | 'used' | 'expired' | 'declined' | 'needs-approval'
}

const SECRET_BYTES = 32
const PREFIX = 'join/'

const applicationSchema = z.object({
  /** Device id of an install, commitment of a browser. */
  applicant: z.string(),
  kind: z.enum(['install', 'browser']),
  personName: z.string(),
  deviceName: z.string(),
  commitment: z.string(),
  hubNonce: z.string(),
  applicantNonce: z.string().exactOptional(),
  askedAt: z.number(),
})
/** Somebody who asks to be let in. */
export type Application = z.infer<typeof applicationSchema>

const joinSchema = z.object({
  ...grantSchema.shape,
  expiresAt: z.number(),
  usedAt: z.number().exactOptional(),
  approval: z.enum(['given', 'ask']).default('given'),
  decision: z.enum(['admitted', 'declined']).exactOptional(),
  application: applicationSchema.exactOptional(),
})
export type Join = z.infer<typeof joinSchema>

/** @returns the secret, which exists nowhere else from here on */
export async function createJoin(
  state: StateStore,
  { expiresInSeconds, nowMs, approval = 'given', ...grant }: NewJoin,
): Promise<string> {
  const secret = toBase64Url(randomBytes(SECRET_BYTES))
  const join = joinSchema.parse({ ...grantOf(grant), expiresAt: nowMs + expiresInSeconds * 1_000, approval })
  await state.set(PREFIX + invitationId(secret), join)
  return secret
}

/** When this resolves with a grant, the secret is on disk as used. Of several at once, one gets it. */
export function redeemJoin(state: StateStore, secret: string, nowMs: number): Promise<Result<Grant, RedeemError>> {
  return changeJoin<Result<Grant, RedeemError>>(state, invitationId(secret), (join) => {
    if (!join) return { result: err({ kind: 'unknown' }) }
    if (join.usedAt !== undefined) return { result: err({ kind: 'used' }) }
    if (join.decision === 'declined') return { result: err({ kind: 'declined' }) }
    if (nowMs >= join.expiresAt) return { result: err({ kind: 'expired' }) }
    if (join.approval === 'ask' && join.decision !== 'admitted') return { result: err({ kind: 'needs-approval' }) }
    return { result: ok(grantOf(join)), join: { ...join, usedAt: nowMs } }
  })
}

/**
 * Looks at one invitation and writes what it becomes; of several at once, one after the other.
 * @param change gets `undefined` for one that nobody made; without a new `join` nothing is written
 */
export function changeJoin<R>(
  state: StateStore,
  joinId: string,
  change: (join: Join | undefined) => { readonly result: R; readonly join?: Join },
): Promise<R> {
  const key = PREFIX + joinId
  return oneAtATime(key, async () => {
    const { result, join } = change(readJoin(await state.get(key)))
    if (join) await state.set(key, join)
    return result
  })
}

/** Ends every invitation that could still be used. */
export async function closeJoins(state: StateStore): Promise<void> {
  for (const joinId of (await joinsIn(state)).keys()) {
    await changeJoin(state, joinId, (join) => ({
      result: undefined,
      ...(join && join.usedAt === undefined && { join: { ...join, decision: 'declined' } }),
    }))
  }
}

/** By id. */
export async function joinsIn(state: StateStore): Promise<ReadonlyMap<string, Join>> {
  const stored = [...(await state.list(PREFIX))]
  return new Map(stored.map(([key, value]) => [key.slice(PREFIX.length), joinSchema.parse(value)]))
}

function readJoin(stored: unknown): Join | undefined {
  return stored === undefined || stored === null ? undefined : joinSchema.parse(stored)
}

/** The last redemption of each secret that is under way; settles without a value. */
const underWay = new Map<string, Promise<void>>()

function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const result = (underWay.get(key) ?? Promise.resolve()).then(work)
  const done = (): void => {
    if (underWay.get(key) === settled) underWay.delete(key)
  }
  // Whoever asked gets the failure through `result`; the next in line only waits.
  const settled = result.then(done, done)
  underWay.set(key, settled)
  return result
}
