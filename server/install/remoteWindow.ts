/**
 * The window's access to this install's database: RxDB's remote storage over one line per window. There is one
 * copy of the data on disk, and nothing to synchronise between the window and the server. Documents that the window reads
 * leave as the text that is stored: RxDB would parse them here, only to write them as JSON again.
 */
import type { PreparedQuery } from 'rxdb'
import { createErrorAnswer, exposeRxStorageRemote, type MessageToRemote } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'
import { z } from 'zod'
import type { Line } from '../../model/line.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { SqliteStorageInstance } from '../storage/instance.ts'

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
    const message = parse(text)
    if (!message) {
      line.close('not a message of the remote storage')
      return
    }
    if (message.method === 'bulkWrite' && writesUnder(message, isRetired)) {
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

const writes = z.tuple([z.array(z.object({ previous: z.unknown().optional(), document: z.unknown() }))], z.unknown())
const counted = z.object({
  actors: z.array(z.string()),
  units: z.record(z.string(), z.object({ v: z.array(z.number()) })),
})

/** Whether a document counts more edits of one of these actors than the one that it replaces. */
function writesUnder({ params }: MessageToRemote, isOneOf: (actor: string) => boolean): boolean {
  const rows = writes.safeParse(params).data?.[0] ?? []
  return rows.some(({ previous, document }) => {
    const after = counted.safeParse(document).data
    if (!after?.actors.some(isOneOf)) return false
    const before = counted.safeParse(previous).data
    return Object.entries(after.units).some(([readClass, { v }]) =>
      v.some((count, i) => {
        const actor = after.actors[i] ?? ''
        const known = before?.units[readClass]?.v[before.actors.indexOf(actor)] ?? 0
        return isOneOf(actor) && count > known
      }),
    )
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
