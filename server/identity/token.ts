/**
 * Tokens: signed capabilities. Whoever has the team's public key can check one without asking anybody, which is what a
 * hub without internet needs; whoever has the private key can mint them.
 *
 *     ws1.<payload: base64url JSON>.<Ed25519 signature of "ws1.<payload>", base64url>
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto'
import { z } from 'zod'
import { fromBase64Url, toBase64Url } from '../../model/bytes.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { deviceIdSchema } from './certificate.ts'
import { grantSchema } from './grant.ts'

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

export type Bearer = Pick<Capability, 'team' | 'user' | 'device' | 'holder' | 'role' | 'weddings'>

export type TokenError =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'wrong-signature' }
  | { readonly kind: 'expired'; readonly expiredAt: number }

export interface TeamKeys {
  /** SPKI DER, base64url. */
  readonly publicKey: string
  /** PKCS#8 DER, base64url. */
  readonly privateKey: string
}

export const TOKEN_LIFE_MS = 30 * 24 * 3_600_000
/** What the first message of a sync connection (`model/wire/hello.ts`) has room for. */
export const MAX_TOKEN_CHARS = 4_000

const VERSION = 'ws1'
const SIGNATURE_BYTES = 64

export const publicKeySchema = z.string().max(200).refine(isKey(readPublicKey), 'not an Ed25519 public key')
export const privateKeySchema = z.string().max(200).refine(isKey(readPrivateKey), 'not an Ed25519 private key')

export function createTeamKeys(): TeamKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKey: exportPublicKey(publicKey),
    privateKey: toBase64Url(privateKey.export({ type: 'pkcs8', format: 'der' })),
  }
}

/** The public half of a private key. Throws if it is none. */
export function publicKeyOf(privateKey: string): string {
  return exportPublicKey(createPublicKey(readPrivateKey(privateKey)))
}

export function mintToken(capability: Capability, privateKey: string): string {
  const payload = toBase64Url(Buffer.from(JSON.stringify(capabilitySchema.parse(capability))))
  const signed = `${VERSION}.${payload}`
  return `${signed}.${signAsTeam(signed, privateKey)}`
}

/** Ed25519, base64url. */
export function signAsTeam(text: string, privateKey: string): string {
  return toBase64Url(sign(null, Buffer.from(text), readPrivateKey(privateKey)))
}

/** Whether the team's private key made this signature of the text. */
export function isSignedByTeam(text: string, signature: string, publicKey: string): boolean {
  const bytes = decode(signature)
  return bytes?.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), readPublicKey(publicKey), bytes)
}

/** A token for the bearer, valid for {@link TOKEN_LIFE_MS} from now. */
export function mintFor(bearer: Bearer, privateKey: string, nowMs: number): string {
  return mintToken({ v: 1, id: randomUUID(), ...bearer, issuedAt: nowMs, expiresAt: nowMs + TOKEN_LIFE_MS }, privateKey)
}

/** Checks signature and time. A malformed *key* is a bug and throws. */
export function verifyToken(token: string, publicKey: string, nowMs: number): Result<Capability, TokenError> {
  const read = readToken(token, publicKey)
  if (!read.ok) return read
  const { expiresAt } = read.value
  return nowMs < expiresAt ? read : err({ kind: 'expired', expiredAt: expiresAt })
}

/** Checks the signature only, for whoever cannot trust its own clock. */
export function readToken(token: string, publicKey: string): Result<Capability, TokenError> {
  const parts = splitToken(token)
  if (parts === undefined) return err({ kind: 'malformed' })
  if (!isSignedByTeam(parts.signed, parts.signature, publicKey)) return err({ kind: 'wrong-signature' })
  const capability = capabilitySchema.safeParse(parts.payload)
  return capability.success ? ok(capability.data) : err({ kind: 'malformed' })
}

/** The team that a token claims to be of, unverified: it only tells the cloud whose key to check it with. */
export function teamOfToken(token: string): string | undefined {
  const claim = z.object({ team: z.uuid() }).safeParse(splitToken(token)?.payload)
  return claim.success ? claim.data.team : undefined
}

interface TokenParts {
  readonly signed: string
  readonly payload: unknown
  readonly signature: string
}

function splitToken(token: string): TokenParts | undefined {
  if (token.length > MAX_TOKEN_CHARS) return undefined
  const [version, encoded, signature, ...rest] = token.split('.')
  if (version !== VERSION || encoded === undefined || signature === undefined || rest.length > 0) return undefined
  const bytes = decode(encoded)
  if (bytes === undefined || decode(signature)?.length !== SIGNATURE_BYTES) return undefined
  const payload = parseJson(bytes)
  return payload === undefined ? undefined : { signed: `${version}.${encoded}`, payload, signature }
}

/** Base64url in its one canonical spelling, so that no second text passes for the same token. */
function decode(text: string): Uint8Array | undefined {
  const bytes = fromBase64Url(text)
  return bytes !== undefined && toBase64Url(bytes) === text ? bytes : undefined
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function readPublicKey(text: string): KeyObject {
  return ed25519(createPublicKey({ key: Buffer.from(text, 'base64url'), type: 'spki', format: 'der' }))
}

function readPrivateKey(text: string): KeyObject {
  return ed25519(createPrivateKey({ key: Buffer.from(text, 'base64url'), type: 'pkcs8', format: 'der' }))
}

/** A key of another kind would bring its own algorithm along. */
function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`a team key is Ed25519, not ${key.asymmetricKeyType}`)
  return key
}

function exportPublicKey(key: KeyObject): string {
  return toBase64Url(key.export({ type: 'spki', format: 'der' }))
}

function isKey(read: (text: string) => KeyObject): (text: string) => boolean {
  return (text) => {
    try {
      read(text)
      return true
    } catch {
      // Whatever OpenSSL has against the bytes: they are no such key.
      return false
    }
  }
}
