/** The install's database, reached from its window over a WebSocket on loopback. */
import type { RxStorage } from 'rxdb'
import { getRxStorageRemote, type MessageFromRemote, type RemoteMessageChannel } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'

/** The subprotocol that the server answers with; the secret travels as a second one, which is not echoed. */
const PROTOCOL = 'wedsync'

/**
 * @param page   address of the page that the local server gave
 * @param onLost called once when the line to the server is gone; what is asked of the storage after that fails
 */
export function remoteStorage(page: string, secret: string, onLost: () => void): RxStorage<unknown, unknown> {
  return getRxStorageRemote({
    identifier: 'wedsync-window',
    mode: 'one',
    messageChannelCreator: () => openChannel(page, secret, onLost),
  })
}

async function openChannel(page: string, secret: string, onLost: () => void): Promise<RemoteMessageChannel> {
  const url = new URL('/api/offline/window/storage', page)
  url.protocol = 'ws:'
  const socket = new WebSocket(url, [PROTOCOL, secret])
  const messages$ = new Subject<MessageFromRemote>()
  socket.onmessage = ({ data }) => messages$.next(JSON.parse(String(data)))
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('the local server did not open the database for this window'))
  })
  socket.onclose = () => {
    messages$.error(new Error('the local server is gone'))
    onLost()
  }
  return {
    messages$,
    send: (message) => socket.send(JSON.stringify(message)),
    close: async () => {
      socket.onclose = null
      socket.close()
    },
  }
}
