/** One row for each call of `POST /sync` (`wedsync-api.md` §1.1, §3.3), from which scores and estimates are made. */
import { z } from 'zod'
import type { Run } from '../audit/sql.ts'
import { grouped } from '../changes/grouped.ts'

export interface SessionRow {
  readonly sessionId: string
  readonly team: string
  readonly userId: string
  readonly deviceId: string
  /** When it ended, ms since 1970 UTC. */
  readonly atMs: number
  readonly processingMs: number
  readonly batchSize: number
  readonly itemsSynced: number
  readonly conflicts: number
  /** Items that failed. */
  readonly failures: number
  /** Items a second, both ways; absent where nothing moved. */
  readonly throughput?: number | undefined
  /** The code of the error that ended it, if one did. */
  readonly error?: string | undefined
  readonly appVersion?: string | undefined
}

export interface SessionFilter {
  readonly team: string
  readonly userId?: string
  readonly deviceId?: string
  readonly sinceMs: number
}

/** Averages are null where there was no session. */
export interface SessionTotals {
  readonly sessions: number
  /** Sessions that ended in an error or in which an item failed. */
  readonly failedSessions: number
  readonly conflicts: number
  readonly failures: number
  readonly itemsSynced: number
  readonly averageProcessingMs: number | null
  readonly maxProcessingMs: number | null
  readonly averageBatchSize: number | null
  readonly averageThroughput: number | null
}

export interface LastSession {
  readonly sessionId: string
  readonly deviceId: string
  readonly atMs: number
  readonly failed: boolean
  readonly appVersion: string | null
}

export interface Sessions {
  add(row: SessionRow): Promise<void>
  totals(filter: SessionFilter): Promise<SessionTotals>
  /** The latest session of each device, the latest first. */
  latest(filter: Omit<SessionFilter, 'sinceMs'>): Promise<readonly LastSession[]>
  /** When a person's last session ended, and the last one that went well; ms since 1970 UTC. */
  lastOf(team: string, userId: string): Promise<{ readonly atMs: number | null; readonly goodAtMs: number | null }>
}

const DAY_MS = 86_400_000
/** `wedsync-api.md` §2.4. */
const KEPT_MS = 30 * DAY_MS
const BETWEEN_CLEANUPS_MS = 3_600_000
const MAX_GROUP = 50

export const SESSION_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS sync_sessions (
     session_id text PRIMARY KEY, team text NOT NULL, user_id text NOT NULL, device_id text NOT NULL,
     at bigint NOT NULL, processing_ms double precision NOT NULL, batch_size integer NOT NULL,
     items_synced integer NOT NULL, conflicts integer NOT NULL, failures integer NOT NULL,
     throughput double precision, error text, app_version text
   )`,
  // Of a person's few devices, each is found among all sessions of the person; every push would have to write into both.
  'DROP INDEX IF EXISTS sync_sessions_device',
  'CREATE INDEX IF NOT EXISTS sync_sessions_person ON sync_sessions (team, user_id, at)',
  'CREATE INDEX IF NOT EXISTS sync_sessions_age ON sync_sessions (at)',
]

const number = z.union([z.number(), z.string(), z.bigint()]).transform(Number)
const totalsRow = z.object({
  sessions: number,
  failed_sessions: number.nullable(),
  conflicts: number.nullable(),
  failures: number.nullable(),
  items_synced: number.nullable(),
  average_ms: number.nullable(),
  max_ms: number.nullable(),
  average_size: number.nullable(),
  average_throughput: number.nullable(),
})
const lastOfRow = z.object({ at: number.nullable(), good_at: number.nullable() })
const lastRow = z.object({
  session_id: z.string(),
  device_id: z.string(),
  at: number,
  error: z.string().nullable(),
  failures: number,
  app_version: z.string().nullable(),
})

/**
 * @param run against a database that has {@link SESSION_TABLES}
 * @param isGrouped whether rows that come at once are written by one statement: where each would be a commit of its own
 */
export function sessionsIn(run: Run, { isGrouped }: { readonly isGrouped: boolean }): Sessions {
  let cleanedMs = 0
  const insert = isGrouped
    ? grouped((rows: readonly SessionRow[]) => insertRows(run, rows), MAX_GROUP)
    : (row: SessionRow) => insertRows(run, [row])

  return {
    async add(row) {
      await insert(row)
      if (row.atMs - cleanedMs < BETWEEN_CLEANUPS_MS) return
      cleanedMs = row.atMs
      await run('DELETE FROM sync_sessions WHERE at < $1', [Math.floor(row.atMs) - KEPT_MS])
    },

    async totals({ sinceMs, ...who }) {
      const { condition, parameters } = conditionOf(who)
      const [row] = await run(
        `SELECT count(*) AS sessions,
           sum(CASE WHEN error IS NOT NULL OR failures > 0 THEN 1 ELSE 0 END) AS failed_sessions,
           sum(conflicts) AS conflicts, sum(failures) AS failures, sum(items_synced) AS items_synced,
           avg(processing_ms) AS average_ms, max(processing_ms) AS max_ms, avg(batch_size) AS average_size,
           avg(throughput) AS average_throughput
         FROM sync_sessions WHERE ${condition} AND at >= $${parameters.length + 1}`,
        [...parameters, Math.floor(sinceMs)],
      )
      const totals = totalsRow.parse(row)
      return {
        sessions: totals.sessions,
        failedSessions: totals.failed_sessions ?? 0,
        conflicts: totals.conflicts ?? 0,
        failures: totals.failures ?? 0,
        itemsSynced: totals.items_synced ?? 0,
        averageProcessingMs: totals.average_ms,
        maxProcessingMs: totals.max_ms,
        averageBatchSize: totals.average_size,
        averageThroughput: totals.average_throughput,
      }
    },

    async lastOf(team, userId) {
      const last = (more: string) =>
        `(SELECT at FROM sync_sessions WHERE team = $1 AND user_id = $2 ${more} ORDER BY at DESC LIMIT 1)`
      const [row] = await run(`SELECT ${last('')} AS at, ${last('AND error IS NULL AND failures = 0')} AS good_at`, [
        team,
        userId,
      ])
      const { at, good_at } = lastOfRow.parse(row)
      return { atMs: at, goodAtMs: good_at }
    },

    async latest(who) {
      const { condition, parameters } = conditionOf(who)
      const rows = await run(
        `SELECT session_id, device_id, at, error, failures, app_version FROM (
           SELECT *, row_number() OVER (PARTITION BY device_id ORDER BY at DESC, session_id) AS place
           FROM sync_sessions WHERE ${condition}
         ) AS ranked WHERE place = 1 ORDER BY at DESC, session_id`,
        parameters,
      )
      return rows.map((row) => {
        const { session_id, device_id, at, error, failures, app_version } = lastRow.parse(row)
        return {
          sessionId: session_id,
          deviceId: device_id,
          atMs: at,
          failed: error !== null || failures > 0,
          appVersion: app_version,
        }
      })
    },
  }
}

async function insertRows(run: Run, rows: readonly SessionRow[]): Promise<readonly undefined[]> {
  const values = rows.map(valuesOf)
  const parameters = values.flat()
  let count = 0
  const places = values.map((row) => `(${row.map(() => `$${++count}`).join(', ')})`)
  await run(
    `INSERT INTO sync_sessions (session_id, team, user_id, device_id, at, processing_ms, batch_size, items_synced,
       conflicts, failures, throughput, error, app_version)
     VALUES ${places.join(', ')}`,
    parameters,
  )
  return []
}

function valuesOf(row: SessionRow): readonly unknown[] {
  return [
    row.sessionId,
    row.team,
    row.userId,
    row.deviceId,
    Math.floor(row.atMs),
    row.processingMs,
    row.batchSize,
    row.itemsSynced,
    row.conflicts,
    row.failures,
    row.throughput ?? null,
    row.error ?? null,
    row.appVersion ?? null,
  ]
}

function conditionOf({ team, userId, deviceId }: Omit<SessionFilter, 'sinceMs'>): {
  readonly condition: string
  readonly parameters: readonly unknown[]
} {
  const parameters: unknown[] = [team]
  const conditions = ['team = $1']
  if (userId !== undefined) conditions.push(`user_id = $${parameters.push(userId)}`)
  if (deviceId !== undefined) conditions.push(`device_id = $${parameters.push(deviceId)}`)
  return { condition: conditions.join(' AND '), parameters }
}
