/** `GET` and `PUT /sync/status/:deviceId` (`wedsync-api.md` §1.3). */
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { DeviceState, DeviceStatusReply, PendingConflict } from '../../model/rest/deviceStatus.ts'
import { changePriority } from '../../model/rest/priority.ts'
import type { QueueEntry as QueuedItem } from '../../model/rest/queue.ts'
import { type ResolveStrategy, resolveStrategy } from '../../model/rest/resolve.ts'
import { devicePerformance } from '../../model/rest/scores.ts'
import { type IsOf, pendingOf } from './activity.ts'
import type { ConflictParts } from './conflictQueue.ts'
import type { Caller } from './context.ts'
import type { DeviceReport, DeviceReports } from './deviceReports.ts'
import { echoing, HttpError, missing } from './errors.ts'
import { DEFAULT_PROCESSING_MS, outgoingQueue } from './queue.ts'
import type { RosterOf } from './roster.ts'
import type { Handlers } from './router.ts'
import { SHUT_OUT } from './sessionDoor.ts'
import type { RunningCalls } from './sync/running.ts'

export interface StatusParts extends ConflictParts {
  readonly rosters: RosterOf
  readonly reports: DeviceReports
  readonly running: RunningCalls
  readonly now: () => number
}

const WEEK_MS = 7 * 86_400_000
const MAX_ITEMS = 50
/** A device that called so lately counts as online, if it has not said otherwise. */
const FRESH_MS = 60_000

export function deviceStatusHandlers(parts: StatusParts): Pick<Handlers, 'deviceStatus' | 'reportDevice'> {
  const { rosters, reports, now } = parts
  return {
    deviceStatus: ({ caller, params: { deviceId } }) =>
      echoing({ deviceId }, () => statusReply(parts, caller, deviceId)),

    reportDevice: ({ caller, params: { deviceId }, body }) =>
      echoing({ deviceId }, async () => {
        await checkOwner(parts, caller, deviceId)
        if ((await rosters(caller.team)).devices.get(deviceId)?.revokedAt !== undefined) {
          throw new HttpError(403, 'REVOKED', SHUT_OUT)
        }
        const { isOnline, connectionQuality, lastActivity, deviceInfo } = body
        const appVersion = body.appVersion ?? deviceInfo?.appVersion
        const news = {
          userId: caller.userId,
          ...(isOnline !== undefined && { isOnline }),
          ...(connectionQuality !== undefined && { connectionQuality }),
          ...(appVersion !== undefined && { appVersion }),
          ...(deviceInfo && { platform: deviceInfo.platform }),
          ...(lastActivity !== undefined && { lastActivity }),
        }
        await reports.tell(caller.team, deviceId, news, now())
        const status = await stateOf(parts, caller, deviceId)
        return { success: true, deviceId, status, updatedAt: new Date(now()).toISOString() }
      }),
  }
}

/** Whoever asks about a device of somebody else is told that there is none. */
async function checkOwner({ rosters, reports }: StatusParts, caller: Caller, deviceId: string): Promise<void> {
  const report = await reports.of(caller.team, deviceId)
  const owner = (await rosters(caller.team)).devices.get(deviceId)?.userId ?? report?.userId
  if (owner !== undefined && owner !== caller.userId) throw missing('There is no such device')
}

async function statusReply(parts: StatusParts, caller: Caller, deviceId: string): Promise<DeviceStatusReply> {
  await checkOwner(parts, caller, deviceId)
  const { context, now } = parts
  const nowMs = now()
  const { team, userId } = caller
  const totals = await context.books.sessions.totals({ team, userId, deviceId, sinceMs: nowMs - WEEK_MS })
  const isOf = await editsOf(parts, caller, deviceId)
  const itemMs = totals.averageProcessingMs ?? DEFAULT_PROCESSING_MS
  const people = await parts.people(team)
  const { items } = await outgoingQueue(context, { caller, people, isOf, itemMs, nowMs })
  const pending = await pendingOf(parts, caller, isOf)
  const timestamp = new Date(nowMs).toISOString()
  return {
    success: true,
    deviceId,
    status: await stateOf(parts, caller, deviceId),
    queue: queueBlock(items, itemMs, nowMs),
    conflicts: {
      total: pending.length,
      requiresManualResolution: pending.length,
      pending: pending.map((entry) => pendingConflict(entry, nowMs)).sort(mostUrgentFirst),
    },
    performance: devicePerformance(totals),
    lastUpdated: timestamp,
  }
}

/** A device that the team does not know by this id writes as its person does. */
async function editsOf({ rosters, reports }: StatusParts, caller: Caller, deviceId: string): Promise<IsOf> {
  const isMember = (await rosters(caller.team)).devices.has(deviceId)
  const isKnown = isMember || deviceId === caller.deviceId || (await reports.of(caller.team, deviceId)) !== undefined
  return (person) => isKnown && person?.userId === caller.userId && (person.deviceId === deviceId || !isMember)
}

async function stateOf(parts: StatusParts, caller: Caller, deviceId: string): Promise<DeviceState> {
  const { context, reports, running, now } = parts
  const { team, userId } = caller
  const report = await reports.of(team, deviceId)
  const [last] = await context.books.sessions.latest({ team, userId, deviceId })
  const syncInProgress = running.find(userId, deviceId) !== undefined
  const lastActivity = latest(report?.lastActivity, last && new Date(last.atMs).toISOString())
  const appVersion = last?.appVersion ?? report?.appVersion
  return {
    isOnline: report?.isOnline ?? (syncInProgress || (last !== undefined && now() - last.atMs < FRESH_MS)),
    lastSyncTime: last ? new Date(last.atMs).toISOString() : null,
    syncInProgress,
    connectionQuality: report?.connectionQuality ?? 'unknown',
    ...(appVersion !== undefined && { appVersion }),
    ...(report?.platform !== undefined && { platform: report.platform }),
    ...(lastActivity !== undefined && { lastActivity }),
  }
}

function latest(a: DeviceReport['lastActivity'], b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(a) > Date.parse(b) ? a : b
}

function queueBlock(all: readonly QueuedItem[], itemMs: number, nowMs: number): DeviceStatusReply['queue'] {
  const count = (status: QueuedItem['status']) => all.filter((item) => item.status === status).length
  const items = all.slice(0, MAX_ITEMS)
  const estimatedCompletionMs = items.length * itemMs
  return {
    totalItems: all.length,
    pendingItems: count('pending'),
    processingItems: count('processing'),
    failedItems: count('failed'),
    estimatedCompletionMs,
    estimatedCompletionTime: all.length === 0 ? null : new Date(nowMs + estimatedCompletionMs).toISOString(),
    items: items.map(({ table, recordId, weddingId, upstream, nextRetryAt, ...item }) => item),
  }
}

function pendingConflict(entry: QueueEntry, nowMs: number): PendingConflict {
  const { conflictId, type, table, parts } = entry
  const [{ record }] = parts
  const stamps = parts.flatMap(({ values }) => values.map(({ writer }) => writer.at))
  return {
    id: conflictId,
    // What was in conflict is in the record itself: no item of a queue stands for it.
    sync_queue_id: null,
    conflict_type: type,
    table_name: table,
    record_id: record.id,
    created_at: stamps.reduce((last, at) => (Date.parse(at) > Date.parse(last) ? at : last)),
    priority: changePriority(table, record.id === record.scope ? viewRecord(record).data.date : undefined, nowMs),
    resolution_options: resolveStrategy.options.filter((strategy) => isPossible(entry, strategy)),
  }
}

function isPossible({ parts, automatic }: QueueEntry, strategy: ResolveStrategy): boolean {
  switch (strategy) {
    case 'use_client':
      return parts.every(({ client }) => client !== undefined)
    case 'merge_automatic':
      return automatic.possible
    case 'merge_manual':
      return parts.every(({ record }) => record === parts[0].record)
    default:
      return true
  }
}

function mostUrgentFirst(a: PendingConflict, b: PendingConflict): number {
  return b.priority - a.priority || Date.parse(a.created_at) - Date.parse(b.created_at)
}
