/** Changes of records, one at a time and many at once. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { editRecord } from '../../../../model/merge/edit.ts'
import { type CausalRecord, recordVersion } from '../../../../model/merge/record.ts'
import { viewRecord } from '../../../../model/merge/view.ts'
import type { ChangeStore } from '../../../../model/sync/changeStore.ts'
import { author, ben, edit, join, newActor, timelineItem } from '../people.ts'
import { idsOf, titleOf } from '../storeCalls.ts'
import type { StoreUnderTest } from './store.ts'

export function updateContract(store: StoreUnderTest): void {
  const { put } = store

  describe('update', () => {
    it('hands over the records that exist', async () => {
      const scope = randomUUID()
      const [item, missing] = [timelineItem(scope), randomUUID()]
      await put(item)
      const seen: string[][] = []
      await store.changes.update([item.id, missing], (current) => {
        seen.push([...current.keys()])
        return []
      })
      expect(seen.at(-1)).toEqual([item.id])
    })

    it('changes nothing when there is nothing to write', async () => {
      const scope = randomUUID()
      const item = timelineItem(scope)
      await put(item)
      const head = await store.changes.head(scope)
      await store.changes.update([item.id], () => [])
      await store.changes.update([], () => [])
      expect(await store.changes.head(scope)).toBe(head)
    })

    it('writes nothing when the change throws', async () => {
      const scope = randomUUID()
      const item = timelineItem(scope)
      await put(item)
      const head = await store.changes.head(scope)
      const failing = store.changes.update([item.id], () => {
        throw new Error('no such field')
      })
      await expect(failing).rejects.toThrow('no such field')
      expect(await store.changes.head(scope)).toBe(head)
      await put(edit(item, { title: 'Vows' }))
      expect(await titleOf(store.changes, item.id)).toBe('Vows')
    })

    it('writes to several scopes at once, known and new', async () => {
      const [known, fresh] = [randomUUID(), randomUUID()]
      const item = timelineItem(known)
      await put(item)
      const added = timelineItem(fresh)
      await store.changes.update([item.id, added.id], (current) => {
        const before = current.get(item.id)
        return before ? [{ record: edit(before, { title: 'Vows' }) }, { record: added }] : []
      })
      expect(await titleOf(store.changes, item.id)).toBe('Vows')
      expect(idsOf(await store.changes.inScope(fresh))).toEqual([added.id])
    })

    it('shows the change what is there before it writes over a record that it did not ask for', async () => {
      const item = timelineItem(randomUUID(), { title: 'Ceremony' })
      await put(item)
      const again = timelineItem(item.scope, { location: 'Garden' }, ben, item.id)
      await store.changes.update([], (current) => {
        const before = current.get(item.id)
        return [{ record: before ? join(before, again) : again }]
      })
      const stored = (await store.changes.records([item.id])).get(item.id)
      expect(stored && viewRecord(stored).data).toMatchObject({ title: 'Ceremony', location: 'Garden' })
    })

    it('loses none of 30 edits that people make to one record at once', async () => {
      const item = timelineItem(randomUUID())
      await put(item)
      const actors = Array.from({ length: 30 }, newActor)
      await Promise.all(
        actors.map((actor, i) => {
          const by = author(actor)
          return editIn(store.changes, item.id, (record) => editRecord(record, { [`note${i}`]: i }, by))
        }),
      )
      const stored = (await store.changes.records([item.id])).get(item.id)
      expect(stored && recordVersion(stored)).toBe(31)
      const expected = Object.fromEntries(actors.map((_, i) => [`note${i}`, i]))
      expect(stored && viewRecord(stored).data).toEqual({ title: 'Ceremony', ...expected })
    })

    it('loses none of 30 states of one record that peers send at once', async () => {
      const item = timelineItem(randomUUID())
      await put(item)
      const states = Array.from({ length: 30 }, (_, i) => edit(item, { location: `Garden ${i}` }, newActor()))
      await Promise.all(states.map((state) => editIn(store.changes, item.id, (record) => join(record, state))))
      const stored = (await store.changes.records([item.id])).get(item.id)
      expect(stored && recordVersion(stored)).toBe(31)
      expect(stored && viewRecord(stored).siblings.location).toHaveLength(30)
    })

    it('loses nothing when one record is created in two places at once', async () => {
      const [scope, id] = [randomUUID(), randomUUID()]
      const states = Array.from({ length: 10 }, (_, i) => timelineItem(scope, { [`note${i}`]: i }, newActor(), id))
      await Promise.all(
        states.map((state) =>
          store.changes.update([id], (current) => {
            const before = current.get(id)
            return [{ record: before ? join(before, state) : state }]
          }),
        ),
      )
      const stored = (await store.changes.records([id])).get(id)
      expect(Object.keys(stored ? viewRecord(stored).data : {})).toHaveLength(10)
    })

    it('comes to an end when updates of the same scopes meet in opposite orders', async () => {
      const [first, second] = [timelineItem(randomUUID()), timelineItem(randomUUID())]
      await put(first, second)
      const updates = Array.from({ length: 20 }, (_, i) => {
        const by = author(newActor())
        const ids = i % 2 === 0 ? [first.id, second.id] : [second.id, first.id]
        return store.changes.update(ids, (current) =>
          ids.flatMap((id) => {
            const before = current.get(id)
            return before ? [{ record: editRecord(before, { [`note${i}`]: i }, by) }] : []
          }),
        )
      })
      await Promise.all(updates)
      const stored = await store.changes.records([first.id, second.id])
      expect([...stored.values()].map(recordVersion)).toEqual([21, 21])
    })
  })
}

async function editIn(changes: ChangeStore, id: string, change: (record: CausalRecord) => CausalRecord): Promise<void> {
  await changes.update([id], (current) => {
    const record = current.get(id)
    return record ? [{ record: change(record) }] : []
  })
}
