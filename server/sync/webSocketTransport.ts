import { WebSocket } from 'ws'
import type { Transport } from '../../model/sync/transport.ts'

/** An open WebSocket of the `ws` package as a line between two replicas. */
export function webSocketTransport(socket: WebSocket): Transport {
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close() {
      socket.close()
    },
    buffered: () => socket.bufferedAmount,
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

/** Waits until the socket is open. Rejects with the reason if it closes first. */
export async function opened(socket: WebSocket): Promise<WebSocket> {
  await new Promise<void>((resolve, reject) => {
    const timeout = setTimeout(() => {
      socket.terminate()
      reject(new Error(`no answer within ${OPEN_TIMEOUT_MS / 1000} s`))
    }, OPEN_TIMEOUT_MS)
    socket.once('open', () => {
      clearTimeout(timeout)
      resolve()
    })
    socket.once('error', (cause) => {
      clearTimeout(timeout)
      reject(cause)
    })
  })
  return socket
}
