/**
 * The window's access to this install's database: RxDB's remote storage over a WebSocket on loopback. There is one
 * copy of the data on disk, and nothing to synchronise between the window and the server.
 */
import { exposeRxStorageRemote, type MessageToRemote } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'
import type { RawData, WebSocket } from 'ws'
import { z } from 'zod'
import type { SqliteStore } from '../changes/sqlite.ts'

/**
 * What a window may ask for. `remove` and `cleanup` would take records from the whole team, and a name that is no
 * method of a storage must not reach the object that has them.
 */
const METHODS = [
  'create',
  'bulkWrite',
  'findDocumentsById',
  'query',
  'count',
  'getAttachmentData',
  'getChangedDocumentsSince',
  'close',
] as const

const messageToRemote = z.looseObject({
  connectionId: z.string(),
  requestId: z.string(),
  method: z.enum(METHODS),
})

/** Serves one window until its socket closes. Whoever calls has checked the secret, the host and the origin. */
export function serveWindow(socket: WebSocket, { rxStorage }: SqliteStore): void {
  const messages = new Subject<MessageToRemote>()
  const connections = new Set<string>()
  exposeRxStorageRemote({
    storage: rxStorage,
    messages$: messages,
    send: (message) => {
      // Both ends are on this computer: compressing would take longer than sending.
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message), { compress: false })
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
    // The envelope is checked here. A call with wrong parameters throws in the storage, which is answered as an error, and
    // a document that is no record is refused by the hook that notes its history.
    return message.success ? (message.data as unknown as MessageToRemote) : undefined
  } catch {
    return undefined // not JSON
  }
}
