import { z } from 'zod'

export const MAX_PRESENT = 200
/** Of one device's state as JSON. */
export const MAX_PRESENCE_CHARS = 2_000

/**
 * Who is here just now, on which device, doing what. Passed on from peer to peer, kept in memory only. Since protocol 2.
 */
export const presence = z.strictObject({
  type: z.literal('presence'),
  devices: z
    .array(
      z.strictObject({
        deviceId: z.string().max(100),
        /** Counts the statements of this device; of two the higher one holds. */
        nth: z.number().int().min(0),
        /** The wedding that it is about: told to those only who take part in it. */
        scope: z.uuid(),
        /** `null`: gone. */
        state: z.unknown(),
      }),
    )
    .min(1)
    .max(MAX_PRESENT),
})
