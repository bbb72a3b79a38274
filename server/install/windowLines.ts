/** The two lines by which a window reaches the database of its install: a browser's over a socket, Electron's over a port. */
import type { WebSocket } from 'ws'
import type { Line } from '../../model/line.ts'
import { webSocketTransport } from '../sync/webSocketTransport.ts'

const POLICY_VIOLATION = 1008

export function socketLine(socket: WebSocket): Line {
  return {
    ...webSocketTransport(socket),
    send(text) {
      // Both ends are on this computer: compressing would take longer than sending.
      if (socket.readyState === socket.OPEN) socket.send(text, { compress: false })
    },
    close: (reason) => socket.close(POLICY_VIOLATION, reason),
  }
}

/** The part of Electron's `MessagePortMain` that is used. */
export interface MainPort {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  postMessage(message: string): void
  start(): void
  close(): void
}

/** Electron tells a port that the other end is gone, also when it went with its page or its process. */
export function portLine(port: MainPort): Line {
  const listeners = new Set<() => void>()
  let isOpen = true
  function end(): void {
    if (!isOpen) return
    isOpen = false
    for (const listener of listeners) listener()
  }
  port.on('close', end)
  return {
    send(text) {
      if (isOpen) port.postMessage(text)
    },
    close() {
      port.close()
      end()
    },
    onMessage(listener) {
      // A page could post other things than text; as an empty text they are no message, and end the line.
      port.on('message', ({ data }) => listener(typeof data === 'string' ? data : ''))
      port.start()
    },
    onClose(listener) {
      if (isOpen) listeners.add(listener)
      else listener()
    },
  }
}
