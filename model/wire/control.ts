import { z } from 'zod'

/** Keeps the line alive, and notices when it is dead although the socket claims to be open. */
export const ping = z.strictObject({ type: z.literal('ping') })
export const pong = z.strictObject({ type: z.literal('pong') })

/** Why the sender is about to close. */
export const failure = z.strictObject({
  type: z.literal('error'),
  code: z.string().max(40),
  message: z.string().max(500),
})

/** The sender stops in good order. */
export const bye = z.strictObject({ type: z.literal('bye') })
