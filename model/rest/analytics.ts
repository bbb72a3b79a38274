/** `GET` and `POST /api/offline/queue/analytics` (`wedsync-api.md` §1.6): what is asked; there is no answer yet. */
import { z } from 'zod'
import { dateTime, label } from './common.ts'
import { syncAction } from './sync.ts'

const MAX_SPAN_MS = 366 * 86_400_000

export const analyticsQuery = z.object({
  timeRange: z.enum(['1h', '24h', '7d', '30d', '90d']).default('7d'),
  deviceId: label.optional(),
  details: z.enum(['true', 'false']).optional(),
})

export const analyticsRequest = z
  .object({
    startTime: dateTime,
    endTime: dateTime,
    metrics: z.array(
      z.enum([
        'queue_performance',
        'conflict_analysis',
        'throughput',
        'device_breakdown',
        'error_patterns',
        'optimization_recommendations',
        'user_behavior',
        'resource_utilization',
      ]),
    ),
    groupBy: z.enum(['hour', 'day', 'week', 'device', 'operation_type']).default('day'),
    filters: z
      .object({
        deviceId: label.optional(),
        operationType: syncAction.optional(),
        priority: z.number().int().min(1).max(10).optional(),
        status: z.enum(['pending', 'processing', 'completed', 'failed']).optional(),
      })
      .optional(),
  })
  .refine(({ startTime, endTime }) => !(Date.parse(endTime) < Date.parse(startTime)), {
    path: ['endTime'],
    message: 'Must not be before startTime',
  })
  .refine(({ startTime, endTime }) => !(Date.parse(endTime) - Date.parse(startTime) > MAX_SPAN_MS), {
    path: ['endTime'],
    message: 'A report covers at most 366 days',
  })
