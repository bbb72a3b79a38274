/** Who is called after a commit: callers in this process directly, other processes of one database by NOTIFY. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { z } from 'zod'
import { asError, type OnProblem } from './postgresConnection.ts'
import { fromColumn, parseRows } from './postgresRows.ts'

const CHANNEL = 'wedsync_changes'
const CONNECT_TIMEOUT_MS = 10_000
/** As the server lists it in `pg_stat_activity`. */
export const LISTENER_NAME = 'wedsync listener'
const HEARTBEAT_MS = 20_000
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 10_000

/** The listeners of this process. */
export class Announcer {
  readonly #listeners = new Set<{ readonly call: (scope: string) => void }>()

  subscribe(call: (scope: string) => void): () => void {
    const listener = { call }
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  announce(scope: string): void {
    for (const listener of this.#listeners) {
      // Each in a task of its own: one that throws is loud, but fails neither the commit nor the next listener.
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener.call(scope)
      })
    }
  }
}

/**
 * SQL that tells the other processes, when the transaction commits.
 * @param sender SQL for how a process knows its own notices
 * @param scope SQL for the scope, as it stands in a column
 */
export function notifying(sender: string, scope: string): string {
  return `pg_notify('${CHANNEL}', ${sender} || ' ' || ${scope})`
}

interface ListenerOptions {
  readonly databaseUrl: string
  readonly sender: string
  readonly announcer: Announcer
  readonly onProblem: OnProblem
}

interface Connection {
  readonly client: pg.Client
  /** Resolves when the connection is gone. */
  readonly lost: Promise<void>
}

/**
 * A connection of its own that waits for notices and is opened again whenever it is lost. Notices are not kept for a
 * listener that is away, so after each return the scopes that changed meanwhile are announced.
 */
export class ChangeListener {
  readonly #options: ListenerOptions
  readonly #closing = new AbortController()
  /** Time of the database when a connection was last known to work. */
  #lastHeard: string | undefined
  #running: Promise<void> = Promise.resolve()

  private constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** @throws if the first connection fails */
  static async start(options: ListenerOptions): Promise<ChangeListener> {
    const listener = new ChangeListener(options)
    listener.#running = listener.#run(await listener.#connect())
    return listener
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(first: Connection): Promise<void> {
    const { signal } = this.#closing
    let connection: Connection | undefined = first
    let retryMs = FIRST_RETRY_MS
    for (;;) {
      if (connection) {
        await this.#stay(connection)
        retryMs = FIRST_RETRY_MS
      }
      if (signal.aborted) return
      // Jitter, so that the processes of a cloud do not all come back in the same instant.
      await pause(retryMs * (0.5 + Math.random() / 2), signal)
      if (signal.aborted) return
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)
      connection = await this.#reconnect()
    }
  }

  async #reconnect(): Promise<Connection | undefined> {
    try {
      return await this.#connect()
    } catch (error) {
      this.#options.onProblem(asError(error))
      return undefined
    }
  }

  async #connect(): Promise<Connection> {
    const { databaseUrl, announcer, onProblem } = this.#options
    const client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: LISTENER_NAME,
    })
    const lost = new Promise<void>((resolve) => client.once('end', resolve))
    client.on('error', onProblem)
    client.on('notification', ({ payload = '' }) => this.#hear(payload))
    await client.connect()
    try {
      await client.query(`LISTEN ${CHANNEL}`)
      for (const scope of await this.#missed(client)) announcer.announce(scope)
    } catch (error) {
      await client.end()
      throw error
    }
    return { client, lost }
  }

  #hear(payload: string): void {
    const { sender, announcer } = this.#options
    const space = payload.indexOf(' ')
    if (payload.slice(0, space) !== sender) announcer.announce(fromColumn(payload.slice(space + 1)))
  }

  /** Notes the time, and returns the scopes that changed since the last such note. */
  async #missed(client: pg.Client): Promise<readonly string[]> {
    const since = this.#lastHeard
    await this.#beat(client)
    if (since === undefined) return []
    // A minute more, for a change whose transaction was not yet committed then. A call too many only costs a look.
    const { rows } = await client.query<Record<string, unknown>>(
      `SELECT scope FROM scopes WHERE seq > 0 AND changed >= $1::timestamptz - interval '1 minute'`,
      [since],
    )
    return parseRows(scopeRow, rows).map(({ scope }) => fromColumn(scope))
  }

  /** Proves that the connection works; a cut one is otherwise silent. */
  async #beat(client: pg.Client): Promise<void> {
    const { rows } = await client.query<Record<string, unknown>>('SELECT clock_timestamp()::text AS time')
    this.#lastHeard = parseRows(timeRow, rows)[0]?.time
  }

  /** Returns when the connection was lost, stopped answering, or is to be closed; it is closed then. */
  async #stay({ client, lost }: Connection): Promise<void> {
    const { signal } = this.#closing
    let isOpen = true
    const gone = lost.then(() => {
      isOpen = false
    })
    try {
      while (isOpen && !signal.aborted) {
        await Promise.race([gone, pause(HEARTBEAT_MS, signal)])
        if (isOpen && !signal.aborted) await this.#beat(client)
      }
      if (isOpen) await client.end()
    } catch (error) {
      this.#options.onProblem(asError(error))
      // A query is still waiting for its answer, and then this does not wait for the other side.
      if (isOpen) await client.end()
    }
  }
}

const scopeRow = z.object({ scope: z.string() })
const timeRow = z.object({ time: z.string() })

/** Waits, but not longer than the signal allows, and without keeping the process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal, ref: false })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
