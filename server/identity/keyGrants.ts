/**
 * Keys of sealed values on their way to devices. Both statements are signed with the team's key, so only devices that may
 * serve as hub give keys out, and a cloud that passes the records on can add neither a device nor a key of its own.
 *
 *     certificate   this device reads as that role in those weddings, and unwraps with that key
 *     grant         these keys, wrapped for that device
 */
import { z } from 'zod'
import { epochOfKey, KEY_ID_PATTERN, type KeyEntry, type KeyName, SECRET_BYTES } from '../../model/sealing/keyRing.ts'
import { deviceIdSchema } from './certificate.ts'
import { grantSchema } from './grant.ts'
import { readStatement, signStatement } from './signed.ts'
import { epochOf, type Team } from './team.ts'
import { unwrap, type WrappingKeys, wrapFor, wrappedSchema, wrappingPublicKeySchema } from './wrapping.ts'

const CERTIFICATE = 'wsdc1'
const GRANT = 'wskg1'

const deviceCertificate = z.object({
  team: z.uuid(),
  device: deviceIdSchema,
  publicKey: wrappingPublicKeySchema,
  ...grantSchema.shape,
  /** ms since 1970 UTC. */
  issuedAt: z.int(),
})
export type DeviceCertificate = z.infer<typeof deviceCertificate>

export const keyName = z.object({
  scope: z.uuid(),
  keyId: z.string().regex(KEY_ID_PATTERN),
  readClass: z.string().max(20).exactOptional(),
  table: z.string().max(50).exactOptional(),
})
const keyGrant = z.object({
  team: z.uuid(),
  device: deviceIdSchema,
  keys: z.array(keyName).min(1).max(500),
  /** The secrets of `keys`, one behind the other. */
  wrapped: wrappedSchema,
})
export type KeyGrant = z.infer<typeof keyGrant>

/** The team as whoever checks its statements knows it. */
export type SigningTeam = Pick<Team, 'id' | 'publicKey' | 'successions'>

export function certifyDevice(certificate: DeviceCertificate, teamPrivateKey: string): string {
  return signStatement(CERTIFICATE, deviceCertificate.parse(certificate), teamPrivateKey)
}

/** @returns `undefined` if the team did not sign this */
export function readCertificate(text: string, { id, publicKey }: SigningTeam): DeviceCertificate | undefined {
  const read = readStatement(CERTIFICATE, text, deviceCertificate, publicKey)
  return read.ok && read.value.team === id ? read.value : undefined
}

export function grantKeys(
  { team, device, publicKey }: DeviceCertificate,
  entries: readonly KeyEntry[],
  teamPrivateKey: string,
): string {
  const keys = entries.map(({ secret, ...name }) => name)
  const wrapped = wrapFor(publicKey, contextOf(team, device, keys), Buffer.concat(entries.map(({ secret }) => secret)))
  return signStatement(GRANT, keyGrant.parse({ team, device, keys, wrapped }), teamPrivateKey)
}

/** @returns `undefined` if the team did not sign this, or it has keys that only a later key of the team may make */
export function readGrant(text: string, team: SigningTeam): KeyGrant | undefined {
  const read = readStatement(GRANT, text, keyGrant, team.publicKey)
  if (!read.ok || read.value.team !== team.id) return undefined
  return read.value.keys.every(({ keyId }) => epochOfKey(keyId) <= epochOf(team)) ? read.value : undefined
}

/** @returns `undefined` if it is not for the holder of these keys */
export function openGrant(
  { team, device, keys, wrapped }: KeyGrant,
  own: WrappingKeys,
): readonly KeyEntry[] | undefined {
  const secrets = unwrap(own, contextOf(team, device, keys), wrapped)
  if (secrets?.length !== keys.length * SECRET_BYTES) return undefined
  return keys.map((name, i) => ({
    ...name,
    secret: new Uint8Array(secrets.subarray(i * SECRET_BYTES, (i + 1) * SECRET_BYTES)),
  }))
}

function contextOf(team: string, device: string, keys: readonly KeyName[]): string {
  return JSON.stringify([team, device, keys.map(nameOfKey)])
}

/** One text for each key, to look it up by. */
export function nameOfKey({ scope, keyId, readClass, table }: KeyName): string {
  return JSON.stringify([scope, keyId, readClass ?? null, table ?? null])
}
