/** The install's database, as RxDB's remote storage over one line. */
import type { RxStorage } from 'rxdb'
import { getRxStorageRemote, type MessageFromRemote, type RemoteMessageChannel } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'
import type { Line } from '../../../model/line.ts'

/**
 * @param openLine called once, at once
 * @param onLost   called once when the line to the server is gone; what is asked of the storage after that fails
 */
export function remoteStorage(openLine: () => Promise<Line>, onLost: () => void): RxStorage<unknown, unknown> {
  return getRxStorageRemote({
    // RxDB hands out one channel per identifier, for good.
    identifier: `wedsync-window-${crypto.randomUUID()}`,
    mode: 'one',
    messageChannelCreator: async () => channelOf(await openLine(), onLost),
  })
}

function channelOf(line: Line, onLost: () => void): RemoteMessageChannel {
  const messages$ = new Subject<MessageFromRemote>()
  let isWanted = true
  line.onMessage((text) => messages$.next(JSON.parse(text)))
  line.onClose(() => {
    if (!isWanted) return
    messages$.error(new Error('the local server is gone'))
    onLost()
  })
  return {
    messages$,
    send: (message) => line.send(JSON.stringify(message)),
    close: async () => {
      isWanted = false
      line.close()
    },
  }
}
