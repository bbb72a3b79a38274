/** Somebody typed the address without `https://`: on a port for TLS, plain HTTP is answered with where to go, and no more. */
import { createServer, type Server as HttpServer } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import { SERVER_LIMITS } from '../protection/httpServer.ts'

/** First byte of a TLS connection (RFC 8446, section 5.1: a record of the type handshake). */
const TLS_HANDSHAKE = 22
const PATIENCE_MS = 3_000

/**
 * Looks at the first byte of each connection before TLS does.
 * @param names hosts by which this server may be called; whoever names another one is sent to the address that it reached
 */
export function redirectPlainHttp(server: Server, names: readonly string[]): void {
  const redirecting = createRedirecting(names)
  const secure = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    const drop = (): void => void socket.destroy()
    socket.on('error', drop)
    socket.once('readable', () => {
      const first: unknown = socket.read(1)
      if (!Buffer.isBuffer(first)) return
      socket.unshift(first)
      if (first[0] !== TLS_HANDSHAKE) {
        redirecting.emit('connection', socket)
        return
      }
      socket.setTimeout(0)
      socket.off('error', drop)
      for (const listener of secure) Reflect.apply(listener, server, [socket])
    })
  })
}

function createRedirecting(names: readonly string[]): HttpServer {
  return createServer(SERVER_LIMITS, (request, response) => {
    const { localAddress = '', localPort } = request.socket
    const asked = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    const host = names.find((name) => name === asked) ?? localAddress
    // A path is one of this server, whatever it begins with: `//elsewhere` stays below our own origin.
    const location = `https://${host}:${localPort}${request.url?.startsWith('/') ? request.url : '/'}`
    response.writeHead(308, { Location: location, Connection: 'close', 'Content-Length': 0 }).end()
  })
}
