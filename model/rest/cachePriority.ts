/** `POST` and `GET /api/offline/cache/priority` (`wedsync-api.md` §1.5): what is asked; there is no answer yet. */
import { z } from 'zod'
import { dateTime, label } from './common.ts'
import { connectionQuality } from './sync.ts'

const MAX_RESOURCES = 1_000

export const resourceType = z.enum(['wedding', 'client', 'vendor', 'timeline_item', 'budget_item', 'photo', 'document'])

const resource = z.object({
  resourceType,
  resourceId: z.uuid(),
  priority: z.enum(['critical', 'high', 'medium', 'low', 'background']),
  expirationPolicy: z.enum(['wedding_day', 'fixed_duration', 'never_expire', 'access_based']).default('wedding_day'),
  customExpiration: dateTime.optional(),
  preloadData: z.boolean().default(false),
  compressionLevel: z.enum(['none', 'low', 'medium', 'high']).default('medium'),
})

export const cachePriorityRequest = z.object({
  resources: z.array(resource).max(MAX_RESOURCES),
  weddingDate: dateTime.optional(),
  deviceInfo: z
    .object({
      deviceId: label,
      storageQuotaMB: z.number().min(1).max(10_000).optional(),
      connectionQuality: connectionQuality.optional(),
    })
    .optional(),
  globalSettings: z
    .object({
      enableProactiveCaching: z.boolean().default(true),
      maxCacheSizeMB: z.number().min(10).max(5_000).default(500),
      weddingDayBoostFactor: z.number().min(1).max(10).default(3),
      autoCleanupThresholdPercent: z.number().min(50).max(95).default(85),
    })
    .optional(),
})

export const cachePriorityQuery = z.object({ deviceId: label.optional(), resourceType: resourceType.optional() })
