/** `GET /status/:userId` (`wedsync-api.md` §1.7). */

import { userHealth, userPerformance } from '../../model/rest/scores.ts'
import type {
  UserConflicts,
  UserPerformance,
  UserQueue,
  UserStatusQuery,
  UserStatusReply,
} from '../../model/rest/userStatus.ts'
import { decisionsOf, type IsOf, pendingOf } from './activity.ts'
import type { Caller } from './context.ts'
import type { StatusParts } from './deviceStatusRoutes.ts'
import { forbidden } from './errors.ts'
import { DEFAULT_PROCESSING_MS, outgoingQueue } from './queue.ts'
import type { Handlers } from './router.ts'

const DAY_MS = 86_400_000
const MAX_DEVICES = 10

/** How far back each block looks, if the caller does not say. */
interface Windows {
  readonly queueMs: number
  readonly conflictsMs: number
  readonly performanceMs: number
}

const USUAL: Windows = { queueMs: 7 * DAY_MS, conflictsMs: 30 * DAY_MS, performanceMs: DAY_MS }

export function userStatusHandlers(parts: StatusParts): Pick<Handlers, 'userStatus'> {
  return {
    async userStatus({ caller, params: { userId }, query }) {
      await checkAccess(parts, caller, userId)
      return statusOf(parts, caller, userId, query)
    },
  }
}

/** Whoever is no owner may ask about themselves only; of another organisation nobody is told anything. */
async function checkAccess({ rosters }: StatusParts, caller: Caller, userId: string): Promise<void> {
  if (userId === caller.userId.toLowerCase()) return
  if (caller.grant.role === 'owner' && (await rosters(caller.team)).hasUser(userId)) return
  throw forbidden('Only an owner of the same team may see the status of somebody else')
}

async function statusOf(
  parts: StatusParts,
  caller: Caller,
  userId: string,
  query: UserStatusQuery,
): Promise<UserStatusReply> {
  const nowMs = parts.now()
  const isFiltered = query.queue || query.conflicts || query.performance || query.devices
  const windows = windowsOf(query, isFiltered)
  const isOf: IsOf = (person) => person?.userId === userId
  const queue = await queueBlock(parts, caller, userId, isOf, windows.queueMs, nowMs)
  const conflicts = await conflictsBlock(parts, caller, isOf, nowMs - windows.conflictsMs)
  const performance = await performanceBlock(parts, caller, userId, windows.performanceMs, nowMs)
  const top = { success: true as const, userId, timestamp: new Date(nowMs).toISOString() }
  if (isFiltered) {
    return {
      ...top,
      ...(query.queue && { queue }),
      ...(query.conflicts && { conflicts }),
      ...(query.performance && { performance }),
      ...(query.devices && { devices: await devicesBlock(parts, caller, userId) }),
    }
  }
  return {
    ...top,
    syncStatus: await syncBlock(parts, caller, userId),
    queue,
    conflicts,
    performance,
    devices: await devicesBlock(parts, caller, userId),
    health: userHealth({ queue, conflicts, performance }, nowMs),
  }
}

/** Of chosen blocks, a day unless the caller says a week; of the whole, each block its own. */
function windowsOf({ timeRange }: UserStatusQuery, isFiltered: boolean): Windows {
  if (timeRange === undefined && !isFiltered) return USUAL
  const ms = timeRange === '7d' ? 7 * DAY_MS : DAY_MS
  return { queueMs: ms, conflictsMs: ms, performanceMs: ms }
}

async function queueBlock(
  { context, people }: StatusParts,
  caller: Caller,
  userId: string,
  isOf: IsOf,
  windowMs: number,
  nowMs: number,
): Promise<UserQueue> {
  const totals = await context.books.sessions.totals({ team: caller.team, userId, sinceMs: nowMs - windowMs })
  const itemMs = totals.averageProcessingMs ?? DEFAULT_PROCESSING_MS
  const question = { caller, people: await people(caller.team), isOf, itemMs, nowMs }
  const { items } = await outgoingQueue(context, question)
  const waiting = items.filter(({ status }) => status !== 'failed')
  return {
    totalItems: items.length + totals.itemsSynced,
    pendingItems: items.filter(({ status }) => status === 'pending').length,
    processingItems: items.filter(({ status }) => status === 'processing').length,
    failedItems: items.length - waiting.length,
    completedItems: totals.itemsSynced,
    oldestPendingItem: waiting.map(({ created_at }) => created_at).sort()[0] ?? null,
    averageProcessingTime: totals.averageProcessingMs ?? 0,
  }
}

async function conflictsBlock(parts: StatusParts, caller: Caller, isOf: IsOf, sinceMs: number): Promise<UserConflicts> {
  const pending = await pendingOf(parts, caller, isOf)
  const decided = await decisionsOf(parts, caller, isOf, sinceMs)
  const tables = [...pending.map(({ table }) => table), ...decided.map(({ values }) => values[0].record.table)]
  return {
    active: pending.length,
    resolved: decided.length,
    awaitingManualResolution: pending.length,
    conflictsByTable: counts(tables),
    resolutionStrategies: counts(decided.map(({ strategy }) => strategy)),
  }
}

function counts(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, each]) => [name, each.length]))
}

async function performanceBlock(
  { context }: StatusParts,
  { team }: Caller,
  userId: string,
  windowMs: number,
  nowMs: number,
): Promise<UserPerformance> {
  const { sessions } = context.books
  const totals = await sessions.totals({ team, userId, sinceMs: nowMs - windowMs })
  const day = await sessions.totals({ team, userId, sinceMs: nowMs - DAY_MS })
  return userPerformance(totals, day.sessions)
}

async function syncBlock(
  { context, running }: StatusParts,
  { team }: Caller,
  userId: string,
): Promise<UserStatusReply['syncStatus']> {
  const call = running.find(userId)
  const [last] = await context.books.sessions.latest({ team, userId })
  const { goodAtMs } = await context.books.sessions.lastOf(team, userId)
  return {
    lastSyncTime: last ? new Date(last.atMs).toISOString() : null,
    lastSuccessfulSync: goodAtMs === null ? null : new Date(goodAtMs).toISOString(),
    syncInProgress: call !== undefined,
    currentSessionId: call?.sessionId ?? null,
    deviceId: call?.deviceId ?? last?.deviceId ?? null,
    appVersion: last?.appVersion ?? null,
  }
}

async function devicesBlock(
  { context, reports }: StatusParts,
  { team }: Caller,
  userId: string,
): Promise<UserStatusReply['devices']> {
  const seen = new Map<string, { readonly app_version: string | null; readonly last_seen: string }>()
  for (const [deviceId, { appVersion, lastActivity, at }] of await reports.ofUser(team, userId)) {
    seen.set(deviceId, { app_version: appVersion ?? null, last_seen: lastActivity ?? at })
  }
  for (const { deviceId, atMs, appVersion } of await context.books.sessions.latest({ team, userId })) {
    const before = seen.get(deviceId)
    const last_seen = new Date(Math.max(atMs, Date.parse(before?.last_seen ?? '1970-01-01'))).toISOString()
    seen.set(deviceId, { app_version: appVersion ?? before?.app_version ?? null, last_seen })
  }
  return [...seen]
    .map(([device_id, each]) => ({ device_id, ...each }))
    .sort((a, b) => Date.parse(b.last_seen) - Date.parse(a.last_seen))
    .slice(0, MAX_DEVICES)
}
