import type { Server } from 'node:http'
import { err, ok, type Result } from '../../model/result.ts'

export interface ListenError {
  readonly kind: 'cannot-listen'
  readonly host: string
  readonly port: number
  readonly detail: string
}

/** Starts to accept connections. @returns the port, which the system chose if 0 was asked for */
export async function listen(server: Server, port: number, host: string): Promise<Result<number, ListenError>> {
  const failed = await new Promise<Error | undefined>((resolve) => {
    server.once('error', resolve)
    server.listen(port, host, () => {
      server.off('error', resolve)
      resolve(undefined)
    })
  })
  if (failed) return err({ kind: 'cannot-listen', host, port, detail: failed.message })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has no address')
  endConnectionsWithServer(server)
  return ok(address.port)
}

/** Node keeps the connection of a request that was under way at `close`, and answers whatever comes over it next. */
function endConnectionsWithServer(server: Server): void {
  server.on('request', (request, response) => {
    response.once('finish', () => {
      if (!server.listening) request.socket.end()
    })
  })
}

const LAST_WORDS_MS = 2_000

/** Takes no more requests, lets the running ones end, and then cuts what is still open. */
export async function stopListening(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS)
  await ended
  clearTimeout(cut)
}
