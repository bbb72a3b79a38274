/** `POST` and `GET /sync` (`wedsync-api.md` §1.1, §1.2). */
import { randomUUID } from 'node:crypto'
import type { RequestHandler, Router } from 'express'
import { z } from 'zod'
import { dateTime } from '../../../model/rest/common.ts'
import {
  type DryRunReply,
  MAX_SERVER_CHANGES,
  type PullReply,
  pullQuery,
  type SyncReply,
  type SyncRequest,
  syncRequest,
} from '../../../model/rest/sync.ts'
import type { Log } from '../../log.ts'
import type { Caller, ServerContext } from '../context.ts'
import { echoing, methodNotAllowed, parseInput } from '../errors.ts'
import type { Pull } from '../pull.ts'
import { callerOf } from '../requestState.ts'
import { type BatchResult, runBatch } from './batch.ts'
import { onceByBatch } from './replay.ts'

/** What is remembered of the calls of one device. */
const lastCall = z.object({ lastSyncTime: dateTime, lastSuccessfulSync: dateTime })

export interface SyncParts {
  readonly context: ServerContext
  readonly pull: Pull
  readonly log: Log
  readonly now: () => number
}

export function addSyncRoutes(router: Router, parts: SyncParts): void {
  router.route('/sync').get(pullHandler(parts)).post(pushHandler(parts)).all(methodNotAllowed)
}

function pushHandler(parts: SyncParts): RequestHandler {
  const once = onceByBatch(parts.context.stores.state)
  return async (request, response) => {
    const sessionId = randomUUID()
    const reply = await echoing({ sessionId }, async () => {
      const caller = callerOf(request)
      const sync = parseInput(syncRequest, request.body)
      if (sync.options.dryRun) return tryOut(parts, caller, sync, sessionId)
      const work = () => pushAndPull(parts, caller, sync, sessionId)
      // A call without changes does nothing that could be done twice.
      return sync.changes.length === 0 ? work() : once(caller.userId, sync.batchId, work)
    })
    response.json(reply)
  }
}

async function tryOut(
  { context, log, now }: SyncParts,
  caller: Caller,
  sync: SyncRequest,
  sessionId: string,
): Promise<DryRunReply> {
  const { conflicts, failures } = summary(await runBatch(context, caller, sync, { log, nowMs: now() }))
  return {
    success: true,
    dryRun: true,
    sessionId,
    validation: {
      valid: failures.length === 0,
      conflicts: conflicts.map(({ changeId, table, conflict }) => ({ changeId, table, conflict })),
      errors: failures.map(({ changeId, error }) => ({ changeId, error })),
      warnings: [],
    },
  }
}

async function pushAndPull(
  { context, pull, log, now }: SyncParts,
  caller: Caller,
  sync: SyncRequest,
  sessionId: string,
): Promise<SyncReply> {
  const startMs = now()
  const batch = await runBatch(context, caller, sync, { log, nowMs: startMs })
  const { processed, conflicts, failures } = summary(batch)
  const listedMs = now()
  const news = await pull({
    caller,
    sinceMs: Date.parse(sync.lastSyncTime),
    ...(sync.cursor !== undefined && { cursor: sync.cursor }),
    limit: MAX_SERVER_CHANGES,
    own: { recordIds: new Set(batch.outcomes.map(({ change }) => change.recordId)), isOwn: batch.isOwn },
  })
  const endMs = now()
  const time = new Date(endMs).toISOString()
  await context.stores.state.set(callKey(caller), { lastSyncTime: time, lastSuccessfulSync: time })
  return {
    success: true,
    sessionId,
    processed,
    conflicts,
    failures,
    serverChanges: [...news.rows],
    hasMore: news.hasMore,
    cursor: news.cursor,
    nextSyncTime: new Date(news.untilMs ?? listedMs).toISOString(),
    processingTime: endMs - startMs,
  }
}

function summary({ outcomes }: BatchResult): Pick<SyncReply, 'processed' | 'conflicts' | 'failures'> {
  const result: Pick<SyncReply, 'processed' | 'conflicts' | 'failures'> = { processed: [], conflicts: [], failures: [] }
  for (const { change, outcome } of outcomes) {
    const { changeId, table, recordId } = change
    if (outcome.processed) result.processed.push({ changeId, serverId: recordId, action: outcome.processed })
    for (const conflict of outcome.conflicts) result.conflicts.push({ changeId, table, ...conflict })
    if (outcome.failure) result.failures.push({ changeId, table, ...outcome.failure })
  }
  return result
}

function callKey({ userId, deviceId }: Caller): string {
  return `sync/${userId}/${deviceId}`
}

function pullHandler({ context, pull, now }: SyncParts): RequestHandler {
  return async (request, response) => {
    const reply = await echoing({}, async (): Promise<PullReply> => {
      const caller = callerOf(request)
      const { since, cursor, limit } = parseInput(pullQuery, request.query)
      const { upstreams, quarantined } = await context.status(caller)
      const last = lastCall.safeParse(await context.stores.state.get(callKey(caller)))
      const timestamp = new Date(now()).toISOString()
      const news = await pull({
        caller,
        ...(since !== undefined && { sinceMs: Date.parse(since) }),
        ...(cursor !== undefined && { cursor }),
        limit,
      })
      return {
        success: true,
        status: {
          queuedItems: upstreams.reduce((sum, { waiting }) => sum + waiting, 0),
          failedItems: quarantined,
          syncInProgress: upstreams.some(({ state }) => state === 'syncing'),
          lastSyncTime: last.data?.lastSyncTime ?? null,
          lastSuccessfulSync: last.data?.lastSuccessfulSync ?? null,
        },
        serverChanges: [...news.rows],
        hasMore: news.hasMore,
        cursor: news.cursor,
        timestamp,
      }
    })
    response.json(reply)
  }
}
