/**
 * The window's access to this install's database: RxDB's remote storage over one line per window. There is one
 * copy of the data on disk, and nothing to synchronise between the window and the server. Documents that the window reads
 * leave as the text that is stored: RxDB would parse them here, only to write them as JSON again.
 */
import type { PreparedQuery } from 'rxdb'
import { createErrorAnswer, exposeRxStorageRemote, type MessageToRemote } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'
import { z } from 'zod'
import { parseToRemote, writesUnder } from '../../model/database/remoteMessages.ts'
import type { Line } from '../../model/line.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { SqliteStorageInstance } from '../storage/instance.ts'

/** What a window opens: the part that says which collection that is. */
const opening = z.looseObject({
  databaseName: z.string(),
  collectionName: z.string(),
  schema: z.looseObject({ version: z.number() }),
})
type Opening = z.infer<typeof opening>

/**
 * Serves one window until its line closes. Whoever calls has checked whose it is.
 * @param isRetired of actors that were given up: a window that slept through it is turned away with its edit, and loads anew
 */
export function serveWindow(
  line: Line,
  { rxStorage }: Pick<SqliteStore, 'rxStorage'>,
  isRetired: (actor: string) => boolean = () => false,
): void {
  const messages = new Subject<MessageToRemote>()
  /** By the connection of each, the collection that it opened. */
  const connections = new Map<string, string>()
  const instances = new Map<string, SqliteStorageInstance<unknown>>()
  exposeRxStorageRemote({
    storage: {
      ...rxStorage,
      async createStorageInstance(params) {
        const instance = await rxStorage.createStorageInstance(params)
        if (instance instanceof SqliteStorageInstance) instances.set(nameOf(params), instance)
        return instance
      },
    },
    messages$: messages,
    send: (message) => line.send(JSON.stringify(message)),
  })
  line.onMessage((text) => {
    const message = parseToRemote(text)
    if (!message) {
      line.close('not a message of the remote storage')
      return
    }
    if (writesUnder(message, isRetired)) {
      line.close('this window edits under an actor that was given up')
      return
    }
    if (message.method === 'create') {
      const opened = opening.safeParse(message.params)
      connections.set(message.connectionId, opened.success ? nameOf(opened.data) : '')
    }
    const instance = instances.get(connections.get(message.connectionId) ?? '')
    const answer = instance && readAsText(instance, message)
    if (answer) void answer.then(line.send)
    else messages.next(message)
  })
  line.onClose(() => {
    // A window that is gone cannot say goodbye for its collections; the storage would keep feeding them.
    for (const connectionId of connections.keys()) {
      messages.next({ connectionId, requestId: 'window-closed', method: 'close', version: '', params: [] })
    }
  })
}

function nameOf({ databaseName, collectionName, schema }: Opening): string {
  return JSON.stringify([databaseName, collectionName, schema.version])
}

/** The answer to a read, as the remote storage would give it; `undefined` if it is no read of documents. */
function readAsText(instance: SqliteStorageInstance<unknown>, message: MessageToRemote): Promise<string> | undefined {
  switch (message.method) {
    case 'query':
      return answered(message, async () => `{"documents":${await listOf(instance.queryTexts(queryIn(message)))}}`)
    case 'findDocumentsById':
      return answered(message, () => {
        const [ids, withDeleted] = lookup.parse(message.params)
        return listOf(instance.findTexts(ids, withDeleted))
      })
    default:
      return undefined
  }
}

const lookup = z.tuple([z.array(z.string()), z.boolean()])
const queryParams = z.tuple([z.looseObject({ query: z.looseObject({}), queryPlan: z.looseObject({}) })])

/** The envelope of a query is checked here, and what is in it by the storage, which throws where it makes no sense. */
function queryIn({ params }: MessageToRemote): PreparedQuery<unknown> {
  return queryParams.parse(params)[0] as unknown as PreparedQuery<unknown>
}

async function listOf(texts: Promise<readonly string[]>): Promise<string> {
  return `[${(await texts).join(',')}]`
}

/** @param read gives JSON */
async function answered(message: MessageToRemote, read: () => Promise<string>): Promise<string> {
  try {
    const json = await read()
    const { connectionId, requestId: answerTo, method } = message
    return `${JSON.stringify({ connectionId, answerTo, method }).slice(0, -1)},"return":${json}}`
  } catch (error) {
    return JSON.stringify(createErrorAnswer(message, error instanceof Error ? error : new Error(String(error))))
  }
}
