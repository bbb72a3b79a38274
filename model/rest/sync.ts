/** `POST` and `GET /api/offline/sync` (`wedsync-api.md` §1.1, §1.2). */
import { z } from 'zod'
import { cursorParameter, dateTime, jsonObject, label, limitParameter, recordId } from './common.ts'
import { sealedEdit } from './sealed.ts'

export const MAX_CHANGES_PER_CALL = 100
export const MAX_SERVER_CHANGES = 100
const MAX_TABLE_NAME_CHARS = 50

export const syncAction = z.enum(['create', 'update', 'delete'])
export type SyncAction = z.infer<typeof syncAction>

export const syncStrategy = z.enum(['client_wins', 'server_wins', 'merge', 'manual', 'skip'])
export type SyncStrategy = z.infer<typeof syncStrategy>

/** Two published spellings; one inside. */
const strategySpelling = z
  .enum(['client_wins', 'server_wins', 'merge', 'manual', 'merge_automatic', 'merge_manual', 'skip'])
  .transform((spelling): SyncStrategy => {
    if (spelling === 'merge_automatic') return 'merge'
    return spelling === 'merge_manual' ? 'manual' : spelling
  })

export const syncChange = z.object({
  action: syncAction,
  table: z.string().min(1).max(MAX_TABLE_NAME_CHARS),
  /** The record, and the name of the change in the reply; only the latter if there is a `recordId`. */
  id: z.uuid(),
  recordId: recordId.optional(),
  data: jsonObject,
  /** Only where values are sealed: under which dots `data` is. */
  edit: sealedEdit.optional(),
  /** When the person made the edit on the device. */
  timestamp: dateTime,
  /** The version of the record on which the edit was based, a decimal number. */
  clientVersion: label.optional(),
  deviceId: label.optional(),
  checksum: label.optional(),
  priority: z.number().int().min(1).max(10).optional(),
  retryCount: z.number().int().min(0).optional(),
  lastError: z.string().optional(),
})
export type SyncChange = z.infer<typeof syncChange>

export const connectionQuality = z.enum(['offline', 'poor', 'good', 'excellent'])

export const syncRequest = z.object({
  changes: z.array(syncChange).max(MAX_CHANGES_PER_CALL),
  lastSyncTime: dateTime,
  batchId: z.uuid(),
  /** Instead of `lastSyncTime` as the lower bound of `serverChanges`: the `cursor` of an earlier reply. */
  cursor: cursorParameter.optional(),
  deviceInfo: z
    .object({
      deviceId: label,
      appVersion: label,
      platform: label,
      connectionQuality: connectionQuality.optional(),
    })
    .optional(),
  options: z
    .object({
      conflictResolution: strategySpelling.default('server_wins'),
      validateChecksums: z.boolean().default(false),
      dryRun: z.boolean().default(false),
      maxRetries: z.number().int().min(0).max(10).optional(),
      timeoutMs: z.number().int().min(1_000).max(300_000).optional(),
    })
    .prefault({}),
})
export type SyncRequest = z.infer<typeof syncRequest>

export const severity = z.enum(['low', 'medium', 'high', 'critical'])
export const conflictType = z.enum(['concurrent_edit', 'delete_conflict'])

export const syncConflict = z.object({
  hasConflict: z.literal(true),
  conflictId: z.uuid(),
  conflictType,
  conflictFields: z.array(z.string()),
  severity,
  serverId: z.uuid(),
  serverData: z.record(z.string(), z.unknown()),
  serverTimestamp: dateTime,
  clientTimestamp: dateTime,
})
export type SyncConflict = z.infer<typeof syncConflict>

export const syncResolution = z.object({
  strategy: syncStrategy,
  applied: z.boolean(),
  serverId: z.uuid().nullable(),
  mergedData: z.record(z.string(), z.unknown()).nullable(),
  error: z.string().optional(),
})
export type SyncResolution = z.infer<typeof syncResolution>

export const serverChange = z.object({
  table: z.string(),
  table_name: z.string(),
  id: z.uuid(),
  action: syncAction,
  data: z.record(z.string(), z.unknown()),
  timestamp: dateTime,
  version: z.number().int(),
})
export type ServerChange = z.infer<typeof serverChange>

export const syncReply = z.object({
  success: z.literal(true),
  sessionId: z.uuid(),
  processed: z.array(
    z.object({ changeId: z.string(), serverId: z.string(), action: z.enum([...syncAction.options, 'resolved']) }),
  ),
  /** One entry per change for what is settled; one per field for what waits for a person, each with the id to settle it by. */
  conflicts: z.array(
    z.object({ changeId: z.string(), table: z.string(), conflict: syncConflict, resolution: syncResolution }),
  ),
  failures: z.array(z.object({ changeId: z.string(), table: z.string(), error: z.string(), retryable: z.boolean() })),
  serverChanges: z.array(serverChange).max(MAX_SERVER_CHANGES),
  hasMore: z.boolean(),
  cursor: z.string(),
  nextSyncTime: dateTime,
  processingTime: z.number(),
  replayed: z.literal(true).optional(),
})
export type SyncReply = z.infer<typeof syncReply>

export const dryRunReply = z.object({
  success: z.literal(true),
  dryRun: z.literal(true),
  sessionId: z.uuid(),
  validation: z.object({
    valid: z.boolean(),
    conflicts: z.array(z.object({ changeId: z.string(), table: z.string(), conflict: syncConflict })),
    errors: z.array(z.object({ changeId: z.string(), error: z.string() })),
    warnings: z.array(z.string()),
  }),
})
export type DryRunReply = z.infer<typeof dryRunReply>

export const pullQuery = z.object({
  since: dateTime.optional(),
  cursor: cursorParameter.optional(),
  limit: limitParameter(MAX_SERVER_CHANGES, MAX_SERVER_CHANGES),
})

export const pullReply = z.object({
  success: z.literal(true),
  status: z.object({
    queuedItems: z.number().int(),
    failedItems: z.number().int(),
    syncInProgress: z.boolean(),
    lastSyncTime: dateTime.nullable(),
    lastSuccessfulSync: dateTime.nullable(),
  }),
  serverChanges: z.array(serverChange),
  hasMore: z.boolean(),
  cursor: z.string(),
  timestamp: dateTime,
})
export type PullReply = z.infer<typeof pullReply>
