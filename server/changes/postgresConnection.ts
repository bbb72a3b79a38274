/** SQL as the store needs it: queries and transactions, over a PostgreSQL server or over PGlite in this process. */
import { once } from 'node:events'
import pg from 'pg'
import { z } from 'zod'

export interface Queries {
  /** Runs one statement with `$1`, `$2`, … and returns its rows, which are unknown until they are parsed. */
  query(text: string, parameters?: readonly unknown[]): Promise<readonly unknown[]>
}

export interface Sql extends Queries {
  /**
   * Runs `work` in a transaction at level READ COMMITTED: each statement sees what was committed before it began, so a
   * read after a lock sees what the former holder of the lock wrote. Commits when the promise of `work` resolves.
   */
  transaction<T>(work: (sql: Queries) => Promise<T>): Promise<T>
  /** Waits for what is running. */
  close(): Promise<void>
}

/** Told of trouble that no caller is waiting for, such as a lost connection that will be opened again. */
export type OnProblem = (problem: Error) => void

const CONNECT_TIMEOUT_MS = 10_000
const POOL_SIZE = 10
/** A process that stalls in the middle of a transaction must not hold the lock of a scope for ever. */
const STALLED_TRANSACTION_MS = 30_000

/**
 * Connects lazily: a wrong address shows at the first query. Each connection keeps its statements prepared, so the address may be that
 * of a pooler by session, but not of one by transaction, through which nobody would hear of the changes of others either.
 */
export function connectToServer(databaseUrl: string, onProblem: OnProblem): Sql {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  })
  const connections = new Set<pg.PoolClient>()
  pool.on('connect', (client) => {
    connections.add(client)
    // The pool listens only while a connection is idle, and an error that nobody listens to ends the process.
    client.on('error', onProblem)
  })
  pool.on('remove', (client) => connections.delete(client))
  // An idle connection that broke. It was reported above, and the pool opens another when it needs one.
  pool.on('error', () => undefined)
  return {
    async query(text, parameters = []) {
      return rowsOf(await pool.query(prepared(text, parameters)))
    },
    async transaction(work) {
      const client = await pool.connect()
      try {
        // Not as options of the connection: poolers such as PgBouncer refuse those.
        await client.query(
          `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = ${STALLED_TRANSACTION_MS}`,
        )
        const result = await work({
          query: async (text, parameters = []) => rowsOf(await client.query(prepared(text, parameters))),
        })
        await client.query('COMMIT')
        client.release()
        return result
      } catch (error) {
        await abandon(client, onProblem)
        throw error
      }
    },
    async close() {
      await pool.end()
      // The pool does not wait until they are closed.
      while (connections.size > 0) await once(pool, 'remove')
    },
  }
}

async function abandon(client: pg.PoolClient, onProblem: OnProblem): Promise<void> {
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch (error) {
    const problem = asError(error)
    onProblem(problem)
    // Closes the connection, and with it whatever is left of the transaction.
    client.release(problem)
  }
}

const names = new Map<string, string>()

/**
 * A statement that a connection parses and plans only once, which takes the server longer than to carry it out. There are as many as
 * there are texts in the code: what differs from call to call is in the parameters. One without any, such as a migration, comes once.
 */
function prepared(text: string, parameters: readonly unknown[]): pg.QueryConfig {
  if (parameters.length === 0) return { text }
  const name = names.get(text) ?? `wedsync ${names.size + 1}`
  names.set(text, name)
  return { name, text, values: [...parameters] }
}

function rowsOf(result: { readonly rows: readonly unknown[] }): readonly unknown[] {
  return result.rows
}

/** As the server numbers its errors, but for those of the connection and of whoever shuts it down. */
const refusal = z.object({ code: z.string().regex(/^(?!08|57)(?=.*\d)[0-9A-Z]{5}$/) })

/** Whether the database itself has refused a statement: then nothing of its transaction was done, for certain. */
export function isRefusal(thrown: unknown): boolean {
  return refusal.safeParse(thrown).success
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
