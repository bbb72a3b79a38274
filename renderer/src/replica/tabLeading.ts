/** The tab that holds the data of the tablet, as the other tabs of the browser have it (`tabMessages.ts`). */
import { RXDB_VERSION, type RxStorage } from 'rxdb'
import { exposeRxStorageRemote, type MessageToRemote } from 'rxdb/plugins/storage-remote'
import { Subject } from 'rxjs'
import type { ClientError } from '../../../model/client/client.ts'
import { RECORDS } from '../../../model/database/recordSchema.ts'
import { parseToRemote, writesUnder } from '../../../model/database/remoteMessages.ts'
import type { SequencedStore } from '../../../model/database/sequencedStore.ts'
import { type Result, unreachable } from '../../../model/result.ts'
import type { Replica } from './replica.ts'
import {
  ALL_TABS,
  nameOfTab,
  type TabCall,
  type ToAllTabs,
  type ToLeader,
  type ToTab,
  toAllTabs,
  toLeader,
} from './tabMessages.ts'

/** What this tab holds and the others work with. */
export interface Led {
  readonly replica: Replica
  readonly store: SequencedStore
  /** Of this tablet, at the moment: hubs renew it. */
  token(): string
  /** To edit under at the moment. */
  actor(): string
  /** ms by which this tab corrects its clock. */
  clockOffset(): number
  /** Of the hub at the moment. */
  origin(): string
  /** Of actors that were given up: a tab that edits under one is told to open again. */
  isRetired(actor: string): boolean
}

export interface Leadership {
  /** From now on there is something for the others to open. */
  lead(led: Led): void
}

/** For the tab whose turn it is, before it has anything. */
export function openLeadership(): Leadership {
  const all = new BroadcastChannel(ALL_TABS)
  const served = new Set<string>()
  let led: Led | undefined
  all.onmessage = ({ data }) => {
    const said = toAllTabs.safeParse(data).data
    // A tab asks again until it hears something.
    if (said?.say !== 'open' || served.has(said.tab)) return
    if (!led) return sayBusy(said.tab)
    served.add(said.tab)
    serveTab(said.tab, led)
  }
  return {
    lead(next) {
      led = next
      all.postMessage({ say: 'leading' } satisfies ToAllTabs)
    },
  }
}

function sayBusy(tab: string): void {
  const channel = new BroadcastChannel(nameOfTab(tab))
  channel.postMessage({ say: 'busy' } satisfies ToTab)
  channel.close()
}

function serveTab(tab: string, led: Led): void {
  const { replica } = led
  const { team, userId, deviceId } = replica
  const channel = new BroadcastChannel(nameOfTab(tab))
  let isGone = false
  const say = (message: ToTab): void => {
    if (!isGone) channel.postMessage(message)
  }
  const storage = new Subject<MessageToRemote>()
  const connections = new Set<string>()
  let leave: () => void = () => undefined
  exposeRxStorageRemote({
    storage: storageOf(led),
    messages$: storage,
    send: (message) => say({ say: 'storage', text: JSON.stringify(message) }),
  })

  function onStorage(text: string): void {
    const message = parseToRemote(text)
    if (!message || writesUnder(message, led.isRetired)) {
      say({ say: 'end' })
      return
    }
    if (message.method === 'create') connections.add(message.connectionId)
    storage.next(message)
  }

  function onPresence({ weddingId, state }: Extract<ToLeader, { say: 'presence' }>): void {
    const before = leave
    const leaving = [
      ...(weddingId === null ? [] : [replica.presence.enter(weddingId)]),
      ...(state.editing === undefined ? [] : [replica.presence.edit(state.editing)]),
    ]
    leave = () => {
      for (const each of leaving.toReversed()) each()
    }
    before()
  }

  async function onCall(number: number, call: TabCall): Promise<void> {
    try {
      say({ say: 'answer', number, value: await carryOut(call, replica) })
    } catch (cause) {
      say({ say: 'failed', number, reason: cause instanceof Error ? cause.message : String(cause) })
    }
  }

  channel.onmessage = ({ data }) => {
    const message = toLeader.safeParse(data).data
    switch (message?.say) {
      case 'storage':
        return onStorage(message.text)
      case 'call':
        return void onCall(message.number, message.call)
      case 'presence':
        return onPresence(message)
      default:
        return say({ say: 'end' })
    }
  }

  let isWelcome = false
  const subscriptions = [
    replica.status.subscribe((status) => {
      const own = { ...status, actor: led.actor(), clockOffsetMs: led.clockOffset() }
      const told = { status: own, origin: led.origin() }
      const place = { team, userId, deviceId, token: led.token() }
      say(isWelcome ? { say: 'status', ...told } : { say: 'welcome', ...place, ...told })
      isWelcome = true
    }),
    replica.presence.others.subscribe((others) => say({ say: 'others', others })),
  ]
  // Given to this tab when the other one is gone.
  void navigator.locks.request(nameOfTab(tab), () => {
    leave()
    for (const subscription of subscriptions) subscription.unsubscribe()
    // Who is gone cannot say goodbye, and the storage would go on feeding it.
    for (const connectionId of connections) {
      storage.next({ connectionId, requestId: 'tab-closed', method: 'close', version: RXDB_VERSION, params: [] })
    }
    isGone = true
    channel.close()
  })
}

/** The storage of the records, and of nothing else; what is written gets its place in the change log of this tab. */
function storageOf({ replica: { collection }, store }: Led): RxStorage<unknown, unknown> {
  const instance = collection.internalStorageInstance
  return {
    name: 'tab',
    rxdbVersion: RXDB_VERSION,
    async createStorageInstance({ collectionName }) {
      if (collectionName !== RECORDS) throw new Error(`other tabs have no ${collectionName}`)
      const shared = Object.create(instance)
      shared.bulkWrite = store.writeRows
      // This tab goes on with it.
      shared.close = async () => undefined
      return shared
    },
  }
}

async function carryOut(call: TabCall, { files, drafts }: Replica): Promise<unknown> {
  switch (call.what) {
    case 'keep':
      return files.keep(call.bytes, call.name, call.place)
    case 'load':
      return files.load(call.name)
    case 'drafts':
      return unwrapped(await drafts.list())
    case 'removeDraft':
      return unwrapped(await drafts.remove(call.draft))
    default:
      return unreachable(call)
  }
}

function unwrapped<T>(result: Result<T, ClientError>): T {
  if (result.ok) return result.value
  throw new Error(result.error.message)
}
