/** `/api/offline/hub`: the switch, and `POST /hub/joins` (`cli.md`). */
import { z } from 'zod'
import { MAX_OWN_VENDORS, ROLES, roleName } from '../roles.ts'
import { dateTime } from './common.ts'

const DAY_SECONDS = 86_400
const MIN_SECONDS = 60
const MAX_SECONDS = 30 * DAY_SECONDS
/** As many as fit into a token. */
const MAX_WEDDINGS = 60

export const joinRequest = z.object({
  role: roleName.default('planner'),
  /** Absent: all that the caller may give, future ones too. */
  weddings: z
    .union([
      z.literal('all'),
      z
        .array(z.uuid().transform((id) => id.toLowerCase()))
        .min(1)
        .max(MAX_WEDDINGS),
    ])
    .optional(),
  /** Only with the role vendor: the rows of `vendors` that are its own. */
  vendors: z
    .array(z.uuid().transform((id) => id.toLowerCase()))
    .min(1)
    .max(MAX_OWN_VENDORS)
    .optional(),
  expiresInSeconds: z.number().int().min(MIN_SECONDS).max(MAX_SECONDS).default(DAY_SECONDS),
  via: z.enum(['hub', 'cloud']).default('hub'),
  /** `ask`: who comes with the link waits until somebody of the team lets them in (`POST /hub/joins/:joinId`). */
  approval: z.enum(['given', 'ask']).default('given'),
})

export const joinReply = z.object({
  /** Names the invitation in `GET /hub/joins`; not through the cloud. */
  joinId: z.string().optional(),
  /** `wedsync://join?…`, for another install. */
  join: z.string(),
  /** The same as `https://…/#join=…`, for a browser; not through the cloud, which serves no pages. */
  browser: z.string().optional(),
  expiresAt: dateTime,
})
export type JoinReply = z.infer<typeof joinReply>

export const hubReply = z.object({ url: z.string(), fingerprint: z.string() })
export type HubReply = z.infer<typeof hubReply>

/** How this install stands to being the hub. */
export const hubState = z.object({
  serving: z.boolean(),
  /** Whether what it was given lets it be a hub at all. */
  mayServe: z.boolean(),
  /** Whether it becomes the hub by itself when the hub is gone. */
  takesOver: z.boolean(),
  /** Of a hub: where others reach it, and the certificate by which they know it. */
  url: z.string().optional(),
  fingerprint: z.string().optional(),
})
export type HubState = z.infer<typeof hubState>

export const hubSettings = z.object({ takesOver: z.boolean() })

/** An invitation that can still be used. */
export const joinEntry = z.object({
  joinId: z.string(),
  role: z.enum(ROLES),
  weddings: z.union([z.literal('all'), z.array(z.uuid())]),
  vendors: z.array(z.uuid()).optional(),
  approval: z.enum(['given', 'ask']),
  expiresAt: dateTime,
  /** Who asks to be let in with it, and the code that their screen shows. */
  asking: z
    .object({
      personName: z.string(),
      deviceName: z.string(),
      kind: z.enum(['install', 'browser']),
      code: z.string(),
      askedAt: dateTime,
    })
    .optional(),
})
export type JoinEntry = z.infer<typeof joinEntry>

export const joinsReply = z.object({ joins: z.array(joinEntry) })

export const joinParams = z.object({ joinId: z.string().max(100) })

/** To let in takes the code: whoever asks by now may be somebody else. Declining ends the invitation, asked or not. */
export const joinDecision = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('admit'), code: z.string().max(20) }),
  z.object({ decision: z.literal('decline') }),
])
export type JoinDecision = z.infer<typeof joinDecision>
