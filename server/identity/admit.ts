/** The hub's end of joining: turns a secret into a place in the team. */
import { randomBytes, randomUUID } from 'node:crypto'
import { toBase64Url } from '../../model/bytes.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { type Grant, mayServeAsHub } from '../../model/roles.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { Identity } from './identity.ts'
import type { JoinRefusal, JoinReply, JoinRequest } from './joinProtocol.ts'
import { redeemJoin } from './joins.ts'
import type { DeviceCertificate } from './keyGrants.ts'
import { withoutPrivateKeys } from './team.ts'
import { mintFor } from './token.ts'

export interface AdmitContext {
  /** Of the hub. */
  readonly identity: Identity
  /** Where the hub's secrets are. */
  readonly state: StateStore
  readonly nowMs: number
  /** The device whose certificate the applicant showed. */
  readonly presented: string | undefined
}

/** Data of the `members` record that tells the team about the newcomer. */
export interface MemberData {
  readonly deviceId: string
  readonly userId: string
  readonly personName: string
  readonly deviceName: string
  readonly role: Grant['role']
  readonly weddings: Grant['weddings']
}

export interface Admission {
  readonly reply: JoinReply
  /** To be written before the reply is sent. */
  readonly member: MemberData
  /** To be written as well: the key of an install that cannot certify its own. */
  readonly certificate?: DeviceCertificate
  /** That the key in it is the device's own. */
  readonly proof?: string
}

const DEVICE_ID_BYTES = 32

/** A refusal that the secret is not to blame for leaves it unused. */
export async function admit(
  request: JoinRequest,
  { identity, state, nowMs, presented }: AdmitContext,
): Promise<Result<Admission, { readonly kind: JoinRefusal }>> {
  const { id: team, privateKey } = identity.team
  if (privateKey === undefined) return err({ kind: 'not-a-hub' })
  if (request.kind === 'install') {
    if (request.deviceId === identity.deviceId) return err({ kind: 'same-device' })
    if (request.deviceId !== presented) return err({ kind: 'other-device' })
  }
  const redeemed = await redeemJoin(state, request.secret, nowMs)
  if (!redeemed.ok) return redeemed
  const grant = redeemed.value
  const userId = randomUUID()
  const deviceId = request.kind === 'install' ? request.deviceId : toBase64Url(randomBytes(DEVICE_ID_BYTES))
  const mayBecomeHub = request.kind === 'install' && mayServeAsHub(grant)
  const { personName, deviceName } = request
  const wrappingKey = request.kind === 'install' && !mayBecomeHub ? request.wrappingKey : undefined
  const wrappingProof = request.kind === 'install' ? request.wrappingProof : undefined
  return ok({
    reply: {
      team: mayBecomeHub ? identity.team : withoutPrivateKeys(identity.team),
      userId,
      deviceId,
      grant,
      token: mintFor({ team, user: userId, device: deviceId, holder: request.kind, ...grant }, privateKey, nowMs),
      hub: { deviceId: identity.deviceId, name: identity.deviceName },
    },
    member: { deviceId, userId, personName, deviceName, role: grant.role, weddings: grant.weddings },
    ...(wrappingKey !== undefined && {
      certificate: { team, device: deviceId, publicKey: wrappingKey, ...grant, issuedAt: nowMs },
      ...(wrappingProof !== undefined && { proof: wrappingProof }),
    }),
  })
}
