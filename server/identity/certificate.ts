/**
 * The certificate of an install. Nobody signs it but itself: peers know each other by its SHA-256, which travels in the
 * join link, so names, dates and issuers in it decide nothing. They are there for browsers, which look at them.
 */
import 'reflect-metadata'
import { createHash } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { z } from 'zod'
import { toBase64Url } from '../../model/bytes.ts'

export interface Certificate {
  readonly certPem: string
  readonly keyPem: string
  readonly fingerprint: string
}

export interface CertificateOptions {
  /** IP addresses to be named beside 127.0.0.1. */
  readonly ips?: readonly string[]
  readonly nowMs?: number
}

/** SHA-256 of a certificate, URL-safe: what names a device everywhere. */
export const deviceIdSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'not a device id')
export const fingerprintSchema = z.string().regex(/^sha256:[A-Za-z0-9_-]{43}$/, 'not a fingerprint')

const FINGERPRINT_PREFIX = 'sha256:'
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const YEARS_VALID = 20
/** A laptop whose clock is behind must not take a new certificate for one of the future. */
const BACKDATED_MS = 30 * 24 * 3_600_000
/** Upper bound of a common name (RFC 5280, appendix A.1). */
const MAX_COMMON_NAME_CHARS = 64

/** @param name what a person calls this device; it becomes the common name, cut to what fits */
export async function createCertificate(
  name: string,
  { ips = [], nowMs = Date.now() }: CertificateOptions = {},
): Promise<Certificate> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
  const notAfter = new Date(nowMs)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS_VALID)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // Not as text: x509 reads quotes, backslashes and a leading # in it as notation.
    name: new Name([{ CN: [{ utf8String: commonName(name) }] }]),
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter,
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(alternativeNames(ips)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    certPem: certificate.toString('pem'),
    keyPem: PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    fingerprint: fingerprintOf(Buffer.from(certificate.rawData)),
  }
}

/** `sha256:` and the base64url SHA-256 of a certificate's DER form. */
export function fingerprintOf(der: Buffer): string {
  return FINGERPRINT_PREFIX + toBase64Url(createHash('sha256').update(der).digest())
}

/** The device whose certificate has this fingerprint. */
export function deviceIdOf(fingerprint: string): string {
  return fingerprint.slice(FINGERPRINT_PREFIX.length)
}

/** The fingerprint of the certificate of this device. */
export function fingerprintOfDevice(deviceId: string): string {
  return FINGERPRINT_PREFIX + deviceId
}

function alternativeNames(ips: readonly string[]): JsonGeneralName[] {
  const addresses = [...new Set(['127.0.0.1', ...ips])]
  return [
    { type: 'dns', value: 'wedsync.local' },
    { type: 'dns', value: 'localhost' },
    ...addresses.map((value): JsonGeneralName => ({ type: 'ip', value })),
  ]
}

function commonName(name: string): string {
  return [...name.trim()].slice(0, MAX_COMMON_NAME_CHARS).join('') || 'WedSync Hub'
}
