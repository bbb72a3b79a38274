import { z } from 'zod'

export const MAX_REPAIRED = 1_000

/** We differ in these records. I am sending what I hold of them; send me what you hold. */
export const repair = z.strictObject({
  type: z.literal('repair'),
  scope: z.uuid(),
  ids: z.array(z.string().max(100)).min(1).max(MAX_REPAIRED),
})
