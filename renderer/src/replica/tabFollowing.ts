/** A tab that works with the data that another tab holds (`tabMessages.ts`): as the window of an install does with its server's. */
import { createRxDatabase, type RxCollection, type RxStorage } from 'rxdb'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { BehaviorSubject } from 'rxjs'
import { z } from 'zod'
import type { ClientError } from '../../../model/client/client.ts'
import { RECORDS, type RecordDocument, sequencedRecordSchema } from '../../../model/database/recordSchema.ts'
import { rxRecordStore } from '../../../model/database/rxRecordStore.ts'
import type { Line } from '../../../model/line.ts'
import { createClock } from '../../../model/merge/clock.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { createPresence, type Other } from '../presence/presence.ts'
import { pageApi } from './api.ts'
import { remoteStorage } from './remoteStorage.ts'
import type { Replica } from './replica.ts'
import {
  ALL_TABS,
  nameOfTab,
  TAB_VERSION,
  type TabCall,
  type ToAllTabs,
  type ToLeader,
  type ToTab,
  tabletDraft,
  toAllTabs,
  toTab,
  type Welcome,
} from './tabMessages.ts'

const GONE = 'the other tab of WedSync was closed'
const ASK_EVERY_MS = 300
/** A tab in the background may be slow to answer; one that does not answer for so long is asleep. */
const PATIENCE_MS = 5_000

/** Whatever was written by earlier versions, the other tab has taken over. */
const FIRST_VERSION = { ...sequencedRecordSchema, version: 0 }

type Heard = BehaviorSubject<ToTab | undefined>

export interface Following {
  readonly replica: Replica
  /** The place of this tablet in its team is no longer good. */
  readonly isOut: boolean
  /** Resolves when the tab that holds the data wants this one to open again. */
  readonly ended: Promise<void>
  /** The other tab is gone: what waits for its answer fails. */
  end(): void
}

/** Resolves when some tab says that it has something to open. */
export function leaderSpeaks(): Promise<void> {
  return new Promise((resolve) => {
    const all = new BroadcastChannel(ALL_TABS)
    all.onmessage = ({ data }) => {
      if (toAllTabs.safeParse(data).data?.say !== 'leading') return
      all.close()
      resolve()
    }
  })
}

/** @returns `undefined` if the tab that holds the data has nothing to open or does not answer, or this one is to stop asking */
export async function follow(signal: AbortSignal): Promise<Following | undefined> {
  const tab = crypto.randomUUID()
  const letGo = await holdLock(nameOfTab(tab))
  const channel = new BroadcastChannel(nameOfTab(tab))
  const heard: Heard = new BehaviorSubject<ToTab | undefined>(undefined)
  channel.onmessage = ({ data }) => {
    const message = toTab.safeParse(data)
    if (message.success) heard.next(message.data)
  }
  const welcome = await askToOpen(tab, heard, signal)
  if (!welcome) {
    channel.close()
    letGo()
    return undefined
  }
  return open(welcome, channel, heard, { letGo, signal })
}

function whenAborted(signal: AbortSignal, stop: () => void): void {
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
}

/** Held until it is let go, or the tab is gone. */
function holdLock(name: string): Promise<() => void> {
  return new Promise((resolve) => {
    void navigator.locks.request(name, () => new Promise<void>((letGo) => resolve(letGo)))
  })
}

async function askToOpen(tab: string, heard: Heard, signal: AbortSignal): Promise<Welcome | undefined> {
  const all = new BroadcastChannel(ALL_TABS)
  const ask = (): void => all.postMessage({ say: 'open', version: TAB_VERSION, tab } satisfies ToAllTabs)
  const asking = setInterval(ask, ASK_EVERY_MS)
  let patience: ReturnType<typeof setTimeout> | undefined
  try {
    return await new Promise((resolve) => {
      patience = setTimeout(() => resolve(undefined), PATIENCE_MS)
      whenAborted(signal, () => resolve(undefined))
      heard.subscribe((message) => {
        if (message?.say === 'welcome') resolve(message)
        if (message?.say === 'busy') resolve(undefined)
      })
      ask()
    })
  } finally {
    clearTimeout(patience)
    clearInterval(asking)
    all.close()
  }
}

/**
 * @param letGo tells the other tab that this one asks for nothing more
 * @returns `undefined` if it has ended meanwhile, by the other tab or the signal
 */
async function open(
  welcome: Welcome,
  channel: BroadcastChannel,
  heard: Heard,
  { letGo, signal }: { readonly letGo: () => void; readonly signal: AbortSignal },
): Promise<Following | undefined> {
  const { team, userId, deviceId, token } = welcome
  let isOver = false
  const say = (message: ToLeader): void => {
    if (!isOver) channel.postMessage(message)
  }
  const status = new BehaviorSubject(welcome.status)
  const others = new BehaviorSubject<readonly Other[]>([])
  const over = Promise.withResolvers<void>()
  const calls = openCalls(say)
  const line = openLine(say, over.promise)
  let { origin } = welcome
  heard.subscribe((message) => {
    switch (message?.say) {
      case 'storage':
        return line.hear(message.text)
      case 'status':
        origin = message.origin
        return status.next(message.status)
      case 'others':
        return others.next(message.others)
      case 'answer':
      case 'failed':
        return calls.hear(message)
      case 'end':
        return end()
    }
  })

  function end(): void {
    isOver = true
    over.resolve()
    letGo()
    calls.end()
    channel.close()
  }

  whenAborted(signal, end)
  let collection: RxCollection<RecordDocument>
  try {
    collection = await openRecords(channel.name, line)
  } catch (cause) {
    if (isOver) return undefined
    end()
    throw cause
  }
  const clock = createClock(Date.now, () => status.value.clockOffsetMs ?? 0)
  return {
    isOut: Boolean(welcome.status.isShutOut || welcome.status.isKeyReplaced),
    ended: over.promise,
    end,
    replica: {
      kind: 'tablet',
      collection,
      store: rxRecordStore(collection),
      files: {
        keep: async (bytes, name, place) => void (await calls.ask({ what: 'keep', bytes, name, place })),
        load: async (name) =>
          z
            .instanceof(Blob)
            .optional()
            .parse(await calls.ask({ what: 'load', name })),
      },
      author: () => ({ actor: status.value.actor ?? '', stamp: clock.next() }),
      team,
      userId,
      deviceId,
      status,
      api: pageApi(token, () => origin),
      presence: createPresence(others, (weddingId, state) => say({ say: 'presence', weddingId, state })),
      drafts: {
        list: () => answered(async () => z.array(tabletDraft).parse(await calls.ask({ what: 'drafts' }))),
        remove: (draft) => answered(() => calls.ask({ what: 'removeDraft', draft })),
      },
    },
  }
}

async function openRecords(name: string, line: Line): Promise<RxCollection<RecordDocument>> {
  const database = await createRxDatabase<{ [RECORDS]: RxCollection<RecordDocument> }>({
    name,
    storage: recordsOver(line),
    multiInstance: false,
  })
  await database.addCollections({ [RECORDS]: { schema: FIRST_VERSION } })
  return database[RECORDS]
}

/** The records are in the other tab; what RxDB notes of its collections is of this page alone. */
function recordsOver(line: Line): RxStorage<unknown, unknown> {
  const remote = remoteStorage({ openLine: async () => line, gone: GONE })
  const own: RxStorage<unknown, unknown> = getRxStorageMemory()
  return {
    ...remote,
    createStorageInstance: (params) => (params.collectionName === RECORDS ? remote : own).createStorageInstance(params),
  }
}

/** The line of the remote storage. @param over when the other end is gone */
function openLine(say: (message: ToLeader) => void, over: Promise<void>): Line & { hear(text: string): void } {
  let listen: (text: string) => void = () => undefined
  return {
    send: (text) => say({ say: 'storage', text }),
    close: () => undefined,
    onMessage(listener) {
      listen = listener
    },
    onClose: (listener) => void over.then(listener),
    hear: (text) => listen(text),
  }
}

/** Whoever asks again and again is told of a failure, and asks again. */
async function answered<T>(ask: () => Promise<T>): Promise<Result<T, ClientError>> {
  try {
    return ok(await ask())
  } catch (cause) {
    return err({ kind: 'unreachable', message: cause instanceof Error ? cause.message : String(cause) })
  }
}

type Answer = Extract<ToTab, { say: 'answer' | 'failed' }>

interface Calls {
  /** Rejects if the other tab could not do it, or is gone. */
  ask(call: TabCall): Promise<unknown>
  hear(answer: Answer): void
  end(): void
}

function openCalls(say: (message: ToLeader) => void): Calls {
  const open = new Map<number, { resolve(value: unknown): void; reject(cause: Error): void }>()
  let number = 0
  return {
    ask(call) {
      number++
      const asked = Promise.withResolvers<unknown>()
      open.set(number, asked)
      say({ say: 'call', number, call })
      return asked.promise
    },
    hear(answer) {
      const asked = open.get(answer.number)
      open.delete(answer.number)
      if (answer.say === 'answer') asked?.resolve(answer.value)
      else asked?.reject(new Error(answer.reason))
    },
    end() {
      for (const { reject } of open.values()) reject(new Error(GONE))
      open.clear()
    },
  }
}
