/** What is read of records, by id and by scope. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { recordVersion } from '../../../../model/merge/record.ts'
import { ben, cleo, edit, guest, join, timelineItem } from '../people.ts'
import { encoded, idsOf } from '../storeCalls.ts'
import type { StoreUnderTest } from './store.ts'

export function recordsContract(store: StoreUnderTest): void {
  const { put } = store

  describe('records', () => {
    it('reads back what was written, whatever is in it', async () => {
      const scope = randomUUID()
      const awkward = 'NUL \u0000, half a character \ud800, 💍, \\u0000, "quotes", {braces}, NULL'
      const item = timelineItem(scope, { title: awkward, description: 'Rings — Zoë', tags: ['a/b', awkward] })
      const unknown = timelineItem(scope, { title: 'x', ofTheFuture: { $odd: [awkward, null], [awkward]: 1.5 } }, ben)
      await put(item, unknown)
      const found = await store.changes.records([item.id, unknown.id, randomUUID()])
      expect([...found.keys()].sort()).toEqual([item.id, unknown.id].sort())
      expect(encoded(found.get(item.id))).toEqual(encoded(item))
      expect(encoded(found.get(unknown.id))).toEqual(encoded(unknown))
    })

    it('keeps siblings, vectors and every read class', async () => {
      const scope = randomUUID()
      const first = guest(scope, { name: 'Dana', email: 'dana@example.org', meal: 'fish', dietary: 'no nuts' })
      const both = join(edit(first, { rsvpStatus: 'attending' }, ben), edit(first, { rsvpStatus: 'declined' }, cleo))
      await put(both)
      const found = (await store.changes.records([both.id])).get(both.id)
      expect(encoded(found)).toEqual(encoded(both))
      expect(found && recordVersion(found)).toBe(recordVersion(both))
    })

    it('knows nothing of an id that was never written, and asks nothing of an empty list', async () => {
      expect(await store.changes.records([])).toEqual(new Map())
      expect(await store.changes.records([randomUUID(), 'no uuid at all'])).toEqual(new Map())
    })
  })

  describe('inScope', () => {
    it('lists a scope in order of id', async () => {
      const scope = randomUUID()
      const records = [guest(scope), timelineItem(scope), guest(scope), timelineItem(randomUUID())]
      await put(...records)
      expect(idsOf(await store.changes.inScope(scope))).toEqual(idsOf(records.slice(0, 3)).sort())
      expect(await store.changes.inScope(randomUUID())).toEqual([])
    })

    it('lists one table of it', async () => {
      const scope = randomUUID()
      const guests = [guest(scope), guest(scope)]
      await put(timelineItem(scope), ...guests)
      expect(idsOf(await store.changes.inScope(scope, { table: 'guests' }))).toEqual(idsOf(guests).sort())
      expect(await store.changes.inScope(scope, { table: 'tasks' })).toEqual([])
    })

    it('comes in pages that leave nothing out and repeat nothing', async () => {
      const scope = randomUUID()
      const guests = Array.from({ length: 7 }, () => guest(scope))
      await put(timelineItem(scope), ...guests)
      const read: string[] = []
      for (;;) {
        const last = read.at(-1)
        const page = { table: 'guests', limit: 3, ...(last !== undefined && { after: last }) }
        const ids = idsOf(await store.changes.inScope(scope, page))
        if (ids.length === 0) break
        expect(ids.length).toBeLessThanOrEqual(3)
        read.push(...ids)
      }
      expect(read).toEqual(idsOf(guests).sort())
    })
  })
}
