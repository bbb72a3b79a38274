import { z } from 'zod'

/** The first message of each side: who I am, what I speak, and, from the side that called, why I may. */
export const hello = z.strictObject({
  type: z.literal('hello'),
  protocol: z.number().int().min(1),
  epoch: z.string().length(11),
  deviceId: z.string().max(100),
  deviceName: z.string().max(200),
  team: z.uuid().nullable(),
  token: z.string().max(4_000).optional(),
  /** Wall clock, ms since 1970 UTC. */
  now: z.number(),
})
