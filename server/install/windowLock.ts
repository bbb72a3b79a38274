/**
 * The lock of this install's window, where its owner has set one: nobody has touched the window for fifteen minutes, and
 * until somebody says the passphrase again the launch secret opens nothing. It keeps out whoever walks past an open laptop; who may
 * start programs under this account can read the key of the database itself (decision 0033).
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'

export const IDLE_MS = 15 * 60_000
const MAX_FAILURES = 5
const PAUSE_MS = 60_000

const STATE_KEY = 'window-lock'
const SALT_BYTES = 16
const HASH_BYTES = 32
/** 32 MB and some 0.1 s for each try (RFC 7914; §2.10 of the contract). */
const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

const stored = z.object({ salt: z.base64url(), hash: z.base64url() })
type Stored = z.infer<typeof stored>

/** `too-many`: wait a minute. */
export type LockRefusal = 'wrong' | 'too-many'

export interface WindowLock {
  isSet(): boolean
  isLocked(): boolean
  /** Sets another passphrase, or with null takes the lock away; who changes one has to know it. */
  set(passphrase: string | null, current: string | undefined): Promise<Result<true, LockRefusal>>
  /** Now, without waiting. False if no lock is set. */
  lock(): boolean
  unlock(passphrase: string): Promise<Result<true, LockRefusal>>
  /** Somebody has touched the window. One that is locked stays so. */
  touch(): void
  /** Tells whoever listens, once, that it has become locked. To be called every second or so. */
  check(): void
}

/**
 * A lock that is set is locked at first: starting the app again must not be a way around it.
 * @param now wall clock, in ms: what a laptop sleeps counts
 */
export async function openWindowLock(state: StateStore, now: () => number, onLocked: () => void): Promise<WindowLock> {
  let known: Stored | undefined = stored.optional().parse((await state.get(STATE_KEY)) ?? undefined)
  let isShut = known !== undefined
  let touchedMs = now()
  let hasTold = isShut
  let failures = 0
  let failedMs = Number.NEGATIVE_INFINITY

  function isLocked(): boolean {
    if (known !== undefined && now() - touchedMs >= IDLE_MS) isShut = true
    return isShut
  }

  function check(): void {
    const told = hasTold
    hasTold = isLocked()
    if (hasTold && !told) onLocked()
  }

  async function tryPassphrase(passphrase: string): Promise<Result<true, LockRefusal>> {
    if (known === undefined) return ok(true)
    if (failures >= MAX_FAILURES && now() - failedMs < PAUSE_MS) return err('too-many')
    // Counted before it is looked at: of many at once no more than these few are.
    failures += 1
    failedMs = now()
    const hash = await hashOf(passphrase, known.salt)
    if (!timingSafeEqual(hash, Buffer.from(known.hash, 'base64url'))) return err('wrong')
    failures = 0
    return ok(true)
  }

  return {
    isSet: () => known !== undefined,
    isLocked,
    async set(passphrase, current) {
      const tried = await tryPassphrase(current ?? '')
      if (!tried.ok) return tried
      const salt = randomBytes(SALT_BYTES).toString('base64url')
      const next =
        passphrase === null ? undefined : { salt, hash: (await hashOf(passphrase, salt)).toString('base64url') }
      await state.set(STATE_KEY, next ?? null)
      known = next
      touchedMs = now()
      return ok(true)
    },
    lock() {
      if (known === undefined) return false
      isShut = true
      check()
      return true
    },
    async unlock(passphrase) {
      const tried = await tryPassphrase(passphrase)
      if (!tried.ok) return tried
      isShut = false
      hasTold = false
      touchedMs = now()
      return tried
    },
    touch() {
      if (!isLocked()) touchedMs = now()
    },
    check,
  }
}

/** For whoever has forgotten the passphrase and may start this program. */
export async function forgetWindowLock(state: StateStore): Promise<void> {
  await state.set(STATE_KEY, null)
}

async function hashOf(passphrase: string, salt: string): Promise<Buffer> {
  const derive = promisify<string, Buffer, number, typeof SCRYPT, Buffer>(scrypt)
  return derive(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64url'), HASH_BYTES, SCRYPT)
}
