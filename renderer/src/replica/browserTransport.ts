import type { Scheduler } from '../../../model/sync/scheduler.ts'
import type { Transport } from '../../../model/sync/transport.ts'
import { socketLine } from './lines.ts'

const OPEN_TIMEOUT_MS = 5_000

/** Opens a line to the hub that gave this page. */
export async function dialHub(): Promise<Transport> {
  const url = new URL('/api/offline/peer', window.location.href)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
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

export const browserScheduler: Scheduler = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
