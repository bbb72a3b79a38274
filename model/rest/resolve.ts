/** `PUT` and `POST /api/offline/sync/resolve` (`wedsync-api.md` §1.4), and the way back, which is ours. */
import { z } from 'zod'
import { jsonObject, label } from './common.ts'
import { resolveStrategy } from './resolveStrategy.ts'
import { sealedEdit } from './sealed.ts'

export { type ResolveStrategy, resolveStrategy } from './resolveStrategy.ts'

const MAX_COMMENT_CHARS = 500

export const resolveRequest = z.object({
  conflictId: z.uuid().transform((id) => id.toLowerCase()),
  resolution: z.object({
    strategy: resolveStrategy,
    mergedData: jsonObject.optional(),
    /** Only where values are sealed: under which dots `mergedData` is. */
    edit: sealedEdit.optional(),
    userComment: z.string().max(MAX_COMMENT_CHARS).optional(),
    applyToSimilar: z.boolean().default(false),
  }),
  deviceId: label.optional(),
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

export const MAX_RESOLUTIONS = 100

export const resolveManyRequest = z.object({
  resolutions: z.array(resolveRequest).min(1).max(MAX_RESOLUTIONS),
  /** Replaces the strategy of each entry, unless it is `individual` or absent. */
  globalStrategy: z.enum(['use_client', 'use_server', 'individual']).optional(),
  sessionId: z.uuid().optional(),
})
export type ResolveManyRequest = z.infer<typeof resolveManyRequest>

export const resolveManyReply = z.object({
  success: z.literal(true),
  sessionId: z.uuid(),
  resolved: z.array(
    z.object({
      conflictId: z.uuid(),
      strategy: resolveStrategy,
      applied: z.boolean(),
      serverId: z.uuid().nullable(),
      mergedData: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
  /** Also what does not wait, is unknown, or belongs to somebody else. */
  errors: z.array(z.object({ conflictId: z.uuid(), error: z.string() })),
  summary: z.object({
    totalConflicts: z.number().int(),
    resolved: z.number().int(),
    failed: z.number().int(),
    processingTime: z.number(),
  }),
})
export type ResolveManyReply = z.infer<typeof resolveManyReply>

export const undoParams = z.object({ conflictId: z.uuid().transform((id) => id.toLowerCase()) })

/** The decision is taken back: the conflict waits again, with the values it had. */
export const undoReply = z.object({ success: z.literal(true), conflictId: z.uuid(), status: z.literal('pending') })
export type UndoReply = z.infer<typeof undoReply>
