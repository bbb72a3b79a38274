import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Transport } from '../../model/sync/transport.ts'

/**
 * Messages shorter than this go uncompressed: handing one to the compressor's threads and back costs either end more than it
 * saves on the line (decision 0036). The option of `ws` by this name is not heeded where the window is kept.
 */
const MIN_COMPRESSED_CHARS = 512

/**
 * An open WebSocket of the `ws` package as a line between two replicas.
 * @param wire what it runs on, to count what really goes over it
 */
export function webSocketTransport(socket: WebSocket, wire?: Socket): Transport {
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text, { compress: text.length >= MIN_COMPRESSED_CHARS })
    },
    close() {
      socket.close()
    },
    buffered: () => socket.bufferedAmount,
    ...(wire && { wireBytes: () => ({ in: wire.bytesRead, out: wire.bytesWritten }) }),
    onMessage(listener) {
      socket.on('message', (data, isBinary) => {
        // There are no binary frames in the protocol; as text they are no JSON, and are answered as a bad message.
        listener(isBinary ? '' : data.toString())
      })
    },
    onClose(listener) {
      if (socket.readyState === WebSocket.CLOSED) listener()
      socket.once('close', listener)
      // 'close' always follows an error; without a listener here, the error would end the process.
      socket.on('error', () => socket.terminate())
    },
  }
}

const OPEN_TIMEOUT_MS = 5_000

/** Who answers speaks HTTP, and would not open a WebSocket. */
export class NoWebSocketError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the answer was ${status}, and no connection`)
    this.name = 'NoWebSocketError'
    this.status = status
  }
}

/** Waits until the socket is open. Rejects with the reason if it closes first: a {@link NoWebSocketError}, or what the line had. */
export async function openTransport(socket: WebSocket): Promise<Transport> {
  let wire: Socket | undefined
  socket.once('upgrade', (response) => {
    wire = response.socket
  })
  await new Promise<void>((resolve, reject) => {
    const timeout = setTimeout(() => {
      socket.terminate()
      reject(new Error(`no answer within ${OPEN_TIMEOUT_MS / 1000} s`))
    }, OPEN_TIMEOUT_MS)
    socket.once('open', () => {
      clearTimeout(timeout)
      resolve()
    })
    socket.once('unexpected-response', (request, { statusCode = 0 }) => {
      clearTimeout(timeout)
      reject(new NoWebSocketError(statusCode))
      request.destroy()
    })
    socket.once('error', (cause) => {
      clearTimeout(timeout)
      reject(cause)
    })
  })
  return webSocketTransport(socket, wire)
}
