/** What an HTTP server does with whoever is slow, or speaks no HTTP. */
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorReply } from '../../model/rest/error.ts'

/** For `createServer`. A body of 5 MB may take two minutes, which is a bad line; the first lines of a request may not. */
export const SERVER_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
} as const

const REPLIES: Readonly<Record<string, { readonly status: string; readonly code: string }>> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', code: 'HEADERS_TOO_LARGE' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', code: 'REQUEST_TIMEOUT' },
}
const OTHERWISE = { status: '400 Bad Request', code: 'BAD_REQUEST' }

/** Answers what never becomes a request (no HTTP, too slow, too much in front) as any other error is answered. */
export function answerBadConnections(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const { status, code } = REPLIES[error.code ?? ''] ?? OTHERWISE
    const body = JSON.stringify({ error: code, code, requestId: randomUUID() } satisfies ErrorReply)
    const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`
    socket.end(`${head}\r\n\r\n${body}`)
  })
}
