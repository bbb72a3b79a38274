/** `GET /api/offline/health`, which needs no token and tells nothing personal. `GET …/status` is `database/status.ts`. */
import { z } from 'zod'

export const healthReply = z.object({
  /** `degraded`: the store does not answer. */
  status: z.enum(['ok', 'degraded']),
  role: z.enum(['local', 'hub', 'cloud']),
  version: z.string(),
  uptimeSeconds: z.number(),
})
export type HealthReply = z.infer<typeof healthReply>
