/**
 * The certificate that a tablet's browser can come to trust. A browser knows nothing of fingerprints in links: it wants a name
 * and an authority. So each team has a name of its own on the local network, and an authority of its own that can vouch for
 * this one name and nothing else, whoever may get hold of its key: a tablet that installs it gives nothing more away. The
 * authority's key follows from the team's own, so whichever laptop takes over as hub is known to the team's tablets.
 *
 * Whoever comes by address, as every install does, is shown the device's own certificate, which is what is pinned.
 */
import 'reflect-metadata'
import { createECDH, type webcrypto } from 'node:crypto'
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
import { teamHost } from '../../model/identity/teamHost.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { fingerprintOf } from '../identity/certificate.ts'
import { derivedFromTeam } from '../identity/ownKeys.ts'

export interface TabletTrust {
  /** Such as `wedsync-1f0c9a7be2.local`, the same for as long as the team lives. */
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
/** Order of the group of P-256 (FIPS 186-5, appendix). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
/** 64 bits more than the order, so that what is left over favours nothing (FIPS 186-5, A.2.1). */
const SEED_BYTES = 40
const SCALAR_BYTES = 32
const DAY_MS = 24 * 3_600_000
const AUTHORITY_DAYS = 3_650
/** Browsers take no certificate that lives longer than 398 days. */
const LEAF_DAYS = 366
/** A tablet whose clock is behind must not take a new certificate for one of the future. */
const BACKDATED_DAYS = 30
const NAME_CONSTRAINTS = '2.5.29.30'

/** The certificate is kept, so that its fingerprint stays what people have compared. Its key is not: it can be made again. */
const storedAuthority = z.object({ certPem: z.string() })

/** A team as one of its hubs knows it. */
export interface HubTeam {
  readonly id: string
  readonly privateKey: string
}

/** @param state where the certificate of the authority is kept */
export async function openTabletTrust(team: HubTeam, state: StateStore, nowMs: number): Promise<TabletTrust> {
  const name = teamHost(team.id)
  const keys = await authorityKeys(team)
  const known = await storedCertificate(state, keys.publicKey)
  const certificate = known ?? (await createAuthority(name, keys, nowMs))
  const certPem = certificate.toString('pem')
  if (!known) await state.set(STATE_KEY, { certPem })
  const der = new Uint8Array(certificate.rawData)
  const authority = { title: titleOf(name), certPem, der, fingerprint: fingerprintOf(Buffer.from(der)) }
  return { name, authority, ...(await issue(name, certificate, keys.privateKey, nowMs)) }
}

function titleOf(name: string): string {
  return `WedSync hub ${name}`
}

/** The authority's private key, the same on every device that holds the team's own key. */
export function authorityKey(team: HubTeam): Required<Pick<webcrypto.JsonWebKey, 'kty' | 'crv' | 'x' | 'y' | 'd'>> {
  const seed = derivedFromTeam(team, 'tablet authority 1', SEED_BYTES)
  const scalar = (BigInt(`0x${Buffer.from(seed).toString('hex')}`) % (P256_ORDER - 1n)) + 1n
  const secret = Buffer.from(scalar.toString(16).padStart(2 * SCALAR_BYTES, '0'), 'hex')
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(secret)
  // A byte that says "not compressed", and the two coordinates (SEC 1, section 2.3.3).
  const point = curve.getPublicKey()
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 1 + SCALAR_BYTES).toString('base64url'),
    y: point.subarray(1 + SCALAR_BYTES).toString('base64url'),
    d: secret.toString('base64url'),
  }
}

async function authorityKeys(team: HubTeam): Promise<webcrypto.CryptoKeyPair> {
  const { d, ...coordinates } = authorityKey(team)
  return {
    publicKey: await crypto.subtle.importKey('jwk', coordinates, KEY_ALGORITHM, true, ['verify']),
    privateKey: await crypto.subtle.importKey('jwk', { ...coordinates, d }, KEY_ALGORITHM, false, ['sign']),
  }
}

/** @returns `undefined` if there is none, or one of another team that this device was in */
async function storedCertificate(
  state: StateStore,
  publicKey: webcrypto.CryptoKey,
): Promise<X509Certificate | undefined> {
  const stored = await state.get(STATE_KEY)
  if (stored === undefined || stored === null) return undefined
  const certificate = new X509Certificate(storedAuthority.parse(stored).certPem)
  const own = Buffer.from(await crypto.subtle.exportKey('spki', publicKey))
  return own.equals(Buffer.from(certificate.publicKey.rawData)) ? certificate : undefined
}

async function createAuthority(name: string, keys: webcrypto.CryptoKeyPair, nowMs: number): Promise<X509Certificate> {
  return X509CertificateGenerator.createSelfSigned({
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
}

async function issue(
  name: string,
  authority: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  nowMs: number,
): Promise<Pick<TabletTrust, 'certPem' | 'keyPem'>> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
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
      new SubjectAlternativeNameExtension([name, `*.${name}`].map((value) => ({ type: 'dns', value }))),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    certPem: `${certificate.toString('pem')}\n${authority.toString('pem')}`,
    keyPem: await pemOf(keys.privateKey),
  }
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
