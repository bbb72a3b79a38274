/** `PUT /api/offline/presence`, and what a device of ours says of itself. */
import { z } from 'zod'

/** What the screens of this version tell; other versions may tell more, or something else. */
export const presenceState = z.object({
  /** The record whose form is open. */
  editing: z.uuid().optional(),
})
export type PresenceState = z.infer<typeof presenceState>

export const presenceRequest = z.object({
  /** The wedding that the window shows; null: none. */
  weddingId: z.uuid().nullable(),
  state: presenceState,
})

export const presenceReply = z.object({
  devices: z.array(z.object({ deviceId: z.string(), weddingId: z.string(), state: z.unknown() })),
})
export type PresenceReply = z.infer<typeof presenceReply>
