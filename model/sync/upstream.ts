import type { UpstreamFigures } from './figures.ts'
import type { Scheduler } from './scheduler.ts'
import type { Session, SessionError } from './session.ts'
import type { Transport } from './transport.ts'

/**
 * Pauses between tries (`wedsync-api.md` §2.5, "ours"): 2 s · 2ⁿ by how near the next wedding is, and up to a second of
 * chance, so that thirty tablets do not come back to a hub at once. The first try after a good session comes sooner.
 */
const FIRST_PAUSE_MS = 500
const PAUSE_MS = 2_000
const MAX_JITTER_MS = 1_000
const FACTORS = { critical: 0.5, high: 1, medium: 1.5, low: 2 } as const
export type Urgency = keyof typeof FACTORS
/** A session that lasted this long has proved the line. */
const PROVED_MS = 5_000

/** Errors after which trying again is of no use until a person does something. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
  'KEY_REPLACED',
  'REVOKED',
  'OTHER_TEAM',
  'SAME_STORE',
  'OLD_PROTOCOL',
])
/** The peer has ended in good order, or the line is gone without a word. */
const CLOSED: SessionError = { code: 'CLOSED', message: 'the connection was closed' }
const PAUSE_AFTER_FINAL_MS = 30_000

export interface UpstreamOptions {
  /** Opens a line. Rejects with the reason if there is none to be had. */
  readonly dial: () => Promise<Transport>
  readonly start: (transport: Transport) => Session
  readonly scheduler: Scheduler
  /** How near the next wedding is. */
  readonly urgency: () => Promise<Urgency>
  /** The longest pause between two tries. A hub on the LAN is tried often; the cloud, on a paid line, less. */
  readonly maxPauseMs: number
  readonly onChange: () => void
  /** No line could be opened. */
  readonly onUnreachable: (error: SessionError) => void
}

export interface Upstream {
  /** The running session, if there is a line. */
  session(): Session | undefined
  /** Why the last try or the last session ended; `undefined` while all is well. */
  problem(): SessionError | undefined
  figures(): UpstreamFigures
  /** Tries again now, for instance because the network has changed. */
  poke(): void
  stop(): Promise<void>
}

/** Keeps a session with one peer: connects, and connects again with growing pauses and jitter when the line is lost. */
export function keepConnected(options: UpstreamOptions): Upstream {
  const { dial, start, scheduler, maxPauseMs, onChange } = options
  let session: Session | undefined
  let problem: SessionError | undefined
  let lastError: (SessionError & { readonly atMs: number }) | undefined
  let stopped = false
  let attempts = 0
  let failures = 0
  let inARow = 0
  let nextTryAtMs: number | undefined
  let cancelPause: (() => void) | undefined
  let wake: (() => void) | undefined

  function pause(ms: number): Promise<void> {
    nextTryAtMs = scheduler.now() + ms
    return new Promise((resolve) => {
      wake = resolve
      cancelPause = scheduler.after(ms, resolve)
    })
  }

  function fail(error: SessionError): void {
    problem = error
    lastError = { ...error, atMs: scheduler.now() }
    failures++
    inARow++
  }

  async function attempt(): Promise<void> {
    attempts++
    nextTryAtMs = undefined
    let transport: Transport
    try {
      transport = await dial()
    } catch (cause) {
      const error = { code: 'UNREACHABLE', message: cause instanceof Error ? cause.message : 'no connection' }
      options.onUnreachable(error)
      return fail(error)
    }
    if (stopped) return transport.close()
    session = start(transport)
    onChange()
    const startedAt = scheduler.elapsed()
    const error = (await session.closed) ?? CLOSED
    const hasProved = session.peer() !== undefined && scheduler.elapsed() - startedAt > PROVED_MS
    session = undefined
    fail(error)
    // A session that was accepted has proved the line; the pauses start small again.
    if (hasProved) inARow = 0
  }

  async function pauseMs(): Promise<number> {
    const jitter = scheduler.random() * MAX_JITTER_MS
    if (problem && FINAL_CODES.has(problem.code)) return PAUSE_AFTER_FINAL_MS + jitter
    if (inARow === 0) return FIRST_PAUSE_MS + jitter
    const growing = PAUSE_MS * 2 ** (inARow - 1) * FACTORS[await options.urgency()]
    return Math.min(maxPauseMs, growing) + jitter
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await attempt()
      if (stopped) break
      const ms = await pauseMs()
      if (stopped) break
      const over = pause(ms)
      onChange()
      await over
    }
  }

  const running = run()
  return {
    session: () => session,
    problem: () => problem,
    figures: () => ({
      attempts,
      failures,
      inARow,
      ...(lastError && { lastError }),
      ...(nextTryAtMs !== undefined && { nextTryAtMs }),
    }),
    poke() {
      cancelPause?.()
      wake?.()
    },
    async stop() {
      stopped = true
      cancelPause?.()
      wake?.()
      const last = session
      last?.close()
      await running
      await last?.atRest
    },
  }
}
