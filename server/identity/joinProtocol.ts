/**
 * `POST /api/offline/join`, the one request that needs no token: a device presents a secret and gets its place in the
 * team. What both ends agree on; `admit.ts` is the hub's end, `joinTeam.ts` the device's.
 */
import { z } from 'zod'
import { joinAsk } from '../../model/identity/joinCode.ts'
import { deviceIdSchema } from './certificate.ts'
import { MAX_PROOF_CHARS } from './deviceProof.ts'
import { grantSchema } from './grant.ts'
import { joinSecretSchema } from './joinLink.ts'
import { teamSchema } from './team.ts'
import { MAX_TOKEN_CHARS } from './token.ts'
import { wrappingPublicKeySchema } from './wrapping.ts'

export const JOIN_PATH = '/api/offline/join'

const MAX_NAME_CHARS = 200
/** Of a device or a person. */
export const nameSchema = z.string().trim().min(1).max(MAX_NAME_CHARS)

const applicant = {
  secret: joinSecretSchema,
  deviceName: nameSchema,
  personName: nameSchema,
  /** For a link that waits for its owner's approval. */
  ask: joinAsk.exactOptional(),
}

/** An install is the fingerprint of its certificate; a browser has none and is given an id. */
export const joinRequestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('install'),
    deviceId: deviceIdSchema,
    /** For keys of sealed values; a device without one cannot speak with a cloud. */
    wrappingKey: wrappingPublicKeySchema.exactOptional(),
    /** That the key is this device's own (`deviceProof.ts`). */
    wrappingProof: z.string().max(MAX_PROOF_CHARS).exactOptional(),
    ...applicant,
  }),
  z.object({ kind: z.literal('browser'), ...applicant }),
])

export const joinReplySchema = z.object({
  team: teamSchema,
  userId: z.uuid(),
  deviceId: deviceIdSchema,
  grant: grantSchema,
  token: z.string().max(MAX_TOKEN_CHARS),
  hub: z.object({ deviceId: deviceIdSchema, name: z.string().max(MAX_NAME_CHARS) }),
})

export type JoinRequest = z.infer<typeof joinRequestSchema>
export type JoinReply = z.infer<typeof joinReplySchema>

export type JoinRefusal =
  | 'unknown'
  | 'used'
  | 'expired'
  | 'declined'
  | 'needs-approval'
  | 'busy'
  | 'same-device'
  | 'other-device'
  | 'not-a-hub'

interface RefusalReply {
  readonly status: number
  readonly code: string
  /** Wording of the error body; not part of the contract. */
  readonly error: string
}

/** How a refusal travels: status and body of the answer. The device recognises it by `code`. */
export const JOIN_REFUSALS: Readonly<Record<JoinRefusal, RefusalReply>> = {
  unknown: { status: 403, code: 'JOIN_SECRET_UNKNOWN', error: 'This hub did not make this link' },
  used: { status: 410, code: 'JOIN_SECRET_USED', error: 'This link has been used' },
  expired: { status: 410, code: 'JOIN_SECRET_EXPIRED', error: 'This link has expired' },
  declined: { status: 403, code: 'JOIN_DECLINED', error: 'The owner of the team has declined' },
  'needs-approval': { status: 403, code: 'JOIN_NEEDS_APPROVAL', error: 'Who uses this link has to ask first' },
  busy: { status: 409, code: 'JOIN_BUSY', error: 'Another device is asking with this link' },
  'same-device': { status: 409, code: 'JOIN_SAME_DEVICE', error: 'This link leads to the device itself' },
  'other-device': { status: 403, code: 'JOIN_OTHER_DEVICE', error: 'The certificate shown is not of this device' },
  'not-a-hub': { status: 409, code: 'JOIN_NOT_A_HUB', error: 'This device may not let others in' },
}
