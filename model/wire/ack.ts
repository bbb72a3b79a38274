import { z } from 'zod'
import { MAX_CHANGES } from './changes.ts'

/** More than ever wait for their turn. */
export const MAX_BATCHES = 100

const id = z.string().max(100)

/** Your changes of this scope are on my disk up to `seq`, save the ones that I refused. As protocol 1 has it. */
export const plainAck = z.strictObject({
  type: z.literal('ack'),
  scope: z.uuid(),
  seq: z.number().int().min(0),
  refused: z.array(z.strictObject({ id, reason: z.string().max(500) })),
})

export const ack = plainAck.extend({
  /** Deltas of these records build on more than I have seen: send the records whole. */
  needs: z.array(id).max(MAX_CHANGES).optional(),
  /** From the arrival of the changes until now, ms: what is left of the time until this arrives is the line's. */
  tookMs: z.number().min(0).optional(),
  /** Records that I refused and of which I hold nothing that you may read. Since protocol 3. */
  absent: z.array(id).max(MAX_CHANGES).optional(),
  /** So many messages of the scope are answered at once, the last of them with this `seq`; one if absent. Since protocol 4. */
  batches: z.number().int().min(2).max(MAX_BATCHES).optional(),
})
