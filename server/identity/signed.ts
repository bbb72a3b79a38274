/**
 * Statements signed with the team's key: whoever has its public half can check one without asking anybody.
 *
 *     <kind>.<payload: base64url JSON>.<Ed25519 signature of "<kind>.<payload>", base64url>
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { z } from 'zod'
import { fromBase64Url, toBase64Url } from '../../model/bytes.ts'
import { err, ok, type Result } from '../../model/result.ts'

export interface StatementError {
  readonly kind: 'malformed' | 'wrong-signature'
}

const SIGNATURE_BYTES = 64

/** @param kind keeps a statement of one kind from passing for one of another */
export function signStatement(kind: string, payload: unknown, privateKey: string): string {
  const signed = `${kind}.${toBase64Url(Buffer.from(JSON.stringify(payload)))}`
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

/** A malformed *key* is a bug and throws. */
export function readStatement<T>(
  kind: string,
  text: string,
  schema: z.ZodType<T>,
  publicKey: string,
): Result<T, StatementError> {
  const parts = split(kind, text)
  if (parts === undefined) return err({ kind: 'malformed' })
  if (!isSignedByTeam(parts.signed, parts.signature, publicKey)) return err({ kind: 'wrong-signature' })
  const payload = schema.safeParse(parts.payload)
  return payload.success ? ok(payload.data) : err({ kind: 'malformed' })
}

/** What a statement says, unverified. */
export function claimOf(kind: string, text: string): unknown {
  return split(kind, text)?.payload
}

/** The public half of a private key. Throws if it is none. */
export function publicKeyOf(privateKey: string): string {
  return exportPublicKey(createPublicKey(readPrivateKey(privateKey)))
}

/** The 32 bytes that an Ed25519 private key is made from. */
export function seedOf(privateKey: string): Uint8Array<ArrayBuffer> {
  const { d = '' } = readPrivateKey(privateKey).export({ format: 'jwk' })
  return new Uint8Array(Buffer.from(d, 'base64url'))
}

export function exportPublicKey(key: KeyObject): string {
  return toBase64Url(key.export({ type: 'spki', format: 'der' }))
}

export const isPublicKey = isKey(readPublicKey)
export const isPrivateKey = isKey(readPrivateKey)

interface StatementParts {
  readonly signed: string
  readonly payload: unknown
  readonly signature: string
}

function split(kind: string, text: string): StatementParts | undefined {
  const [said, encoded, signature, ...rest] = text.split('.')
  if (said !== kind || encoded === undefined || signature === undefined || rest.length > 0) return undefined
  const bytes = decode(encoded)
  if (bytes === undefined || decode(signature)?.length !== SIGNATURE_BYTES) return undefined
  const payload = parseJson(bytes)
  return payload === undefined ? undefined : { signed: `${kind}.${encoded}`, payload, signature }
}

/** Base64url in its one canonical spelling, so that no second text passes for the same statement. */
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
