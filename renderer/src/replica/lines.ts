/** What carries text out of this page. */
import type { Line } from '../../../model/line.ts'

/** @param socket open */
export function socketLine(socket: WebSocket): Line {
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => socket.close(),
    onMessage(listener) {
      socket.onmessage = ({ data }) => listener(String(data))
    },
    onClose(listener) {
      if (socket.readyState === WebSocket.CLOSED) listener()
      else socket.addEventListener('close', () => listener(), { once: true })
    },
  }
}

/** A port is told when its other end is closed, or gone with its process (Electron; Chromium since 122). */
export function portLine(port: MessagePort): Line {
  const ended = new AbortController()
  port.addEventListener('close', () => ended.abort())
  return {
    send: (text) => port.postMessage(text),
    close() {
      port.close()
      // The end that closes a port is not told.
      ended.abort()
    },
    onMessage(listener) {
      port.addEventListener('message', ({ data }) => listener(String(data)))
      port.start()
    },
    onClose(listener) {
      if (ended.signal.aborted) listener()
      else ended.signal.addEventListener('abort', () => listener(), { once: true })
    },
  }
}
