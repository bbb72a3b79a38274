/**
 * The certificate that a tablet's browser can come to trust. A browser knows nothing of fingerprints in links: it wants a name
 * and an authority. So each hub has a name of its own on the local network, and an authority of its own that can vouch for
 * this one name and nothing else, whoever may get hold of its key: a tablet that installs it gives nothing more away.
 *
 * Whoever comes by address, as every install does, is shown the device's own certificate, which is what is pinned.
 */
import 'reflect-metadata'
import { createHash, type webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { fingerprintOf } from '../identity/certificate.ts'

export interface TabletTrust {
  /** Such as `wedsync-1f0c9a7be2.local`, the same for as long as the install lives. */
  readonly name: string
  readonly authority: Authority
  /** Certificate and key for the name, made anew at each start. */
  readonly certPem: string
  readonly keyPem: string
}

export interface Authority {
  /** What the tablet's settings show. */
  readonly title: string
  readonly certPem: string
  readonly der: Uint8Array
  /** `sha256:` and base64url. */
  readonly fingerprint: string
}

const STATE_KEY = 'tablet-authority'
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const NAME_DIGITS = 10
const DAY_MS = 24 * 3_600_000
const AUTHORITY_DAYS = 3_650
/** Browsers take no certificate that lives longer than 398 days. */
const LEAF_DAYS = 366
/** A tablet whose clock is behind must not take a new certificate for one of the future. */
const BACKDATED_DAYS = 30
const NAME_CONSTRAINTS = '2.5.29.30'

const storedAuthority = z.object({ certPem: z.string(), keyPem: z.string() })
type StoredAuthority = z.infer<typeof storedAuthority>

/** The name of a hub on the local network. Says no more than its device id does. */
export function tabletName(deviceId: string): string {
  const digits = createHash('sha256').update(`wedsync tablet name ${deviceId}`).digest('hex').slice(0, NAME_DIGITS)
  return `wedsync-${digits}.local`
}

/** @param state where the authority is kept, in the encrypted database of the install */
export async function openTabletTrust(deviceId: string, state: StateStore, nowMs: number): Promise<TabletTrust> {
  const name = tabletName(deviceId)
  const stored = await state.get(STATE_KEY)
  const known = stored === undefined ? await createAuthority(name, nowMs) : storedAuthority.parse(stored)
  if (stored === undefined) await state.set(STATE_KEY, known)
  const certificate = new X509Certificate(known.certPem)
  const der = new Uint8Array(certificate.rawData)
  const authority = {
    title: titleOf(name),
    certPem: known.certPem,
    der,
    fingerprint: fingerprintOf(Buffer.from(der)),
  }
  return { name, authority, ...(await issue(name, certificate, known, nowMs)) }
}

function titleOf(name: string): string {
  return `WedSync hub ${name}`
}

async function createAuthority(name: string, nowMs: number): Promise<StoredAuthority> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${titleOf(name)}`,
    ...validity(nowMs, AUTHORITY_DAYS),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new Extension(NAME_CONSTRAINTS, true, onlyThisName(name)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certPem: certificate.toString('pem'), keyPem: await pemOf(keys.privateKey) }
}

async function issue(
  name: string,
  authority: X509Certificate,
  { certPem, keyPem }: StoredAuthority,
  nowMs: number,
): Promise<Pick<TabletTrust, 'certPem' | 'keyPem'>> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
  const [pkcs8] = PemConverter.decode(keyPem)
  if (!pkcs8) throw new Error('the stored authority has no key')
  const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, KEY_ALGORITHM, false, ['sign'])
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: authority.subjectName,
    ...validity(nowMs, LEAF_DAYS),
    signingAlgorithm: KEY_ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certPem: `${certificate.toString('pem')}\n${certPem}`, keyPem: await pemOf(keys.privateKey) }
}

function validity(nowMs: number, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(nowMs - BACKDATED_DAYS * DAY_MS), notAfter: new Date(nowMs + days * DAY_MS) }
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

/**
 * RFC 5280, section 4.2.1.10, in DER: of names, this one and what is below it; no IP address of either kind, since a
 * constraint of one kind of name leaves the others open.
 */
function onlyThisName(name: string): Uint8Array<ArrayBuffer> {
  const [SEQUENCE, PERMITTED, EXCLUDED, DNS_NAME, IP_ADDRESS] = [0x30, 0xa0, 0xa1, 0x82, 0x87]
  const [everyIpv4, everyIpv6] = [Buffer.alloc(8), Buffer.alloc(32)]
  const permitted = der(SEQUENCE, der(DNS_NAME, Buffer.from(name)))
  const excluded = Buffer.concat([der(SEQUENCE, der(IP_ADDRESS, everyIpv4)), der(SEQUENCE, der(IP_ADDRESS, everyIpv6))])
  return new Uint8Array(der(SEQUENCE, Buffer.concat([der(PERMITTED, permitted), der(EXCLUDED, excluded)])))
}

/** A value of less than 128 bytes, whose length is one byte. */
function der(tag: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, value.length]), value])
}
