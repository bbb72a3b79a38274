/** `/api/offline/joining`: an install that runs becomes part of another team, at the wish of the person at its window. */
import { z } from 'zod'

const MAX_LINK_CHARS = 2_000
const MAX_NAME_CHARS = 200

export const joiningRequest = z.object({
  link: z.string().max(MAX_LINK_CHARS),
  /** As the others will see it; absent: the name that this install has. */
  personName: z.string().trim().min(1).max(MAX_NAME_CHARS).optional(),
})

export const joiningReply = z.discriminatedUnion('state', [
  z.object({ state: z.literal('idle') }),
  z.object({ state: z.literal('asking') }),
  /** Somebody of the team has to let this device in; `code` is for both screens. */
  z.object({ state: z.literal('waiting'), code: z.string() }),
  /** In; the install is opened again as part of that team. */
  z.object({ state: z.literal('joined') }),
  /** Nothing has changed. */
  z.object({ state: z.literal('failed'), message: z.string() }),
])
export type JoiningState = z.infer<typeof joiningReply>
