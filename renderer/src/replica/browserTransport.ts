import { teamHost } from '../../../model/identity/teamHost.ts'
import { createEndOfTurn } from '../../../model/sync/endOfTurn.ts'
import type { Scheduler } from '../../../model/sync/scheduler.ts'
import type { Transport } from '../../../model/sync/transport.ts'
import { socketLine } from './lines.ts'

const OPEN_TIMEOUT_MS = 5_000

/** Where a tablet's hub is: the one that gave this page, or whoever took over from it. */
export interface HubPlace {
  /** Where its last line was opened, for whatever else is asked of it; empty for the origin of this page. */
  origin(): string
  /**
   * Opens a line to the hub that gave this page, else to the one that took over from it: the team's name leads there, to
   * whoever has installed the team's authority.
   */
  dial(): Promise<Transport>
}

export function hubPlace(team: string): HubPlace {
  let origin = ''
  return {
    origin: () => origin,
    async dial() {
      try {
        const line = await openLine(window.location.hostname)
        origin = ''
        return line
      } catch {
        const name = unheardName(team)
        await greet(name)
        const line = await openLine(name)
        const url = new URL(window.location.origin)
        url.hostname = name
        origin = url.origin
        return line
      }
    },
  }
}

/** Chromium gives a WebSocket up where it is asked for a certificate, unless a request has settled before that it has none. */
async function greet(hostname: string): Promise<void> {
  const url = new URL('/trust', window.location.href)
  url.hostname = hostname
  await fetch(url, { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) })
}

/** Of the team's hub (`isHostOf`), and never asked for before. */
function unheardName(team: string): string {
  const digits = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, '0'))
  return `${digits.join('')}.${teamHost(team)}`
}

/** On the port of this page: the next hub takes that of the last. */
async function openLine(hostname: string): Promise<Transport> {
  const url = new URL('/api/offline/peer', window.location.href)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  url.hostname = hostname
  const socket = new WebSocket(url)
  await new Promise<void>((resolve, reject) => {
    const timeout = setTimeout(() => {
      socket.close()
      reject(new Error('the hub does not answer'))
    }, OPEN_TIMEOUT_MS)
    socket.onopen = () => {
      clearTimeout(timeout)
      resolve()
    }
    socket.onerror = () => {
      clearTimeout(timeout)
      reject(new Error('the hub cannot be reached'))
    }
  })
  return { ...socketLine(socket), buffered: () => socket.bufferedAmount }
}

let turns: MessageChannel | undefined

/** By a message to ourselves: a timer of a page that is not in view waits for up to a second, and this one may sync for the one that is. */
const atEndOfTurn = createEndOfTurn((callback) => {
  turns ??= new MessageChannel()
  turns.port1.onmessage = callback
  turns.port2.postMessage(null)
})

export const browserScheduler: Scheduler = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, run) {
    if (ms === 0) return atEndOfTurn(run)
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
