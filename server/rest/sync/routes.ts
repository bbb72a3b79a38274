/** `POST` and `GET /sync` (`wedsync-api.md` §1.1, §1.2). */
import { randomUUID } from 'node:crypto'
import { type DryRunReply, MAX_SERVER_CHANGES, type SyncReply, type SyncRequest } from '../../../model/rest/sync.ts'
import type { Beginning } from '../../audit/trail.ts'
import type { Log } from '../../log.ts'
import type { Caller, ServerContext } from '../context.ts'
import { decodeCursor } from '../cursor.ts'
import { type DeviceReports, deviceOf } from '../deviceReports.ts'
import { echoing } from '../errors.ts'
import type { Pull } from '../pull.ts'
import type { Handlers } from '../router.ts'
import { auditDetails, notesOn } from './auditNotes.ts'
import { type BatchResult, runBatch } from './batch.ts'
import { type Measured, measured } from './measured.ts'
import { onceByBatch } from './replay.ts'
import type { RunningCalls } from './running.ts'

export interface SyncParts {
  readonly context: ServerContext
  readonly pull: Pull
  readonly reports: DeviceReports
  readonly running: RunningCalls
  readonly log: Log
  readonly now: () => number
}

export function syncHandlers(parts: SyncParts): Pick<Handlers, 'push' | 'pull'> {
  const { context, pull, running, now } = parts
  const once = onceByBatch(context.stores.state)
  return {
    async push({ caller, body: sync, origin }) {
      const sessionId = randomUUID()
      return echoing({ sessionId }, async () => {
        // Before anything is written: a call that is refused must have changed nothing.
        if (sync.cursor !== undefined) decodeCursor(sync.cursor, context.stores.changes.epoch)
        if (sync.options.dryRun) return tryOut(parts, caller, sync, sessionId)
        const device = await deviceOf(parts.reports, caller, sync, now())
        const call = { caller, sessionId, deviceId: device.deviceId }
        const details = auditDetails(sync)
        const subject = { event: 'sync', resource: 'POST /sync', caller, origin, sessionId, details } as const
        const work = (beginning?: Beginning) =>
          running.track(call, () =>
            measured(parts, call, sync, () => pushAndPull(parts, caller, sync, sessionId, beginning)),
          )
        // A call without changes does nothing that could be done twice.
        const { sessions } = context.books
        if (sync.changes.length > 0) {
          return once(caller.userId, sync.batchId, async (keep) => {
            const notes = ({ reply }: Measured) => notesOn(reply)
            const alongside = ({ reply, session }: Measured) =>
              Promise.all([keep(reply), sessions.add(session), device.tell()])
            return (await context.trail.runInCommit(subject, work, notes, alongside)).reply
          })
        }
        const { reply, session } = await work()
        const notes = notesOn(reply).map((note) => context.trail.note(subject, note))
        await Promise.all([...notes, sessions.add(session), device.tell()])
        return reply
      })
    },

    async pull({ caller, query: { since, cursor, limit } }) {
      const { upstreams, quarantined } = await context.backlog()
      const { atMs, goodAtMs } = await context.books.sessions.lastOf(caller.team, caller.userId)
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
          lastSyncTime: atMs === null ? null : new Date(atMs).toISOString(),
          lastSuccessfulSync: goodAtMs === null ? null : new Date(goodAtMs).toISOString(),
        },
        serverChanges: [...news.rows],
        hasMore: news.hasMore,
        cursor: news.cursor,
        timestamp,
      }
    },
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
  beginning: Beginning | undefined,
): Promise<SyncReply> {
  const startMs = now()
  const batch = await runBatch(context, caller, sync, { log, nowMs: startMs, ...(beginning && { beginning }) })
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
