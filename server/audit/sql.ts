/** The little SQL that both databases understand alike, for what a server notes of its own work. */
import type { Sql } from '../changes/postgresConnection.ts'
import { commitQueueOf } from '../storage/commitQueue.ts'
import type { Database, Statement } from '../storage/open.ts'

/** Runs one statement with `$1`, `$2`, …; its rows are unknown until they are parsed. */
export type Run = (text: string, parameters: readonly unknown[]) => Promise<readonly unknown[]>

export function runOnSqlite(database: Database): Run {
  const prepared = new Map<string, Statement<unknown[]>>()
  return async (text, parameters) => {
    const statement = prepared.get(text) ?? database.prepare<unknown[]>(text)
    prepared.set(text, statement)
    // SQLite takes `$1` for a parameter of the name 1.
    const named = Object.fromEntries(parameters.map((value, index) => [`${index + 1}`, value]))
    if (statement.reader) return statement.all(named)
    await commitQueueOf(database).write({ run: () => statement.run(named) })
    return []
  }
}

export function runOnPostgres(sql: Sql): Run {
  return (text, parameters) => sql.query(text, parameters)
}

/** Any number that no other program uses on the same database for an advisory lock. */
const TABLES_LOCK = 7_339_117_202

/** Any number of processes may do so at once: they take turns. */
export async function createTables(sql: Sql, statements: readonly string[]): Promise<void> {
  await sql.transaction(async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [TABLES_LOCK])
    for (const statement of statements) await transaction.query(statement)
  })
}
