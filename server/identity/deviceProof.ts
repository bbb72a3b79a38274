/**
 * What a device itself says about the key to wrap for it: its certificate, whose SHA-256 is the device's id, and a signature of that
 * certificate's key. Nobody else can say it, also not who holds the key of the team.
 *
 *     <certificate: DER, base64url>.<wrapping key>.<ECDSA P-256 with SHA-256, base64url>
 */
import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto'
import { type Certificate, deviceIdOf, fingerprintOf } from './certificate.ts'
import { wrappingPublicKeySchema } from './wrapping.ts'

export const MAX_PROOF_CHARS = 4_000

export function proveWrappingKey(
  { certPem, keyPem }: Pick<Certificate, 'certPem' | 'keyPem'>,
  wrappingKey: string,
): string {
  const { raw } = new X509Certificate(certPem)
  const signature = sign('sha256', statement(wrappingKey), createPrivateKey(keyPem))
  return [raw.toString('base64url'), wrappingKey, signature.toString('base64url')].join('.')
}

/** @returns the key to wrap for this device; `undefined` if it was not the device that said so */
export function provenWrappingKey(proof: unknown, deviceId: string): string | undefined {
  if (typeof proof !== 'string' || proof.length > MAX_PROOF_CHARS) return undefined
  const [der = '', wrappingKey = '', signature = ''] = proof.split('.')
  const raw = Buffer.from(der, 'base64url')
  if (deviceIdOf(fingerprintOf(raw)) !== deviceId || !wrappingPublicKeySchema.safeParse(wrappingKey).success) {
    return undefined
  }
  const certificate = readCertificate(raw)
  if (certificate === undefined) return undefined
  const isOwn = verify('sha256', statement(wrappingKey), certificate.publicKey, Buffer.from(signature, 'base64url'))
  return isOwn ? wrappingKey : undefined
}

function readCertificate(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined // whatever OpenSSL has against the bytes: anybody may have written them
  }
}

function statement(wrappingKey: string): Buffer {
  return Buffer.from(`wedsync wrapping key of this device: ${wrappingKey}`)
}
