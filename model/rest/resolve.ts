/** `PUT /api/offline/sync/resolve` (`wedsync-api.md` §1.4). */
import { z } from 'zod'
import { jsonObject } from './common.ts'

const MAX_COMMENT_CHARS = 500

export const resolveStrategy = z.enum(['use_client', 'use_server', 'merge_automatic', 'merge_manual', 'skip'])
export type ResolveStrategy = z.infer<typeof resolveStrategy>

export const resolveRequest = z.object({
  conflictId: z.uuid().transform((id) => id.toLowerCase()),
  resolution: z.object({
    strategy: resolveStrategy,
    mergedData: jsonObject.optional(),
    userComment: z.string().max(MAX_COMMENT_CHARS).optional(),
    applyToSimilar: z.boolean().default(false),
  }),
  deviceId: z.string().optional(),
  sessionId: z.uuid().optional(),
})
export type ResolveRequest = z.infer<typeof resolveRequest>

export const resolveReply = z.object({
  success: z.literal(true),
  conflictId: z.uuid(),
  resolution: z.object({
    strategy: resolveStrategy,
    applied: z.boolean(),
    serverId: z.uuid().nullable(),
    mergedData: z.record(z.string(), z.unknown()).nullable(),
    similarConflictsResolved: z.number().int(),
  }),
  sessionId: z.uuid(),
  processingTime: z.number(),
})
export type ResolveReply = z.infer<typeof resolveReply>
