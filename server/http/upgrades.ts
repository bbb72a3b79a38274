/** WebSockets beside the pages and the REST API: one handler per path, everything else is refused. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { WINDOW_PROTOCOL } from '../../model/windowProtocol.ts'
import { MAX_MESSAGE_BYTES } from '../../model/wire/index.ts'
import type { Log } from '../log.ts'
import { describeFault } from '../rest/errors.ts'

type Refusal = '401 Unauthorized' | '403 Forbidden' | '503 Service Unavailable'

export interface UpgradeRoute {
  readonly path: string
  /** Why this request is refused, as a status line; `undefined` lets it in. */
  readonly refusal?: (request: IncomingMessage) => Refusal | undefined | Promise<Refusal | undefined>
  /** A subprotocol that is a token is accepted: a browser takes no socket that accepts none of those it named. */
  readonly takesTokenAsProtocol?: true
  readonly serve: (socket: WebSocket, request: IncomingMessage) => void
}

/** A third of the time of zlib's own 6 for 6 % more bytes, by 115 messages of 87 records. Most of what it finds is in the window. */
const DEFLATE_LEVEL = 3

export interface Upgrades {
  /** Ends the sockets that are still open. */
  close(): void
}

export function serveUpgrades(server: Server, routes: readonly UpgradeRoute[], log: Log): Upgrades {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: { threshold: 1_024, zlibDeflateOptions: { level: DEFLATE_LEVEL } },
    handleProtocols(protocols, request) {
      if (protocols.has(WINDOW_PROTOCOL)) return WINDOW_PROTOCOL
      const [first = false] = routeOf(request)?.takesTokenAsProtocol ? protocols : []
      return first
    },
  })

  function routeOf(request: IncomingMessage): UpgradeRoute | undefined {
    const path = request.url?.split('?')[0]
    return routes.find((candidate) => candidate.path === path)
  }

  async function answer(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const route = routeOf(request)
    const refusal = route ? await route.refusal?.(request) : '404 Not Found'
    if (!route || refusal !== undefined) {
      stream.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => route.serve(socket, request))
  }

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy())
    answer(request, stream, head).catch((fault) => {
      log('upgrade:failed', describeFault(fault))
      stream.destroy()
    })
  })
  return {
    close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}
