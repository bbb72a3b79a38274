/**
 * Secrets that let one device in, once. Only their hashes are kept, so reading the database lets nobody in. A used one is
 * kept as used: its second user is told that somebody was faster, which a stranger with a guess is not.
 */
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { toBase64Url } from '../../model/bytes.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { Grant } from '../../model/roles.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { grantSchema } from './grant.ts'

export interface NewJoin extends Grant {
  readonly expiresInSeconds: number
  readonly nowMs: number
}

export interface RedeemError {
  readonly kind: 'unknown' | 'used' | 'expired'
}

const SECRET_BYTES = 32

const joinSchema = z.object({
  ...grantSchema.shape,
  expiresAt: z.number(),
  usedAt: z.number().optional(),
})

/** @returns the secret, which exists nowhere else from here on */
export async function createJoin(
  state: StateStore,
  { role, weddings, expiresInSeconds, nowMs }: NewJoin,
): Promise<string> {
  const secret = toBase64Url(randomBytes(SECRET_BYTES))
  const join = joinSchema.parse({ role, weddings, expiresAt: nowMs + expiresInSeconds * 1_000 })
  await state.set(keyOf(secret), join)
  return secret
}

/** When this resolves with a grant, the secret is on disk as used. Of several at once, one gets it. */
export function redeemJoin(state: StateStore, secret: string, nowMs: number): Promise<Result<Grant, RedeemError>> {
  const key = keyOf(secret)
  return oneAtATime(key, async () => {
    const stored = await state.get(key)
    if (stored === undefined || stored === null) return err({ kind: 'unknown' })
    const join = joinSchema.parse(stored)
    if (join.usedAt !== undefined) return err({ kind: 'used' })
    if (nowMs >= join.expiresAt) return err({ kind: 'expired' })
    await state.set(key, { ...join, usedAt: nowMs })
    return ok({ role: join.role, weddings: join.weddings })
  })
}

function keyOf(secret: string): string {
  return `join/${toBase64Url(createHash('sha256').update(secret).digest())}`
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
