/** What the cloud is asked by those who have no place in a team yet, or bring one: shapes of the requests and replies. */
import { z } from 'zod'
import { MAX_EPOCH, successionText } from '../identity/team.ts'
import { publicKeySchema } from '../identity/token.ts'

/** `POST /enrol`: the first install makes its team known, with the token of the cloud's ready line. */
export const enrolment = z.object({
  team: z.object({
    id: z.uuid(),
    /** That the team was founded with. */
    publicKey: publicKeySchema,
    /** Of the recovery kit that was made with it. */
    recoveryKey: publicKeySchema.exactOptional(),
    /** How it came to another key since. */
    successions: z.array(successionText).max(MAX_EPOCH).default([]),
  }),
})
export const enrolled = z.object({ team: z.uuid() })

const boxName = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is not the name of a box')

/** `POST /invitations`: a box to be given out once. */
export const invitation = z.object({
  name: boxName,
  box: z.base64url().max(200_000),
  /** ms since 1970 UTC. */
  expiresAt: z.int(),
})
export const invitationKept = z.object({})

/** `POST /join` and `POST /recovery-box`: who comes with the name of a box. */
export const boxRequest = z.object({ name: boxName })
export const invitationReply = z.object({ box: z.string() })
export const recoveryReply = z.object({ box: z.unknown(), grants: z.array(z.unknown()) })
