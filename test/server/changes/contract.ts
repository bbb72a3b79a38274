/** What every store of records on a server promises, whatever database is below it. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { type Data, deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, recordVersion } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Change, ChangeQuery, ChangeStore, History, StateStore, Write } from '../../../model/sync/changeStore.ts'
import { ana, author, ben, cleo, edit, guest, join, newActor, timelineItem } from './people.ts'

export interface OpenedStore {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly history: History
  close(): Promise<void>
  /** Closes the store and opens it again on the same data. Absent for a store that keeps nothing on disk. */
  readonly reopen?: () => Promise<OpenedStore>
}

/**
 * Runs the suite on one store. Every test has scopes of its own, so the store need not be empty.
 * @param open is called once, before the first test
 */
export function changeStoreContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let store: OpenedStore
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store?.close())

    const put = (...records: readonly CausalRecord[]) => write(store.changes, ...records.map((record) => ({ record })))

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

    describe('subscribe', () => {
      it('calls after the commit, with each scope that changed', async () => {
        const [one, two] = [randomUUID(), randomUUID()]
        const told: string[] = []
        const unsubscribe = store.changes.subscribe((scope) => told.push(scope))
        await put(timelineItem(one), timelineItem(two), guest(one))
        await expect.poll(() => [...new Set(told)].sort()).toEqual([one, two].sort())
        unsubscribe()
      })

      it('can read what it was called for', async () => {
        const item = timelineItem(randomUUID())
        const { promise: found, resolve } = Promise.withResolvers<readonly string[]>()
        const unsubscribe = store.changes.subscribe((scope) => {
          resolve(store.changes.inScope(scope).then(idsOf))
        })
        await put(item)
        expect(await found).toEqual([item.id])
        unsubscribe()
      })

      it('is not called for a change that failed, nor after it was ended', async () => {
        const scope = randomUUID()
        const [told, toldOther]: [string[], string[]] = [[], []]
        const unsubscribe = store.changes.subscribe((changed) => told.push(changed))
        const unsubscribeOther = store.changes.subscribe((changed) => toldOther.push(changed))
        const failing = store.changes.update([], () => {
          throw new Error('refused')
        })
        await expect(failing).rejects.toThrow('refused')
        unsubscribe()
        await put(timelineItem(scope))
        await expect.poll(() => toldOther).toEqual([scope])
        expect(told).toEqual([])
        unsubscribeOther()
      })
    })

    describe('state', () => {
      it('keeps JSON values by key', async () => {
        const key = `test:${randomUUID()}`
        expect(await store.state.get(key)).toBeUndefined()
        for (const value of [{ seq: 3, scopes: ['a'] }, 'text \u0000', 0, false, null, []]) {
          await store.state.set(key, value)
          expect(await store.state.get(key)).toEqual(value)
        }
      })

      it('lists what begins with a prefix, taken literally', async () => {
        const prefix = `test:${randomUUID()}:50%_\\*:`
        await store.state.set(`${prefix}b`, 2)
        await store.state.set(`${prefix}a`, 1)
        await store.state.set(prefix.replace('%', 'x'), 3)
        expect([...(await store.state.list(prefix))].sort()).toEqual([
          [`${prefix}a`, 1],
          [`${prefix}b`, 2],
        ])
        expect(await store.state.list(`${prefix}c`)).toEqual(new Map())
      })
    })

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
          expect(found).toEqual(
            new Map([...record.units].map(([readClass, { vector }]) => [readClass, new Map(vector)])),
          )
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
        expect(await store.history.vectorsAt(first.id, { ms: between })).toEqual(
          new Map([['open', new Map([[ana, 1]])]]),
        )
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

    describe('a wedding as it was', () => {
      it('is, at every moment, exactly what the replica held then, whatever people did', async () => {
        const seed = Number(process.env.HISTORY_SEED ?? Date.now() % 1_000_000)
        const random = randomFrom(seed)
        const scope = randomUUID()
        const moments: { readonly ms: number; readonly held: readonly string[] }[] = []
        for (let step = 0; step < 40; step++) {
          const current = await store.changes.inScope(scope)
          await put(...randomStep(scope, current, random))
          await nextMillisecond()
          moments.push({ ms: Date.now(), held: (await store.changes.inScope(scope)).map(encoded) })
          await nextMillisecond()
        }
        for (const { ms, held } of moments) {
          const then = await store.history.weddingAt(scope, ms)
          expect(then.ok && then.value.map(encoded), `seed ${seed}`).toEqual(held)
        }
      })

      it('leaves out values that lost at once, which never stood in it', async () => {
        const item = timelineItem(randomUUID())
        await put(item)
        const { stamp } = author(ben)
        const lost = { readClass: 'open', register: 'title', actor: ben, counter: 0, stamp, value: 'late' }
        await store.history.keep(item.id, [lost])
        await nextMillisecond()
        const then = await store.history.weddingAt(item.scope, Date.now())
        expect(then.ok && then.value.map(encoded)).toEqual([encoded(item)])
      })

      it('cannot be told for a moment before this replica had it', async () => {
        const before = Date.now()
        await nextMillisecond()
        const item = timelineItem(randomUUID())
        await put(item)
        const then = await store.history.weddingAt(item.scope, before)
        expect(then.ok || then.error.kind).toBe('before-history')
        expect(!then.ok && then.error.sinceMs).toBeGreaterThan(before)
      })
    })

    describe('forgetting', () => {
      const DAY_MS = 86_400_000
      const retention = { historyDays: 90, stateDays: { 'test-batch/': 30 } }

      it('takes old values, versions and facts, and nothing that is younger or still true', async () => {
        const scope = randomUUID()
        const first = timelineItem(scope)
        let last = first
        await put(first)
        for (const title of ['Vows', 'Rings', 'Kiss']) {
          last = edit(last, { title })
          await put(last)
        }
        const [stale, other] = [`test-batch/${randomUUID()}`, `test-kept/${randomUUID()}`]
        await store.state.set(stale, 1)
        await store.state.set(other, 1)

        await store.history.forget(retention, Date.now() + 29 * DAY_MS)
        expect(await store.state.get(stale)).toBe(1)
        expect(await store.history.superseded(first.id)).toHaveLength(3)
        await store.history.forget(retention, Date.now() + 31 * DAY_MS)
        expect(await store.state.get(stale)).toBeUndefined()
        expect(await store.state.get(other)).toBe(1)
        expect(await store.history.superseded(first.id)).toHaveLength(3)

        const muchLater = Date.now() + 91 * DAY_MS
        await store.history.forget(retention, muchLater)
        expect(await store.history.superseded(first.id)).toEqual([])
        expect(await store.history.vectorsAt(first.id, { version: recordVersion(first) })).toBeUndefined()
        expect(await store.history.vectorsAt(first.id, { version: recordVersion(last) })).toBeDefined()
        const then = await store.history.weddingAt(scope, muchLater)
        expect(then.ok && then.value.map(encoded)).toEqual([encoded(last)])
        const tooEarly = await store.history.weddingAt(scope, Date.now())
        expect(tooEarly.ok || tooEarly.error.sinceMs).toBe(Math.floor(muchLater - 90 * DAY_MS))
      })
    })

    describe('reopening', () => {
      it('finds everything again, and goes on counting', async ({ skip }) => {
        const { reopen } = store
        if (!reopen) return skip('this store keeps nothing on disk')
        const item = timelineItem(randomUUID())
        await put(item)
        await put(edit(item, { title: 'Vows' }))
        const key = `test:${randomUUID()}`
        await store.state.set(key, { kept: true })
        const { epoch } = store.changes
        const head = await store.changes.head(item.scope)
        expect(epoch).toMatch(/^[\w-]{11}$/)

        store = await reopen()
        expect(store.changes.epoch).toBe(epoch)
        expect(await store.changes.head(item.scope)).toBe(head)
        expect(await titleOf(store.changes, item.id)).toBe('Vows')
        expect(await store.state.get(key)).toEqual({ kept: true })
        expect(await store.history.superseded(item.id)).toHaveLength(1)
        await put(timelineItem(item.scope))
        expect(await store.changes.head(item.scope)).toBeGreaterThan(head)
      })
    })
  })
}

/** Writes over whatever is there, as a test that knows the whole history may. */
export async function write(changes: ChangeStore, ...writes: readonly Write[]): Promise<void> {
  await changes.update(
    writes.map(({ record }) => record.id),
    () => writes,
  )
}

/** The whole log, page by page, checked for order on the way. */
export async function readLog(
  changes: ChangeStore,
  scope: string,
  query: Partial<ChangeQuery> = {},
): Promise<Change[]> {
  const log: Change[] = []
  const { limit = 100 } = query
  for (let upTo = 0; ; ) {
    const page = await changes.changesSince(scope, upTo, { ...query, limit })
    expect(page.changes.length).toBeLessThanOrEqual(limit)
    for (const change of page.changes) {
      expect(change.seq).toBeGreaterThan(log.at(-1)?.seq ?? 0)
      log.push(change)
    }
    expect(page.upTo).toBeGreaterThanOrEqual(log.at(-1)?.seq ?? 0)
    if (!page.more) return log
    expect(page.upTo).toBeGreaterThan(upTo)
    upTo = page.upTo
  }
}

async function editIn(changes: ChangeStore, id: string, change: (record: CausalRecord) => CausalRecord): Promise<void> {
  await changes.update([id], (current) => {
    const record = current.get(id)
    return record ? [{ record: change(record) }] : []
  })
}

function idsOf(records: readonly CausalRecord[]): string[] {
  return records.map(({ id }) => id)
}

function encoded(record: CausalRecord | undefined): string {
  return record ? JSON.stringify(encodeRecord(record)) : 'no record'
}

async function nextMillisecond(): Promise<void> {
  const now = Date.now()
  while (Date.now() === now) await sleep(1)
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One thing that people do: create, edit (also two at once), decide, delete, bring back. */
function randomStep(scope: string, current: readonly CausalRecord[], random: () => number): readonly CausalRecord[] {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)]
  const who = pick([ana, ben, cleo]) ?? ana
  const record = pick(current)
  if (!record || random() < 0.2) return [guest(scope, { name: `Guest ${random()}`, tags: ['a', 'b'] }, who)]
  const data = () =>
    pick<Data>([
      { name: `Dana ${random()}` },
      { dietary: `no nuts ${random()}`, email: 'dana@example.org' },
      { notes: `A note ${random()}` },
      { tags: random() < 0.5 ? ['b', 'c'] : ['a'] },
    ]) ?? {}
  const action = random()
  if (action < 0.2) return [deleteRecord(record, author(who))]
  if (action < 0.5) return [join(edit(record, data(), ana), edit(record, data(), ben))]
  return [edit(record, data(), who)]
}

async function titleOf(changes: ChangeStore, id: string): Promise<unknown> {
  const record = (await changes.records([id])).get(id)
  return record && viewRecord(record).data.title
}
