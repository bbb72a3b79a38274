/**
 * `GET /api/offline/live` (`cli.md`): a WebSocket on which a server tells what is going on, one JSON object a message. The token
 * comes at the upgrade (as bearer token or as subprotocol) or in the first message; nothing is told before.
 */
import { z } from 'zod'
import { peerStatus } from '../database/status.ts'
import { conflictType, severity } from './sync.ts'

/** Whoever was connected up to this event goes on behind it: `?since=ID`, or `since` of the first message. */
const since = z.int().min(0)

export const liveQuery = z.object({
  since: z
    .string()
    .regex(/^\d{1,16}$/, 'Invalid input: expected the id of an event')
    .transform(Number)
    .optional(),
})

/** The first message of a client that showed no token at the upgrade. Anything after it ends the line. */
export const liveHello = z.object({ token: z.string().min(1).max(8_192), since: since.optional() })
export type LiveHello = z.infer<typeof liveHello>

/** Grows from event to event, with gaps. Those of two runs of a server never meet. */
const id = z.int().min(0)

/**
 * What was told before is not known here (any more): read afresh whatever is shown. Comes first on a line without `since`
 * (`start`), and where `since` is too old or of another run (`gap`). The latest of status, presence and progress follow.
 */
export const resetEvent = z.object({ id, type: z.literal('reset'), reason: z.enum(['start', 'gap']) })

/** A sync with one peer: `done` of `total` changes. `total` grows if more comes up meanwhile. */
export const progressEvent = z.object({
  id,
  type: z.literal('progress'),
  deviceId: z.string(),
  name: z.string(),
  kind: z.enum(['hub', 'cloud', 'device']),
  done: z.int().min(0),
  total: z.int().min(0),
  /** On the wire since it began, both ways. */
  bytes: z.int().min(0),
  /** At the speed so far; null before anything was done. */
  etaMs: z.number().min(0).nullable(),
  /** False once, at its end: nothing is left, or the line is down. */
  running: z.boolean(),
})

/** As `GET /status` tells it to anyone of the team. */
export const statusEvent = z.object({
  id,
  type: z.literal('status'),
  role: z.enum(['local', 'hub', 'cloud']),
  upstreams: z.array(peerStatus),
  devices: z.array(peerStatus),
  quarantined: z.int(),
  notice: z.string().optional(),
})

/** Something waits for a person, or no longer does. Only what the caller may read; values are in `GET /conflicts`. */
export const conflictEvent = z.object({
  id,
  type: z.literal('conflict'),
  state: z.enum(['raised', 'settled']),
  conflictId: z.uuid(),
  weddingId: z.string(),
  table: z.string(),
  recordId: z.string(),
  fields: z.array(z.string()),
  conflictType,
  severity,
})

/** Who is in this wedding just now, on other devices than this server's own. What a device says of itself is `state`. */
export const presenceEvent = z.object({
  id,
  type: z.literal('presence'),
  weddingId: z.string(),
  devices: z.array(z.object({ deviceId: z.string(), state: z.unknown() })),
})

/** A record could not be taken, or is no longer set aside. `letterId` is its id in the queue. */
export const deadLetterEvent = z.object({
  id,
  type: z.literal('deadletter'),
  state: z.enum(['added', 'gone']),
  letterId: z.uuid(),
  weddingId: z.string(),
  recordId: z.string(),
  reason: z.string(),
})

export const liveEvent = z.discriminatedUnion('type', [
  resetEvent,
  progressEvent,
  statusEvent,
  conflictEvent,
  presenceEvent,
  deadLetterEvent,
])
export type LiveEvent = z.infer<typeof liveEvent>

type WithoutId<E> = E extends unknown ? Omit<E, 'id'> : never
/** An event that has not got its number yet. */
export type LiveNews = WithoutId<LiveEvent>
