/**
 * The outgoing queue: what this server still has to send to its upstreams, and what failed for good. `GET /queue/pending`,
 * `PUT /queue/retry/:id`, `DELETE /sync/queue/:id` (`wedsync-api.md` §1.3, §1.8).
 */
import { z } from 'zod'
import { dateTime } from './common.ts'
import { syncAction } from './sync.ts'

/** In the spelling of the contract, which is that of the wire. */
export const queueItem = z.object({
  id: z.uuid(),
  operation_type: syncAction,
  priority: z.number().int().min(1).max(10),
  status: z.enum(['pending', 'processing', 'failed']),
  created_at: dateTime,
  updated_at: dateTime,
  retry_count: z.number().int().min(0),
  last_error: z.string().nullable(),
  data_size_bytes: z.number().int(),
  estimated_processing_time_ms: z.number(),
})
export type QueueItem = z.infer<typeof queueItem>

/** An item with what it is about. */
export const queueEntry = queueItem.extend({
  table: z.string(),
  recordId: z.string(),
  weddingId: z.string(),
  upstream: z.enum(['hub', 'cloud', 'device']),
  /** When it is tried again, if it waits for that. */
  nextRetryAt: dateTime.nullable(),
})
export type QueueEntry = z.infer<typeof queueEntry>

export const MAX_QUEUE_PAGE = 500

export const queueReply = z.object({
  success: z.literal(true),
  totalItems: z.number().int(),
  failedItems: z.number().int(),
  /** The most urgent first, at most {@link MAX_QUEUE_PAGE}. */
  items: z.array(queueEntry).max(MAX_QUEUE_PAGE),
  timestamp: dateTime,
})
export type QueueReply = z.infer<typeof queueReply>

export const queueParams = z.object({ id: z.uuid().transform((id) => id.toLowerCase()) })

/** `retrying`: it is sent or taken in again now; what comes of it shows in the queue. */
export const queueRetryReply = z.object({ success: z.literal(true), id: z.uuid(), status: z.literal('retrying') })
/** Removed from the list; a copy is kept. */
export const queueRemovedReply = z.object({ success: z.literal(true), id: z.uuid(), removed: z.literal(true) })
