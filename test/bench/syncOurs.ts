import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { createRecord, editRecord } from '../../model/merge/edit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { ok } from '../../model/result.ts'
import type { Border } from '../../model/sync/border.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { createReplicaSync, type ReplicaSync } from '../../model/sync/replicaSync.ts'
import { TRUSTED } from '../../model/sync/rules.ts'
import { serveUpgrades } from '../../server/http/upgrades.ts'
import { nodeScheduler } from '../../server/sync/nodeScheduler.ts'
import { openTransport, webSocketTransport } from '../../server/sync/webSocketTransport.ts'
import { type MemoryReplica, openMemoryReplica } from '../support/memoryReplica.ts'
import type { SyncAdapter } from './syncAdapter.ts'

const TEAM = '00000000-0000-4000-8000-000000000001'
const SCOPE = '00000000-0000-4000-8000-000000000002'
const TABLE = 'timeline_items'
const BATCH = 500

/** Our engine over RxDB's memory storage on both sides, as the others are in memory; without TLS, as they are. */
export const adapter: SyncAdapter = oursWith({})

export type BenchReplica = Pick<MemoryReplica, 'name' | 'state' | 'author'> & { readonly changes: ChangeStore }

export interface OurOptions {
  /** What records go through between a device and the server, which holds them as the border makes them. */
  readonly border?: Border
  /** A replica with an empty store, on RxDB's memory storage by default. */
  readonly open?: (name: string) => Promise<BenchReplica>
}

export function oursWith({ border, open: openReplica = openInMemory }: OurOptions): SyncAdapter {
  return {
    async serve() {
      const replica = await openReplica('server')
      const sync = syncOf(replica)
      const http = createServer()
      serveUpgrades(
        http,
        [{ path: '/', serve: (socket) => sync.receive(webSocketTransport(socket), async () => ok(TRUSTED)) }],
        () => undefined,
      )
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
      return {
        port: (http.address() as AddressInfo).port,
        async seed(records) {
          for (let from = 0; from < records.length; from += BATCH) {
            const created = records
              .slice(from, from + BATCH)
              .map(({ id, ...data }) => createRecord({ id, scope: SCOPE, table: TABLE, data }, replica.author()))
            const held = border ? await Promise.all(created.map((record) => border.outgoing(record))) : created
            await replica.changes.update([], () => held.map((record) => ({ record })))
          }
          return undefined
        },
      }
    },

    async open(port, name) {
      const replica = await openReplica(name)
      let sync: ReplicaSync | undefined
      const device = {
        async edit(id: string, fields: Readonly<Record<string, string | number>>) {
          const author = replica.author()
          await replica.changes.update([id], (current) => {
            const record = current.get(id)
            if (!record) throw new Error(`${name} holds no record ${id}`)
            return [{ record: editRecord(record, fields, author) }]
          })
        },
        count: () => replica.changes.countSince(SCOPE, 0),
        async read(id: string) {
          const record = (await replica.changes.records([id])).get(id)
          return record && viewRecord(record).data
        },
        onChange: (listener: () => void) => void replica.changes.subscribe(listener),
        async disconnect() {
          await sync?.stop()
          sync = undefined
        },
        async connect() {
          sync = syncOf(replica)
          const dial = () => openTransport(new WebSocket(`ws://127.0.0.1:${port}`))
          sync.connect('hub', dial, 'server', border && { border })
        },
      }
      await device.connect()
      return device
    },
  }
}

function openInMemory(name: string): Promise<BenchReplica> {
  return openMemoryReplica(name, { now: Date.now })
}

function syncOf({ changes, state, name }: BenchReplica): ReplicaSync {
  return createReplicaSync({
    ...{ changes, state, scheduler: nodeScheduler, onChange: () => undefined },
    self: () => ({ deviceId: name, deviceName: name, team: TEAM }),
  })
}
