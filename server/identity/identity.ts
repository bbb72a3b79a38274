/** Who this install is: its certificate, its person, its team, and what it may do there. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { createCertificate, deviceIdOf, deviceIdSchema, fingerprintSchema } from './certificate.ts'
import { grantSchema } from './grant.ts'
import { type JoinReply, nameSchema } from './joinProtocol.ts'
import { teamSchema } from './team.ts'
import { createTeamKeys, mintFor } from './token.ts'

export const identitySchema = z
  .object({
    deviceId: deviceIdSchema,
    deviceName: nameSchema,
    certPem: z.string(),
    keyPem: z.string(),
    fingerprint: fingerprintSchema,
    userId: z.uuid(),
    personName: nameSchema,
    team: teamSchema,
    grant: grantSchema,
    token: z.string(),
  })
  .readonly()

export type Identity = z.infer<typeof identitySchema>

export interface NewIdentity {
  readonly deviceName: string
  readonly personName: string
  readonly nowMs: number
  /** Of the recovery kit of the team that is founded. */
  readonly recoveryKey?: string
}

const STATE_KEY = 'identity'

/** @returns `undefined` before the first start. Throws if what is stored is not an identity. */
export async function loadIdentity(state: StateStore): Promise<Identity | undefined> {
  const stored = await state.get(STATE_KEY)
  if (stored === undefined || stored === null) return undefined
  const identity = identitySchema.safeParse(stored)
  if (identity.success) return identity.data
  // Names of fields only: the values are keys and tokens.
  const fields = identity.error.issues.map((issue) => issue.path.join('.') || 'all of it')
  throw new Error(`the stored identity is malformed: ${fields.join(', ')}`)
}

export async function saveIdentity(state: StateStore, identity: Identity): Promise<void> {
  await state.set(STATE_KEY, identity)
}

/** A new install is the owner of a new team of one. */
export async function createIdentity({ deviceName, personName, nowMs, recoveryKey }: NewIdentity): Promise<Identity> {
  const certificate = await createCertificate(deviceName, { nowMs })
  const identity = identitySchema.parse({
    ...certificate,
    deviceId: deviceIdOf(certificate.fingerprint),
    deviceName,
    userId: randomUUID(),
    personName,
    team: { id: randomUUID(), ...createTeamKeys(), ...(recoveryKey !== undefined && { recoveryKey }) },
    grant: { role: 'owner', weddings: 'all' },
    token: '',
  })
  return renewOwnToken(identity, nowMs)
}

/** A fresh token for this install itself, if it can mint one; else it keeps the one it has, which a hub renews. */
export function renewOwnToken(identity: Identity, nowMs: number): Identity {
  const { team, userId: user, deviceId: device, grant } = identity
  if (team.privateKey === undefined) return identity
  return {
    ...identity,
    token: mintFor({ team: team.id, user, device, holder: 'install', ...grant }, team.privateKey, nowMs),
  }
}

/** The same device in the team that it joined. Its former team and user are gone; its records are the caller's. */
export function adoptTeam(identity: Identity, { team, userId, deviceId, grant, token }: JoinReply): Identity {
  if (deviceId !== identity.deviceId) throw new Error(`the reply is for device ${deviceId}, not ${identity.deviceId}`)
  return { ...identity, userId, team, grant, token }
}
