/** `GET /api/offline/status/:userId` (`wedsync-api.md` §1.7). */
import { z } from 'zod'
import { dateTime } from './common.ts'

export const userParams = z.object({ userId: z.uuid().transform((id) => id.toLowerCase()) })

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((word) => word === 'true')

export const userStatusQuery = z.object({
  queue: flag,
  conflicts: flag,
  performance: flag,
  devices: flag,
  timeRange: z.enum(['24h', '7d']).optional(),
})
export type UserStatusQuery = z.output<typeof userStatusQuery>

const count = z.number().int().min(0)
const percent = z.number().min(0).max(100)

export const networkQuality = z.enum(['excellent', 'good', 'fair', 'poor', 'unknown'])
export type NetworkQuality = z.infer<typeof networkQuality>

export const userQueue = z.object({
  totalItems: count,
  pendingItems: count,
  processingItems: count,
  failedItems: count,
  completedItems: count,
  oldestPendingItem: dateTime.nullable(),
  /** Ms. */
  averageProcessingTime: z.number(),
})
export type UserQueue = z.infer<typeof userQueue>

export const userConflicts = z.object({
  active: count,
  resolved: count,
  awaitingManualResolution: count,
  conflictsByTable: z.record(z.string(), count),
  resolutionStrategies: z.record(z.string(), count),
})
export type UserConflicts = z.infer<typeof userConflicts>

export const userPerformance = z.object({
  /** Ms. */
  averageSyncTime: z.number(),
  throughputPerSecond: z.number(),
  successRate: percent,
  errorRate: percent,
  last24HoursSyncs: count,
  networkQuality,
})
export type UserPerformance = z.infer<typeof userPerformance>

export const healthAlert = z.object({
  type: z.enum(['sync_failures', 'manual_conflicts', 'error_rate', 'stale_queue']),
  message: z.string(),
  severity: z.enum(['medium', 'high']),
})

export const userHealth = z.object({
  status: z.enum(['critical', 'warning', 'degraded', 'healthy']),
  recommendations: z.array(z.string()).min(1),
  alerts: z.array(healthAlert),
})
export type UserHealth = z.infer<typeof userHealth>

export const userStatusReply = z.object({
  success: z.literal(true),
  userId: z.uuid(),
  timestamp: dateTime,
  syncStatus: z
    .object({
      lastSyncTime: dateTime.nullable(),
      lastSuccessfulSync: dateTime.nullable(),
      syncInProgress: z.boolean(),
      currentSessionId: z.uuid().nullable(),
      deviceId: z.string().nullable(),
      appVersion: z.string().nullable(),
    })
    .optional(),
  queue: userQueue.optional(),
  conflicts: userConflicts.optional(),
  performance: userPerformance.optional(),
  devices: z
    .array(z.object({ device_id: z.string(), app_version: z.string().nullable(), last_seen: dateTime }))
    .max(10)
    .optional(),
  health: userHealth.optional(),
})
export type UserStatusReply = z.infer<typeof userStatusReply>
