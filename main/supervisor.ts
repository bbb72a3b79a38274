/**
 * Keeps the local server running as long as the app is.
 *
 *     starting ──► running ──ends by itself──► starting      once; a second end soon after is given up
 *        │            │
 *        └─ fails ────┴──► failed ──restart()──► starting
 */
import type { Result } from '../model/result.ts'
import type { RunningServer } from './serverProcess.ts'

export interface SupervisorOptions {
  /** @param isFirst whether no start of this launch has succeeded yet */
  readonly start: (isFirst: boolean) => Promise<Result<RunningServer, string>>
  /** A server answers, at an address that is new after each start. */
  readonly onReady: (windowUrl: string) => void
  /** There is no server and there will be none by itself. */
  readonly onFailed: (sentence: string) => void
  /** Milliseconds, growing. */
  readonly now: () => number
}

export interface Supervisor {
  /** Starts the server, or starts it afresh. Resolves when `onReady` or `onFailed` has been called. */
  restart(): Promise<void>
  /** For good. */
  stop(): Promise<void>
}

/** A server that ends again this soon after it was restarted would do so for ever. */
const STABLE_AFTER_MS = 60_000

export function supervise({ start, onReady, onFailed, now }: SupervisorOptions): Supervisor {
  let running: RunningServer | undefined
  let turns: Promise<void> = Promise.resolve()
  let isFirst = true
  let isStopping = false
  let revivedAtMs: number | undefined

  async function startAfresh(): Promise<void> {
    const previous = running
    running = undefined
    await previous?.stop()
    if (isStopping) return
    const started = await start(isFirst)
    if (!started.ok) return onFailed(started.error)
    isFirst = false
    const server = started.value
    // Told to stop meanwhile: no window opens on a server that is about to go.
    if (isStopping) return server.stop()
    running = server
    onReady(server.windowUrl)
    server.ended.then(() => ended(server)).catch(tell)
  }

  function ended(server: RunningServer): void {
    // Otherwise it was told to end.
    if (server !== running || isStopping) return
    running = undefined
    if (revivedAtMs !== undefined && now() - revivedAtMs < STABLE_AFTER_MS) {
      onFailed('The local server ended twice within a minute. What you saved is safe.')
      return
    }
    revivedAtMs = now()
    inTurn(startAfresh).catch(tell)
  }

  function tell(cause: unknown): void {
    onFailed(cause instanceof Error ? cause.message : String(cause))
  }

  /** One step after the other; a step that failed is its caller's matter, and the next one runs all the same. */
  function inTurn(step: () => Promise<void>): Promise<void> {
    const turn = turns.then(step, step)
    turns = turn
    return turn
  }

  return {
    restart: () => inTurn(startAfresh),
    stop() {
      isStopping = true
      return inTurn(async () => {
        const last = running
        running = undefined
        await last?.stop()
      })
    },
  }
}
