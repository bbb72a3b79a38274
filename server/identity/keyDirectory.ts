/**
 * What the team's records say of keys: who has one to wrap for, who was given what, and who is out. Unsigned ones count for
 * nothing, and that one was deleted takes no key away: anybody could do that.
 */
import { viewRecord } from '../../model/merge/view.ts'
import type { RecordStore } from '../../model/sync/changeStore.ts'
import {
  type DeviceCertificate,
  type KeyGrant,
  nameOfKey,
  readCertificate,
  readGrant,
  type SigningTeam,
} from './keyGrants.ts'

export interface KeyDirectory {
  /** The latest certificate of each device. */
  readonly certificates: ReadonlyMap<string, DeviceCertificate>
  /** What each device itself says of its key (`deviceProof.ts`), unchecked. */
  readonly proofs: ReadonlyMap<string, string>
  readonly grants: readonly KeyGrant[]
  /** When each key was first given to anybody, ms since 1970 UTC, by `nameOfKey`. */
  readonly givenAt: ReadonlyMap<string, number>
  /** When each device was shut out, by device. */
  readonly revokedAt: ReadonlyMap<string, number>
}

export async function readKeyDirectory(
  records: Pick<RecordStore, 'inScope'>,
  team: SigningTeam,
): Promise<KeyDirectory> {
  const table = (name: string) => records.inScope(team.id, { table: name })
  const certificates = new Map<string, DeviceCertificate>()
  const proofs = new Map<string, string>()
  for (const { data } of (await table('device_keys')).map(viewRecord)) {
    if (typeof data.deviceId === 'string' && typeof data.proof === 'string') proofs.set(data.deviceId, data.proof)
    const certificate = typeof data.certificate === 'string' ? readCertificate(data.certificate, team) : undefined
    const known = certificate && certificates.get(certificate.device)
    if (certificate && (known?.issuedAt ?? 0) <= certificate.issuedAt) certificates.set(certificate.device, certificate)
  }
  const grants: KeyGrant[] = []
  const givenAt = new Map<string, number>()
  for (const { data, created } of (await table('wrapped_keys')).map(viewRecord)) {
    const grant = typeof data.grant === 'string' ? readGrant(data.grant, team) : undefined
    if (!grant) continue
    grants.push(grant)
    for (const name of grant.keys.map(nameOfKey))
      givenAt.set(name, Math.min(givenAt.get(name) ?? created.ms, created.ms))
  }
  const revokedAt = new Map<string, number>()
  for (const { data } of (await table('members')).map(viewRecord)) {
    if (typeof data.deviceId !== 'string' || typeof data.revokedAt !== 'string') continue
    revokedAt.set(data.deviceId, Date.parse(data.revokedAt))
  }
  return { certificates, proofs, grants, givenAt, revokedAt }
}
