/** The change log: its order, its pages, and what they leave out. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ChangeQuery } from '../../../../model/sync/changeStore.ts'
import { ben, edit, guest, newActor, timelineItem } from '../people.ts'
import { encoded, idsOf, readLog, write } from '../storeCalls.ts'
import type { StoreUnderTest } from './store.ts'

export function logContract(store: StoreUnderTest): void {
  const { put } = store

  describe('the change log', () => {
    it('is empty for a scope without records', async () => {
      const scope = randomUUID()
      expect(await store.changes.head(scope)).toBe(0)
      expect(await store.changes.changesSince(scope, 0, { limit: 10 })).toEqual({ changes: [], upTo: 0, more: false })
      expect(await store.changes.countSince(scope, 0)).toBe(0)
      expect(await store.changes.scopes()).not.toContain(scope)
    })

    it('grows with every commit, and head is the latest change', async () => {
      const scope = randomUUID()
      const heads = [0]
      let item = timelineItem(scope)
      for (const title of ['Ceremony', 'Vows', 'Rings']) {
        item = edit(item, { title })
        await put(item)
        const head = await store.changes.head(scope)
        expect(head).toBeGreaterThan(heads.at(-1) ?? 0)
        expect((await readLog(store.changes, scope)).at(-1)?.seq).toBe(head)
        heads.push(head)
      }
      expect(await store.changes.scopes()).toContain(scope)
    })

    it('shows each record once, in its current state, at its latest change', async () => {
      const scope = randomUUID()
      const [first, second, third] = [timelineItem(scope), timelineItem(scope), timelineItem(scope)]
      for (const record of [first, second, third]) await put(record)
      const before = await store.changes.head(scope)
      const changed = edit(first, { title: 'Vows' }, ben)
      await put(changed)
      const log = await readLog(store.changes, scope)
      expect(log.map(({ record }) => record.id)).toEqual([second.id, third.id, first.id])
      expect(encoded(log.at(-1)?.record)).toEqual(encoded(changed))
      const since = await store.changes.changesSince(scope, before, { limit: 10 })
      expect(since.changes.map(({ record }) => record.id)).toEqual([first.id])
    })

    it('gives every record of a batch a place of its own', async () => {
      const scope = randomUUID()
      await put(...Array.from({ length: 20 }, () => guest(scope)))
      const seqs = (await readLog(store.changes, scope)).map(({ seq }) => seq)
      expect(new Set(seqs).size).toBe(20)
    })

    it('comes in pages that continue at upTo, the last of which says so and reaches the head', async () => {
      const scope = randomUUID()
      const guests = Array.from({ length: 10 }, () => guest(scope))
      for (const record of guests) await put(record)
      for (const limit of [1, 3, 5, 10, 11]) {
        const log = await readLog(store.changes, scope, { limit })
        expect(log.map(({ record }) => record.id)).toEqual(idsOf(guests))
      }
      const whole = await store.changes.changesSince(scope, 0, { limit: 10 })
      expect(whole.more).toBe(false)
      expect(whole.upTo).toBe(await store.changes.head(scope))
      const part = await store.changes.changesSince(scope, 0, { limit: 9 })
      expect(part.more).toBe(true)
      expect(part.upTo).toBe(part.changes.at(-1)?.seq)
      const end = await store.changes.changesSince(scope, whole.upTo, { limit: 10 })
      expect(end).toEqual({ changes: [], upTo: whole.upTo, more: false })
    })

    it('leaves out what came from a peer unaltered, and still moves past it', async () => {
      const scope = randomUUID()
      const [peer, other] = [newActor(), newActor()]
      const theirs = Array.from({ length: 5 }, () => guest(scope, { name: 'Theirs' }, ben))
      const mine = guest(scope)
      await write(store.changes, ...theirs.slice(0, 3).map((record) => ({ record, from: peer })))
      await put(mine)
      await write(store.changes, ...theirs.slice(3).map((record) => ({ record, from: peer })))
      for (const limit of [1, 2, 10]) {
        const log = await readLog(store.changes, scope, { limit, except: peer })
        expect(log.map(({ record }) => record.id)).toEqual([mine.id])
        expect(await readLog(store.changes, scope, { limit, except: other })).toHaveLength(6)
      }
      const origins = (await readLog(store.changes, scope)).map(({ from }) => from)
      expect(origins).toEqual([peer, peer, peer, undefined, peer, peer])
      const { upTo } = await store.changes.changesSince(scope, 0, { limit: 100, except: peer })
      const head = await store.changes.head(scope)
      expect(upTo).toBe(head)
      expect(await store.changes.heads([randomUUID(), scope])).toEqual(new Map([[scope, head]]))
      expect(await store.changes.heads([])).toEqual(new Map())
      expect(await store.changes.countSince(scope, 0)).toBe(6)
      expect(await store.changes.countSince(scope, 0, peer)).toBe(1)
      expect(await store.changes.countSince(scope, upTo)).toBe(0)
    })

    it('is read by tables: some alone, or all but some, in the same order and past the others', async () => {
      const scope = randomUUID()
      const [peer, all] = [
        newActor(),
        Array.from({ length: 12 }, (_, i) => (i % 3 ? guest(scope) : timelineItem(scope))),
      ]
      for (const record of all) await write(store.changes, { record, ...(record === all[1] && { from: peer }) })
      const items = all.filter(({ table }) => table === 'timeline_items')
      const guests = all.filter(({ table }) => table === 'guests')
      for (const limit of [1, 3, 20]) {
        const read = async (query: Omit<ChangeQuery, 'limit'>) =>
          (await readLog(store.changes, scope, { limit, ...query })).map(({ record }) => record.id)
        expect(await read({ tables: { only: ['timeline_items', 'tasks'] } })).toEqual(idsOf(items))
        expect(await read({ tables: { not: ['timeline_items', 'tasks'] } })).toEqual(idsOf(guests))
        expect(await read({ tables: { only: [] } })).toEqual([])
        expect(await read({ tables: { only: ['guests'] }, except: peer })).toEqual(idsOf(guests.slice(1)))
      }
    })

    it('sends a record back to the peer it came from once it was edited here', async () => {
      const scope = randomUUID()
      const peer = newActor()
      const theirs = guest(scope, { name: 'Dana' }, ben)
      await write(store.changes, { record: theirs, from: peer })
      expect(await readLog(store.changes, scope, { except: peer })).toEqual([])
      await put(edit(theirs, { tableNumber: 4 }))
      expect(await readLog(store.changes, scope, { except: peer })).toHaveLength(1)
      expect(await store.changes.countSince(scope, 0, peer)).toBe(1)
    })

    it('misses and reorders nothing for a reader that follows while others write', async () => {
      const scope = randomUUID()
      const written: string[] = []
      const seqs: number[] = []
      const read: string[] = []
      let isWriting = true
      async function writer(): Promise<void> {
        for (let i = 0; i < 25; i++) {
          const record = guest(scope)
          await put(record)
          written.push(record.id)
        }
      }
      async function reader(): Promise<void> {
        for (let upTo = 0, isLast = false; ; ) {
          const page = await store.changes.changesSince(scope, upTo, { limit: 4 })
          seqs.push(...page.changes.map(({ seq }) => seq))
          read.push(...page.changes.map(({ record }) => record.id))
          upTo = page.upTo
          if (isLast && !page.more) return
          isLast = !isWriting
          // SQLite answers without a turn of the event loop, and writers need one to commit.
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
      const reading = reader()
      await Promise.all([writer(), writer(), writer(), writer()])
      isWriting = false
      await reading
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
      expect([...read].sort()).toEqual(written.sort())
    })
  })
}
