/**
 * The window's access to this install's database: RxDB's remote storage over a WebSocket on loopback. There is one copy of
 * the data on disk, and nothing to synchronise between the window and the server.
 */
import { exposeRxStorageRemote, type MessageToRemote } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'
import type { RawData, WebSocket } from 'ws'
import { z } from 'zod'
import type { SqliteStore } from '../changes/sqlite.ts'

const messageToRemote = z.looseObject({
  connectionId: z.string(),
  requestId: z.string(),
  method: z.string(),
})

/** Serves one window until its socket closes. Whoever calls has checked the secret, the host and the origin. */
export function serveWindow(socket: WebSocket, { rxStorage }: SqliteStore): void {
  const messages = new Subject<MessageToRemote>()
  const connections = new Set<string>()
  exposeRxStorageRemote({
    storage: rxStorage,
    messages$: messages,
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
    },
  })
  socket.on('message', (data: RawData) => {
    const message = parse(data.toString())
    if (!message) return socket.close(1008, 'not a message of the remote storage')
    if (message.method === 'create') connections.add(message.connectionId)
    messages.next(message)
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    // A window that is gone cannot say goodbye for its collections; the storage would keep feeding them.
    for (const connectionId of connections) {
      messages.next({ connectionId, requestId: 'window-closed', method: 'close', version: '', params: [] })
    }
  })
}

function parse(text: string): MessageToRemote | undefined {
  try {
    const message = messageToRemote.safeParse(JSON.parse(text))
    // The envelope is checked here; what is inside, RxDB checks against the schema of the collection.
    return message.success ? (message.data as unknown as MessageToRemote) : undefined
  } catch {
    return undefined // not JSON
  }
}
