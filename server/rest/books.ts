/** What a server notes of its own work, in the database of the records. */
import type { AuditLog } from '../audit/log.ts'
import { openPostgresAudit } from '../audit/postgresAudit.ts'
import { createTables, runOnPostgres, runOnSqlite } from '../audit/sql.ts'
import type { Sql } from '../changes/postgresConnection.ts'
import type { Database } from '../storage/open.ts'
import { SESSION_TABLES, type Sessions, sessionsIn } from './sessions.ts'

export interface Books {
  readonly audit: AuditLog
  readonly sessions: Sessions
}

/** @param audit the log, which an install keeps the heads of */
export function openSqliteBooks(database: Database, audit: AuditLog): Books {
  for (const statement of SESSION_TABLES) database.exec(statement)
  return { audit, sessions: sessionsIn(runOnSqlite(database), { isGrouped: false }) }
}

export async function openPostgresBooks(sql: Sql): Promise<Books> {
  await createTables(sql, SESSION_TABLES)
  return { audit: await openPostgresAudit(sql), sessions: sessionsIn(runOnPostgres(sql), { isGrouped: true }) }
}
