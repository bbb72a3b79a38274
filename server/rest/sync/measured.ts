import type { SyncReply, SyncRequest } from '../../../model/rest/sync.ts'
import { AuditUnavailable } from '../../audit/trail.ts'
import type { ServerContext } from '../context.ts'
import { HttpError } from '../errors.ts'
import type { SessionRow } from '../sessions.ts'
import type { RunningCall } from './running.ts'

export interface MeasureParts {
  readonly context: ServerContext
  readonly now: () => number
}

export interface Measured {
  readonly reply: SyncReply
  /** Of a call that has ended well, to be stored by whoever called. */
  readonly session: SessionRow
}

/**
 * Does it, and makes a row about it. Of a call that fails, the row is stored here; of one that could not be put on record there is
 * none, since nothing of it was begun.
 */
export async function measured(
  { context, now }: MeasureParts,
  { caller, sessionId, deviceId }: RunningCall,
  { changes, deviceInfo }: SyncRequest,
  work: () => Promise<SyncReply>,
): Promise<Measured> {
  const startMs = performance.now()
  const rowOf = (
    figures: Pick<SessionRow, 'itemsSynced' | 'conflicts' | 'failures' | 'throughput' | 'error'>,
  ): SessionRow => ({
    sessionId,
    team: caller.team,
    userId: caller.userId,
    deviceId,
    atMs: now(),
    processingMs: performance.now() - startMs,
    batchSize: changes.length,
    appVersion: deviceInfo?.appVersion,
    ...figures,
  })
  let reply: SyncReply
  try {
    reply = await work()
  } catch (fault) {
    if (fault instanceof AuditUnavailable) throw fault
    const error = fault instanceof HttpError ? fault.code : 'INTERNAL_ERROR'
    await context.books.sessions.add(rowOf({ itemsSynced: 0, conflicts: 0, failures: 0, error }))
    throw fault
  }
  const itemsSynced = reply.processed.length
  const moved = itemsSynced + reply.serverChanges.length
  const seconds = Math.max(performance.now() - startMs, 1) / 1_000
  const session = rowOf({
    itemsSynced,
    conflicts: reply.conflicts.length,
    failures: reply.failures.length,
    ...(moved > 0 && { throughput: moved / seconds }),
  })
  return { reply, session }
}
