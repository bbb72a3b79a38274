/**
 * Tokens: signed capabilities. Whoever has the team's public key can check one without asking anybody, which is what a
 * hub without internet needs; whoever has the private key can mint them.
 *
 *     ws1.<payload: base64url JSON>.<Ed25519 signature of "ws1.<payload>", base64url>
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { toBase64Url } from '../../model/bytes.ts'
import { canonicalJson } from '../../model/canonicalJson.ts'
import { err, type Result } from '../../model/result.ts'
import type { Grant } from '../../model/roles.ts'
import { deviceIdSchema } from './certificate.ts'
import { grantOf, grantSchema } from './grant.ts'
import {
  claimOf,
  exportPublicKey,
  isPrivateKey,
  isPublicKey,
  readStatement,
  type StatementError,
  signStatement,
} from './signed.ts'

const capabilitySchema = z.object({
  v: z.literal(1),
  /** Of this token. */
  id: z.uuid(),
  team: z.uuid(),
  user: z.uuid(),
  device: deviceIdSchema,
  /** An install proves the device by its certificate. A browser has none: who holds its token is that device. */
  holder: z.enum(['install', 'browser']),
  ...grantSchema.shape,
  /** ms since 1970 UTC, as `expiresAt`. */
  issuedAt: z.int(),
  expiresAt: z.int(),
})

/** Who may do what: this person on this device, in these weddings of the team, until `expiresAt`. */
export type Capability = z.infer<typeof capabilitySchema>

export type Bearer = Pick<Capability, 'team' | 'user' | 'device' | 'holder' | keyof Grant>

export type TokenError = StatementError | { readonly kind: 'expired'; readonly expiredAt: number }

export interface TeamKeys {
  /** SPKI DER, base64url. */
  readonly publicKey: string
  /** PKCS#8 DER, base64url. */
  readonly privateKey: string
}

export const TOKEN_LIFE_MS = 30 * 24 * 3_600_000
/** Whoever meets a hub once a day has a token for 29 days at least; renewing it at every meeting would be of no use. */
const RENEWED_AFTER_MS = 24 * 3_600_000
/** What the first message of a sync connection (`model/wire/hello.ts`) has room for. */
export const MAX_TOKEN_CHARS = 4_000

const VERSION = 'ws1'

export const publicKeySchema = z.string().max(200).refine(isPublicKey, 'not an Ed25519 public key')
export const privateKeySchema = z.string().max(200).refine(isPrivateKey, 'not an Ed25519 private key')

export function createTeamKeys(): TeamKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKey: exportPublicKey(publicKey),
    privateKey: toBase64Url(privateKey.export({ type: 'pkcs8', format: 'der' })),
  }
}

export function mintToken(capability: Capability, privateKey: string): string {
  return signStatement(VERSION, capabilitySchema.parse(capability), privateKey)
}

/** A token for the bearer, valid for {@link TOKEN_LIFE_MS} from now. */
export function mintFor(bearer: Bearer, privateKey: string, nowMs: number): string {
  return mintToken({ v: 1, id: randomUUID(), ...bearer, issuedAt: nowMs, expiresAt: nowMs + TOKEN_LIFE_MS }, privateKey)
}

/** The same place in the team for {@link TOKEN_LIFE_MS} from now; `undefined` while the token is young. */
export function renewToken(
  { team, user, device, holder, issuedAt, ...capability }: Capability,
  privateKey: string,
  nowMs: number,
): string | undefined {
  if (nowMs - issuedAt < RENEWED_AFTER_MS) return undefined
  return mintFor({ team, user, device, holder, ...grantOf(capability) }, privateKey, nowMs)
}

/**
 * Whether a token that a hub sent may take the place of one's own: the team signed it, and it is the same place in the
 * team for longer.
 */
export function isRenewalOf(token: string, own: string, publicKey: string): boolean {
  const [next, known] = [readToken(token, publicKey), readToken(own, publicKey)]
  if (!next.ok || !known.ok) return false
  const place = ({ id: _id, issuedAt: _issued, expiresAt: _expires, ...rest }: Capability) => canonicalJson(rest)
  return place(next.value) === place(known.value) && next.value.expiresAt > known.value.expiresAt
}

/** Checks signature and time. A malformed *key* is a bug and throws. */
export function verifyToken(token: string, publicKey: string, nowMs: number): Result<Capability, TokenError> {
  const read = readToken(token, publicKey)
  if (!read.ok) return read
  const { expiresAt } = read.value
  return nowMs < expiresAt ? read : err({ kind: 'expired', expiredAt: expiresAt })
}

/** What good tokens say, by key and token: a client shows its token with each request, and a signature stays what it is. */
const knownGood = new Map<string, Result<Capability, never>>()
const MAX_KNOWN = 2_000

/** Checks the signature only, for whoever cannot trust its own clock. */
export function readToken(token: string, publicKey: string): Result<Capability, TokenError> {
  if (token.length > MAX_TOKEN_CHARS) return err({ kind: 'malformed' })
  const name = `${publicKey} ${token}`
  const known = knownGood.get(name)
  if (known) return known
  const read = readStatement(VERSION, token, capabilitySchema, publicKey)
  if (!read.ok) return read
  knownGood.set(name, read)
  const [oldest] = knownGood.keys()
  if (knownGood.size > MAX_KNOWN && oldest !== undefined) knownGood.delete(oldest)
  return read
}

const teamClaim = z.object({ team: z.uuid() })

/** The team that a token claims to be of, unverified: it only tells the cloud whose key to check it with. */
export function teamOfToken(token: string): string | undefined {
  if (token.length > MAX_TOKEN_CHARS) return undefined
  return teamClaim.safeParse(claimOf(VERSION, token)).data?.team
}
