/** `GET /api/offline/weddings` (`cli.md`). */
import { z } from 'zod'

export const weddingSummary = z.object({
  id: z.uuid(),
  /** Null as long as the wedding's own record has not arrived. At the cloud a sealed name comes as `{$sealed}`. */
  name: z.unknown(),
  date: z.unknown(),
  /** Records that are not deleted, of those that the caller may read. */
  records: z.number().int(),
  /** Equal for two callers with the same role that hold the same. */
  digest: z.string().length(64),
  complete: z.boolean(),
  behindBy: z.number().int(),
  quarantined: z.number().int(),
  peers: z.array(
    z.object({
      deviceId: z.string(),
      kind: z.enum(['hub', 'cloud', 'device']),
      complete: z.boolean(),
      behindBy: z.number().int(),
      /** Of `behindBy`, what is here and still to be sent there. */
      waiting: z.number().int(),
    }),
  ),
})

export const weddingsReply = z.object({ weddings: z.array(weddingSummary) })
export type WeddingsReply = z.infer<typeof weddingsReply>
