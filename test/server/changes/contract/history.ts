/** What was replaced, by whom, and what was known when. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { recordVersion } from '../../../../model/merge/record.ts'
import { ana, author, ben, cleo, edit, guest, join, timelineItem } from '../people.ts'
import type { StoreUnderTest } from './store.ts'

export function historyContract(store: StoreUnderTest): void {
  const { put } = store

  describe('history', () => {
    it('keeps each value that was replaced, with who replaced it, oldest first', async () => {
      const first = timelineItem(randomUUID(), { title: 'Ceremony', location: 'Garden' }, ana)
      const second = edit(first, { title: 'Vows' }, ben)
      const third = edit(second, { title: 'Rings' }, cleo)
      for (const record of [first, second, third]) await put(record)
      expect(await store.history.superseded(first.id)).toMatchObject([
        {
          readClass: 'open',
          register: 'title',
          actor: ana,
          counter: 1,
          value: 'Ceremony',
          replacedBy: { actor: ben },
        },
        { readClass: 'open', register: 'title', actor: ben, counter: 1, value: 'Vows', replacedBy: { actor: cleo } },
      ])
      expect(await store.history.superseded(randomUUID())).toEqual([])
    })

    it('does not count as replaced what stands on as a sibling', async () => {
      const first = timelineItem(randomUUID(), { title: 'Ceremony', location: 'Garden' }, ana)
      await put(first)
      const byBen = edit(first, { location: 'Chapel' }, ben)
      const both = join(byBen, edit(first, { location: 'Beach' }, cleo))
      await put(byBen)
      await put(both)
      expect((await store.history.superseded(first.id)).map(({ value }) => value)).toEqual(['Garden'])
      await put(edit(both, { location: 'Barn' }, ana))
      const values = (await store.history.superseded(first.id)).map(({ value }) => value)
      expect(values.sort()).toEqual(['Beach', 'Chapel', 'Garden'])
    })

    it('keeps values that lost at once', async () => {
      const item = timelineItem(randomUUID())
      await put(item)
      const { stamp } = author(ben)
      const lost = {
        readClass: 'open',
        register: 'title',
        actor: ben,
        counter: 1,
        stamp,
        value: { $odd: 'late \u0000' },
      }
      await store.history.keep(item.id, [lost, { ...lost, counter: 2 }])
      expect(await store.history.superseded(item.id)).toEqual([lost, { ...lost, counter: 2 }])
    })

    it('knows the vectors of a record by version', async () => {
      const first = guest(randomUUID(), { name: 'Dana', dietary: 'no nuts' }, ana)
      const second = edit(first, { name: 'Dana Lee', email: 'dana@example.org' }, ben)
      await put(first)
      await put(second)
      for (const record of [first, second]) {
        const found = await store.history.vectorsAt(record.id, { version: recordVersion(record) })
        expect(found).toEqual(new Map([...record.units].map(([readClass, { vector }]) => [readClass, new Map(vector)])))
      }
      expect(await store.history.vectorsAt(first.id, { version: recordVersion(second) + 1 })).toBeUndefined()
      expect(await store.history.vectorsAt(randomUUID(), { version: 1 })).toBeUndefined()
    })

    it('knows the vectors of a record by time', async () => {
      const before = Date.now()
      await sleep(5)
      const first = timelineItem(randomUUID(), { title: 'Ceremony' }, ana)
      await put(first)
      const between = Date.now()
      await sleep(5)
      await put(edit(first, { title: 'Vows' }, ben))
      expect(await store.history.vectorsAt(first.id, { ms: before })).toBeUndefined()
      expect(await store.history.vectorsAt(first.id, { ms: between })).toEqual(new Map([['open', new Map([[ana, 1]])]]))
      expect(await store.history.vectorsAt(first.id, { ms: Date.now() + 1000 })).toEqual(
        new Map([
          [
            'open',
            new Map([
              [ana, 1],
              [ben, 1],
            ]),
          ],
        ]),
      )
    })
  })
}
