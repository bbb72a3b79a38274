/**
 * `/api/offline/window…`: for the window that an install opened, with the secret of its launch as token. While the window is
 * locked all of it but unlocking answers 423, and the secret opens nothing else.
 */
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

/** What people here typed against their role (`model/sync/drafts.ts`); `id` names it in the queue, by which it is removed. */
export const ownDraft = z.object({
  id: z.uuid(),
  weddingId: z.string(),
  reason: z.string(),
  /** The record in stored form, as it was with what was typed. */
  record: z.unknown(),
  /** Names of the fields that were typed. */
  fields: z.array(z.string()),
})
export type OwnDraft = z.infer<typeof ownDraft>

export const ownDraftsReply = z.object({ drafts: z.array(ownDraft) })

export const windowLockReply = z.object({ isSet: z.boolean(), idleMinutes: z.number() })

const MIN_PASSPHRASE_CHARS = 4
const MAX_PASSPHRASE_CHARS = 200
const passphrase = z.string().max(MAX_PASSPHRASE_CHARS)

export const windowLockRequest = z.object({
  /** Null takes the lock away. */
  passphrase: passphrase.min(MIN_PASSPHRASE_CHARS).nullable(),
  /** The one that holds until now, if there is one. */
  current: passphrase.exactOptional(),
})

export const unlockRequest = z.object({ passphrase })

const at = ['local', 'hub'] as const
const REFUSED = { 400: errorReply, 401: errorReply, 423: errorReply } as const

export const WINDOW_ROUTES = {
  window: route({
    method: 'GET',
    path: '/window',
    summary: 'For the window that this install opened: who it acts for',
    access: 'member',
    at,
    replies: { 200: windowReply, ...REFUSED },
  }),
  ownDrafts: route({
    method: 'GET',
    path: '/window/drafts',
    summary: 'For that window: what was typed here against one’s role, with the reason',
    access: 'member',
    at,
    replies: { 200: ownDraftsReply, ...REFUSED },
  }),
  windowLock: route({
    method: 'GET',
    path: '/window/lock',
    summary: 'For that window: whether it is locked when nobody touches it',
    access: 'member',
    at,
    replies: { 200: windowLockReply, ...REFUSED },
  }),
  setWindowLock: route({
    method: 'PUT',
    path: '/window/lock',
    summary: 'For that window: sets the passphrase of its lock, or takes the lock away',
    access: 'member',
    at,
    body: windowLockRequest,
    replies: { 204: z.undefined(), ...REFUSED, 403: errorReply, 429: errorReply },
  }),
  lockWindow: route({
    method: 'POST',
    path: '/window/lock',
    summary: 'For that window: locks it now',
    access: 'member',
    at,
    replies: { 204: z.undefined(), ...REFUSED, 409: errorReply },
  }),
  unlockWindow: route({
    method: 'POST',
    path: '/window/unlock',
    summary: 'For that window: opens it again',
    access: 'member',
    at,
    body: unlockRequest,
    replies: { 204: z.undefined(), ...REFUSED, 403: errorReply, 429: errorReply },
  }),
  touchWindow: route({
    method: 'POST',
    path: '/window/active',
    summary: 'For that window: somebody is there',
    access: 'member',
    at,
    replies: { 204: z.undefined(), ...REFUSED },
  }),
} as const
