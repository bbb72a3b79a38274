import { afterEach, describe, expect, it } from 'vitest'
import { openSequencedStore } from '../../../model/database/sequencedStore.ts'
import { emptied } from '../../../model/merge/record.ts'
import { digestIndexOf } from '../../../model/sync/digestIndex.ts'
import { SEES_ALL } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'

const LAKE = uuidOf(100)
const TASK = { id: uuidOf(1), scope: LAKE, table: 'tasks', data: { title: 'Batteries' } }

let replica: MemoryReplica | undefined
afterEach(() => replica?.close())

describe('a record that is taken out of a store that counts by itself', () => {
  it('[ROL5] keeps its place in the log, in all counts and after the store was opened again, and is nowhere else', async () => {
    const tablet = await openMemoryReplica('tablet', { now: () => 1_790_000_000_000 })
    replica = tablet
    const record = await tablet.create(TASK)
    const other = await tablet.create({ ...TASK, id: uuidOf(2) })
    await tablet.changes.update([other.id], () => [{ record: emptied(other), from: 'hub-epoch-1' }])
    for (const store of [tablet.changes, await openSequencedStore(tablet.collection, tablet.changes.epoch)]) {
      expect((await store.inScope(LAKE)).map(({ id }) => id)).toEqual([record.id])
      expect([...(await store.records([record.id, other.id])).keys()]).toEqual([record.id])
      const { changes } = await store.changesSince(LAKE, 0, { limit: 9 })
      expect(changes.map(({ seq, record: { id, units }, from }) => [seq, id, units.size, from])).toEqual([
        [1, record.id, 1, undefined],
        [3, other.id, 0, 'hub-epoch-1'],
      ])
      expect([await store.head(LAKE), await store.countSince(LAKE, 0)]).toEqual([3, 2])
      const forest = await digestIndexOf(store).view(LAKE, { ...SEES_ALL, audit: true })
      expect([...forest.classes.keys()]).toEqual(['open'])
    }
  })

  it('[ROL5] leaves its place to no other change of the store that is opened next', async () => {
    const tablet = await openMemoryReplica('tablet', { now: () => 1_790_000_000_000 })
    replica = tablet
    const record = await tablet.create(TASK)
    await tablet.changes.update([record.id], () => [{ record: emptied(record) }])
    const store = await openSequencedStore(tablet.collection, tablet.changes.epoch)
    await store.update([record.id], () => [{ record }])
    expect(await store.head(LAKE)).toBe(3)
    expect((await store.records([record.id])).get(record.id)).toEqual(record)
  })
})
