/** Tabs of one browser, all in this process: Node has their channels and locks. */
import { BehaviorSubject, of } from 'rxjs'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Author } from '../../../model/merge/edit.ts'
import { editRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { err, ok } from '../../../model/result.ts'
import type { RecordStore } from '../../../model/sync/changeStore.ts'
import { pageApi } from '../../../renderer/src/replica/api.ts'
import type { Replica, ReplicaStatus } from '../../../renderer/src/replica/replica.ts'
import { type Following, follow } from '../../../renderer/src/replica/tabFollowing.ts'
import { type Led, openLeadership } from '../../../renderer/src/replica/tabLeading.ts'
import { openMemoryReplica } from '../../support/memoryReplica.ts'

const SCOPE = '00000000-0000-4000-8000-000000000001'
const ID = '00000000-0000-4000-8000-000000000002'
/** As a tablet names one: by its key in the state. */
const DRAFT = { id: `draft/${SCOPE}/${ID}`, weddingId: SCOPE, reason: 'no right', record: {}, fields: ['title'] }
const STATUS: ReplicaStatus = {
  role: 'tablet',
  deviceName: 'Tablet',
  personName: 'Piet',
  grant: { role: 'planner', weddings: 'all' },
  upstreams: [],
  devices: [],
  quarantined: 0,
}

let leader: Awaited<ReturnType<typeof lead>>
beforeAll(async () => {
  leader = await lead()
})
afterAll(() => leader.memory.close())

/** The tab that holds the data, as long as this process lives. */
async function lead() {
  const memory = await openMemoryReplica('tablet', { now: Date.now })
  await memory.create({ id: ID, scope: SCOPE, table: 'tasks', data: { title: 'Cake' } })
  const retired = new Set<string>()
  const actor = { current: memory.author().actor }
  const status = new BehaviorSubject(STATUS)
  const replica: Replica = {
    kind: 'tablet',
    collection: memory.collection,
    store: memory.changes,
    files: {
      keep: async () => {
        throw new Error('no room is left')
      },
      load: async () => undefined,
    },
    author: () => memory.author({ actor: actor.current }),
    team: SCOPE,
    userId: 'u1',
    deviceId: 'd1',
    status,
    api: pageApi(),
    presence: { others: of([]), enter: () => () => undefined, edit: () => () => undefined },
    drafts: {
      list: async () => ok([DRAFT]),
      remove: async () => err({ kind: 'unreachable', message: 'the draft is gone' }),
    },
  }
  const led: Led = {
    ...{ replica, store: memory.changes, token: () => 't1' },
    actor: () => actor.current,
    clockOffset: () => 0,
    origin: () => '',
    isRetired: (each) => retired.has(each),
  }
  openLeadership().lead(led)
  return {
    memory,
    /** The actor is given up for another one. */
    retire(next: string) {
      retired.add(actor.current)
      actor.current = next
      status.next({ ...STATUS })
    },
  }
}

async function beside(): Promise<Following> {
  const following = await follow(new AbortController().signal)
  if (!following) throw new Error('the other tab has nothing to open')
  onTestFinished(() => following.end())
  return following
}

async function edit(store: RecordStore, author: Author, data: Readonly<Record<string, string>>): Promise<void> {
  await store.update([ID], (current) => {
    const record = current.get(ID)
    if (!record) throw new Error('the record is not here')
    return [{ record: editRecord(record, data, author) }]
  })
}

it('[SYN28] what several tabs write at once all counts, and has its own place in the log', async () => {
  const { memory } = leader
  const tabs = [await beside(), await beside()]
  const writers = [{ store: memory.changes, author: () => memory.author() }, ...tabs.map(({ replica }) => replica)]
  const fields = ['description', 'status', 'category']
  const rounds = 20
  const before = await memory.changes.head(SCOPE)
  await Promise.all(
    writers.map(async ({ store, author }, n) => {
      for (let round = 1; round <= rounds; round++) {
        await edit(store, author(), { [fields[n] ?? '']: `${round}` })
      }
    }),
  )
  const stored = await memory.read(ID)
  expect(viewRecord(stored).data).toMatchObject(Object.fromEntries(fields.map((field) => [field, `${rounds}`])))
  // Each edit is counted under the one actor: none has replaced another.
  const counts = [...stored.units.values()].map(({ vector }) => vector.get(memory.author().actor) ?? 0)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1 + fields.length * rounds)
  expect(await memory.changes.head(SCOPE)).toBeGreaterThanOrEqual(before + fields.length * rounds)
  for (const { replica } of tabs) expect((await replica.store.records([ID])).get(ID)).toEqual(stored)
})

it('an edit under an actor that was given up is turned away, and its tab told to open again', async () => {
  const { memory, retire } = leader
  const { replica, ended } = await beside()
  const late = replica.author()
  retire('another-one')
  await expect(edit(replica.store, late, { title: 'Pie' })).rejects.toThrow('the other tab of WedSync was closed')
  await ended
  expect(viewRecord(await memory.read(ID)).data.title).toBe('Cake')
  const again = await beside()
  expect(again.replica.author().actor).toBe('another-one')
  await edit(again.replica.store, again.replica.author(), { title: 'Pie' })
  expect(viewRecord(await memory.read(ID)).data.title).toBe('Pie')
})

it('why something failed is said in the tab that asked for it', async () => {
  const { replica } = await beside()
  const place = { wedding: SCOPE, table: 'photos' } as const
  await expect(replica.files.keep(new Blob(['x']), 'a', place)).rejects.toThrow('no room is left')
  expect(await replica.drafts.remove(DRAFT)).toMatchObject({ ok: false, error: { message: 'the draft is gone' } })
  expect(await replica.drafts.list()).toEqual(ok([DRAFT]))
})

it('an edit that is under way when the tab that holds the data goes fails, and so does one after it', async () => {
  const { replica, end } = await beside()
  const underWay = edit(replica.store, replica.author(), { title: 'Pie' })
  end()
  await expect(underWay).rejects.toThrow('the other tab of WedSync was closed')
  await expect(edit(replica.store, replica.author(), { title: 'Pie' })).rejects.toThrow('was closed')
})
