/** `GET` and `PUT /api/offline/sync/status/:deviceId` (`wedsync-api.md` §1.3). */
import { z } from 'zod'
import { dateTime, label } from './common.ts'
import { queueItem } from './queue.ts'
import { resolveStrategy } from './resolve.ts'
import { conflictType, connectionQuality } from './sync.ts'

export const deviceParams = z.object({
  deviceId: label.refine((text) => text.trim() !== '', 'Invalid input: expected the id of a device'),
})

const MAX_QUEUE_ITEMS = 50

export const deviceState = z.object({
  isOnline: z.boolean(),
  lastSyncTime: dateTime.nullable(),
  syncInProgress: z.boolean(),
  connectionQuality: z.enum([...connectionQuality.options, 'unknown']),
  appVersion: z.string().optional(),
  platform: z.string().optional(),
  lastActivity: dateTime.optional(),
})
export type DeviceState = z.infer<typeof deviceState>

export const performance = z.object({
  healthScore: z.number().int().min(0).max(100),
  /** Ms. */
  averageProcessingTime: z.number().nullable(),
  maxProcessingTime: z.number().nullable(),
  averageItemsPerBatch: z.number().nullable(),
  totalSyncSessions: z.number().int(),
  totalConflicts: z.number().int(),
  totalFailures: z.number().int(),
  /** Items a second. */
  averageThroughput: z.number().nullable(),
  /** Per cent. */
  successRate: z.number().int(),
  conflictRate: z.number().int(),
})
export type Performance = z.infer<typeof performance>

export const pendingConflict = z.object({
  id: z.uuid(),
  sync_queue_id: z.string().nullable(),
  conflict_type: conflictType,
  table_name: z.string(),
  record_id: z.uuid(),
  created_at: dateTime,
  priority: z.number().int().min(1).max(10),
  resolution_options: z.array(resolveStrategy),
})
export type PendingConflict = z.infer<typeof pendingConflict>

export const deviceStatusReply = z.object({
  success: z.literal(true),
  deviceId: z.string(),
  status: deviceState,
  queue: z.object({
    totalItems: z.number().int(),
    pendingItems: z.number().int(),
    processingItems: z.number().int(),
    failedItems: z.number().int(),
    estimatedCompletionMs: z.number(),
    /** Null when the queue is empty. */
    estimatedCompletionTime: dateTime.nullable(),
    items: z.array(queueItem).max(MAX_QUEUE_ITEMS),
  }),
  conflicts: z.object({
    total: z.number().int(),
    requiresManualResolution: z.number().int(),
    pending: z.array(pendingConflict),
  }),
  performance,
  lastUpdated: dateTime,
})
export type DeviceStatusReply = z.infer<typeof deviceStatusReply>

export const deviceStatusRequest = z.object({
  isOnline: z.boolean().optional(),
  connectionQuality: connectionQuality.optional(),
  appVersion: label.optional(),
  lastActivity: dateTime.optional(),
  deviceInfo: z.object({ platform: label, osVersion: label.optional(), appVersion: label.optional() }).optional(),
})
export type DeviceStatusRequest = z.infer<typeof deviceStatusRequest>

export const deviceStatusUpdated = z.object({
  success: z.literal(true),
  deviceId: z.string(),
  status: deviceState,
  updatedAt: dateTime,
})
