/** A database that another program or another tab holds, as RxDB's remote storage over one line. */
import type { RxStorage, RxStorageInstance } from 'rxdb'
import { getRxStorageRemote, type MessageFromRemote, type RemoteMessageChannel } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'
import type { Line } from '../../../model/line.ts'

export interface RemoteStorageOptions {
  /** Called once, at once. */
  readonly openLine: () => Promise<Line>
  /** Why what is asked for fails once the line is down, for people. */
  readonly gone: string
  /** Called once when the line is down. */
  readonly onGone?: () => void
}

export function remoteStorage({ openLine, gone, onGone }: RemoteStorageOptions): RxStorage<unknown, unknown> {
  const answers = openAnswers(gone)
  const remote = getRxStorageRemote({
    // RxDB hands out one channel per identifier, for good.
    identifier: `wedsync-page-${crypto.randomUUID()}`,
    mode: 'one',
    async messageChannelCreator() {
      const line = await openLine()
      return channelOf(line, () => {
        answers.end()
        onGone?.()
      })
    },
  })
  return {
    ...remote,
    async createStorageInstance(params) {
      return untilGone(await answers.wait(remote.createStorageInstance(params)), answers)
    },
  }
}

interface Answers {
  /** Settles as the promise does, or rejects when the line is down. */
  wait<T>(answer: Promise<T>): Promise<T>
  end(): void
}

/** RxDB waits for an answer for as long as it takes. */
function openAnswers(gone: string): Answers {
  const open = new Set<(cause: Error) => void>()
  let isOver = false
  return {
    wait: (answer) =>
      new Promise((resolve, reject) => {
        if (isOver) return reject(new Error(gone))
        open.add(reject)
        answer.then(resolve, reject).finally(() => open.delete(reject))
      }),
    end() {
      isOver = true
      for (const reject of open) reject(new Error(gone))
      open.clear()
    },
  }
}

function untilGone<T>(instance: RxStorageInstance<T, unknown, unknown>, { wait }: Answers): typeof instance {
  const { bulkWrite, findDocumentsById, query, count } = instance
  instance.bulkWrite = (rows, context) => wait(bulkWrite.call(instance, rows, context))
  instance.findDocumentsById = (ids, withDeleted) => wait(findDocumentsById.call(instance, ids, withDeleted))
  instance.query = (prepared) => wait(query.call(instance, prepared))
  instance.count = (prepared) => wait(count.call(instance, prepared))
  return instance
}

function channelOf(line: Line, onLost: () => void): RemoteMessageChannel {
  const messages$ = new Subject<MessageFromRemote>()
  let isWanted = true
  line.onMessage((text) => messages$.next(JSON.parse(text)))
  line.onClose(() => {
    if (isWanted) onLost()
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
