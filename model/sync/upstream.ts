import type { Scheduler } from './scheduler.ts'
import type { Session, SessionError } from './session.ts'
import type { Transport } from './transport.ts'

const FIRST_PAUSE_MS = 500
const MAX_JITTER_MS = 500

/** Errors after which trying again is of no use until a person does something. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
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
  /** The longest pause between two tries. A hub on the LAN is tried often; the cloud, on a paid line, less. */
  readonly maxPauseMs: number
  readonly onChange: () => void
}

export interface Upstream {
  /** The running session, if there is a line. */
  session(): Session | undefined
  /** Why the last try or the last session ended; `undefined` while all is well. */
  problem(): SessionError | undefined
  /** Tries again now, for instance because the network has changed. */
  poke(): void
  stop(): Promise<void>
}

/** Keeps a session with one peer: connects, and connects again with growing pauses and jitter when the line is lost. */
export function keepConnected({ dial, start, scheduler, maxPauseMs, onChange }: UpstreamOptions): Upstream {
  let session: Session | undefined
  let problem: SessionError | undefined
  let stopped = false
  let failures = 0
  let cancelPause: (() => void) | undefined
  let wake: (() => void) | undefined

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
      cancelPause = scheduler.after(ms, resolve)
    })
  }

  async function attempt(): Promise<void> {
    let transport: Transport
    try {
      transport = await dial()
    } catch (cause) {
      problem = { code: 'UNREACHABLE', message: cause instanceof Error ? cause.message : 'no connection' }
      return
    }
    if (stopped) return transport.close()
    session = start(transport)
    onChange()
    const startedAt = scheduler.now()
    problem = (await session.closed) ?? CLOSED
    // A session that was accepted has proved the line; the pauses start small again.
    if (session.peer() && scheduler.now() - startedAt > FIRST_PAUSE_MS) failures = 0
    session = undefined
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await attempt()
      if (stopped) break
      onChange()
      const growing = Math.min(maxPauseMs, FIRST_PAUSE_MS * 2 ** failures++)
      const wanted = problem && FINAL_CODES.has(problem.code) ? PAUSE_AFTER_FINAL_MS : growing
      await pause(wanted + scheduler.random() * MAX_JITTER_MS)
    }
  }

  const running = run()
  return {
    session: () => session,
    problem: () => problem,
    poke() {
      cancelPause?.()
      wake?.()
    },
    async stop() {
      stopped = true
      cancelPause?.()
      wake?.()
      session?.close()
      await running
    },
  }
}
