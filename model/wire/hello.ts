import { z } from 'zod'

/**
 * The first message of each side: who I am, what I speak, and, from the side that called, why I may. It is sent before
 * either knows what the other speaks, so its keys stay those of protocol 1; what a later version adds to it is ignored.
 */
export const hello = z.object({
  type: z.literal('hello'),
  /** The highest that I speak. Both go on with the lower of the two. */
  protocol: z.number().int().min(1),
  epoch: z.string().length(11),
  deviceId: z.string().max(100),
  deviceName: z.string().max(200),
  team: z.uuid().nullable(),
  token: z.string().max(4_000).optional(),
  /** My clock as I correct it, ms since 1970 UTC. */
  now: z.number(),
})
