import { z } from 'zod'

/** Your changes of this scope are on my disk up to `seq`, save the ones that I refused. */
export const ack = z.strictObject({
  type: z.literal('ack'),
  scope: z.uuid(),
  seq: z.number().int().min(0),
  refused: z.array(z.strictObject({ id: z.string().max(100), reason: z.string().max(500) })),
})
