import { z } from 'zod'

/** After the hellos: up to where I hold your changes, by scope, in `seq` of your epoch. Streaming starts when it arrives. */
export const resume = z.strictObject({
  type: z.literal('resume'),
  cursors: z.record(z.uuid(), z.number().int().min(0)),
})
