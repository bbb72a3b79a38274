/** Who is called after a commit: callers in this process directly, other processes of one database by NOTIFY. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { z } from 'zod'
import { asError, type OnProblem, type Queries } from './postgresConnection.ts'
import { fromColumn, parseRows, toColumn } from './postgresRows.ts'

const CHANNEL = 'wedsync_changes'
const CONNECT_TIMEOUT_MS = 10_000
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

/** Tells the other processes, when the transaction commits. `sender` is how a process knows its own notices. */
export async function notifyOthers(sql: Queries, sender: string, scopes: readonly string[]): Promise<void> {
  const notices = scopes.map((scope) => `${sender} ${toColumn(scope)}`)
  await sql.query(`SELECT pg_notify('${CHANNEL}', notice) FROM unnest($1::text[]) AS notice`, [notices])
}

interface ListenerOptions {
  readonly databaseUrl: string
  readonly sender: string
  readonly announcer: Announcer
  readonly onProblem: OnProblem
}

/**
 * A connection of its own that waits for notices and is opened again whenever it is lost. Notices are not kept for a
 * listener that is away, so after each return the scopes that changed meanwhile are announced.
 */
export class ChangeListener {
  readonly #options: ListenerOptions
  readonly #closing = new AbortController()
  #client: pg.Client | undefined
  /** Time of the database when the connection was last known to work. */
  #lastHeard: string | undefined
  #running: Promise<void> = Promise.resolve()

  private constructor(options: ListenerOptions) {
    this.#options = options
  }

  /** @throws if the first connection fails */
  static async start(options: ListenerOptions): Promise<ChangeListener> {
    const listener = new ChangeListener(options)
    const lost = await listener.#connect()
    listener.#running = listener.#keepConnected(lost)
    return listener
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  /** @returns a promise that resolves when this connection is gone */
  async #connect(): Promise<Promise<void>> {
    const { databaseUrl, announcer, onProblem } = this.#options
    const client = new pg.Client({
      connectionString: databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
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
    this.#client = client
    return lost
  }

  #hear(payload: string): void {
    const space = payload.indexOf(' ')
    if (payload.slice(0, space) !== this.#options.sender) this.#options.announcer.announce(fromColumn(payload.slice(space + 1)))
  }

  /** Notes the time, and returns what changed since the last such note. */
  async #missed(client: pg.Client): Promise<readonly string[]> {
    const since = this.#lastHeard
    await this.#beat(client)
    if (since === undefined) return []
    // A minute more, for a change whose transaction was not yet committed then. Too many calls only cost a look.
    const { rows } = await client.query<Record<string, unknown>>(
      `SELECT scope FROM scopes WHERE seq > 0 AND changed >= $1::timestamptz - interval '1 minute'`,
      [since],
    )
    return parseRows(z.object({ scope: z.string() }), rows).map(({ scope }) => fromColumn(scope))
  }

  async #beat(client: pg.Client): Promise<void> {
    const { rows } = await client.query<Record<string, unknown>>('SELECT clock_timestamp()::text AS time')
    const [row] = parseRows(z.object({ time: z.string() }), rows)
    this.#lastHeard = row?.time
  }

  async #keepConnected(firstLost: Promise<void>): Promise<void> {
    const { signal } = this.#closing
    let lost = firstLost
    let retryMs = FIRST_RETRY_MS
    for (;;) {
      await this.#stay(lost)
      if (signal.aborted) return
      for (let connected = false; !connected; ) {
        // Jitter, so that the processes of a cloud do not all come back in the same instant.
        await pause(retryMs * (0.5 + Math.random() / 2), signal)
        if (signal.aborted) return
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)
        try {
          lost = await this.#connect()
          connected = true
          retryMs = FIRST_RETRY_MS
        } catch (error) {
          this.#options.onProblem(asError(error))
        }
      }
    }
  }

  /** Returns when the connection is lost, does not answer any more, or is to be closed. */
  async #stay(lost: Promise<void>): Promise<void> {
    const { signal } = this.#closing
    const client = this.#client
    if (!client) return
    let isOpen = true
    const ended = lost.then(() => {
      isOpen = false
    })
    while (isOpen && !signal.aborted) {
      await Promise.race([ended, pause(HEARTBEAT_MS, signal)])
      if (!isOpen || signal.aborted) break
      try {
        await this.#beat(client)
      } catch (error) {
        this.#options.onProblem(asError(error))
        break
      }
    }
    this.#client = undefined
    if (isOpen) await client.end()
  }
}

/** Waits, but not longer than the signal allows, and without keeping the process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal, ref: false })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
