/** `POST /api/offline/hub` and `POST /api/offline/hub/joins` (`cli.md`). */
import { z } from 'zod'
import { roleName } from '../roles.ts'
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
  expiresInSeconds: z.number().int().min(MIN_SECONDS).max(MAX_SECONDS).default(DAY_SECONDS),
  via: z.enum(['hub', 'cloud']).default('hub'),
})

export const joinReply = z.object({
  /** `wedsync://join?…`, for another install. */
  join: z.string(),
  /** The same as `https://…/#join=…`, for a browser; not through the cloud, which serves no pages. */
  browser: z.string().optional(),
  expiresAt: dateTime,
})
export type JoinReply = z.infer<typeof joinReply>

export const hubReply = z.object({ url: z.string(), fingerprint: z.string() })
export type HubReply = z.infer<typeof hubReply>
