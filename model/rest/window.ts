/** `GET /api/offline/window`: what the window of an install needs to know before it opens the database. */
import { z } from 'zod'
import { errorReply } from './error.ts'
import { route } from './route.ts'

export const windowReply = z.object({
  team: z.uuid(),
  userId: z.uuid(),
  deviceId: z.string(),
  /** Under which the window writes. */
  actor: z.string().length(11),
})

export const windowInfo = route({
  method: 'GET',
  path: '/window',
  summary: 'For the window that this install opened, with the secret of its launch as token: who it acts for',
  access: 'member',
  at: ['local', 'hub'],
  replies: { 200: windowReply, 401: errorReply },
})
