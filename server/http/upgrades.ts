/** WebSockets beside the pages and the REST API: one handler per path, everything else is refused. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { MAX_MESSAGE_BYTES } from '../../model/wire/index.ts'

export interface UpgradeRoute {
  readonly path: string
  /** Why this request is refused, as a status line; `undefined` lets it in. */
  readonly refusal?: (request: IncomingMessage) => '401 Unauthorized' | '403 Forbidden' | undefined
  readonly serve: (socket: WebSocket, request: IncomingMessage) => void
}

export interface Upgrades {
  /** Ends the sockets that are still open. */
  close(): void
}

/** The subprotocol that a window names beside its secret, so that the server need not echo the secret. */
export const WINDOW_PROTOCOL = 'wedsync'

export function serveUpgrades(server: Server, routes: readonly UpgradeRoute[]): Upgrades {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: { threshold: 1_024 },
    handleProtocols: (protocols) => (protocols.has(WINDOW_PROTOCOL) ? WINDOW_PROTOCOL : false),
  })
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    const path = request.url?.split('?')[0]
    const route = routes.find((candidate) => candidate.path === path)
    const refusal = route ? route.refusal?.(request) : '404 Not Found'
    if (!route || refusal !== undefined) {
      stream.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => route.serve(socket, request))
  })
  return {
    close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}
