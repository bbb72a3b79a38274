/** What PostgreSQL promises beyond the contract (`contract.ts`), embedded or not. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { type CausalRecord, recordVersion } from '../../../model/merge/record.ts'
import type { PostgresStore } from '../../../server/changes/postgres.ts'
import { ben, cleo, edit, guest, newActor, timelineItem } from './people.ts'
import { readLog, write } from './storeCalls.ts'

/** @param open is called once, before the first test, with the clock that the store is to go by */
export function postgresRules(open: (now: () => number) => Promise<PostgresStore>): void {
  let store: PostgresStore
  let nowMs = 0
  beforeAll(async () => {
    store = await open(() => nowMs)
  })
  afterAll(() => store?.close())

  it('gives a scope to the first team that claims it, for good', async () => {
    const [scope, other] = [randomUUID(), randomUUID()]
    const [ours, theirs] = [randomUUID(), randomUUID()]
    expect(await store.teamOf(scope)).toBeUndefined()
    expect(await store.claimScopes(ours, [scope, scope])).toBe('ok')
    expect(await store.claimScopes(ours, [scope])).toBe('ok')
    expect(await store.claimScopes(theirs, [scope, other])).toEqual({ foreign: [scope] })
    expect(await store.claimScopes(ours, [])).toBe('ok')
    expect(await store.teamOf(scope)).toBe(ours)
    expect(await store.scopesOf(ours)).toEqual([scope])
    expect(await store.scopesOf(theirs)).toEqual([other])
    expect(await store.changes.scopes()).not.toContain(scope)
    const written = timelineItem(scope)
    await write(store.changes, { record: written })
    expect(await store.teamOf(scope)).toBe(ours)
    const unclaimed = timelineItem(randomUUID())
    await write(store.changes, { record: unclaimed })
    expect(await store.teamOf(unclaimed.scope)).toBeUndefined()
    expect(await store.claimScopes(ours, [unclaimed.scope])).toBe('ok')
  })

  it('answers one of many teams that claim a scope at once', async () => {
    const scope = randomUUID()
    const teams = Array.from({ length: 8 }, () => randomUUID())
    const answers = await Promise.all(teams.map((team) => store.claimScopes(team, [scope])))
    expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1)
    expect(await store.teamOf(scope)).toBe(teams[answers.indexOf('ok')])
  })

  it('of updates that wait for one scope, one that fails under the lock does not take others with it', async () => {
    const scope = randomUUID()
    const anchor = timelineItem(scope)
    await write(store.changes, { record: anchor })
    const items = Array.from({ length: 12 }, () => timelineItem(scope))
    // The first has its turn at once; the others read the anchor as it was before, and decide again under the lock.
    const updates = items.map((item, n) =>
      store.changes.update([anchor.id, item.id], (current) => {
        const held = current.get(anchor.id) ?? anchor
        const isLate = recordVersion(held) > recordVersion(anchor)
        if (n === 5 && isLate) throw new Error('not under the lock')
        return [{ record: edit(held, { title: `Title ${n}` }, ben) }, { record: item }]
      }),
    )
    const settled = await Promise.allSettled(updates)
    const failed = settled.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))
    expect(failed).toEqual([5])
    const held = await store.changes.records(items.map(({ id }) => id))
    expect(items.map(({ id }) => held.has(id))).toEqual(items.map((_, n) => n !== 5))
    expect(recordVersion((await store.changes.records([anchor.id])).get(anchor.id) ?? anchor)).toBe(
      recordVersion(anchor) + 11,
    )
    const log = await store.changes.changesSince(scope, 0, { limit: 100 })
    expect(log.changes.map(({ seq }) => seq)).toEqual(
      [...new Set(log.changes.map(({ seq }) => seq))].sort((a, b) => a - b),
    )
  })

  it('of updates that are committed together, one that the database refuses does not take others with it', async () => {
    const scope = randomUUID()
    await write(store.changes, { record: timelineItem(scope) })
    const items = Array.from({ length: 6 }, () => timelineItem(scope))
    // Too long for an index, however well it is compressed.
    const table = randomBytes(20_000).toString('hex')
    const updates = items.map((item, n) => write(store.changes, { record: n === 3 ? { ...item, table } : item }))
    const settled = await Promise.allSettled(updates)
    expect(settled.map(({ status }) => status)).toEqual(items.map((_, n) => (n === 3 ? 'rejected' : 'fulfilled')))
    const log = await readLog(store.changes, scope, { limit: 100 })
    expect(log.slice(1).map(({ record }) => record.id)).toEqual(items.flatMap(({ id }, n) => (n === 3 ? [] : [id])))
    expect(log.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it.each(['scope', 'table', 'base'] as const)(
    'refuses to change the %s of a record, and all that comes with it',
    async (field) => {
      const item = timelineItem(randomUUID())
      await write(store.changes, { record: item })
      const innocent = timelineItem(item.scope)
      const moved = { ...item, [field]: field === 'scope' ? randomUUID() : 'tasks' }
      await expect(write(store.changes, { record: innocent }, { record: moved })).rejects.toThrow(
        `may not change its ${field}`,
      )
      expect(await store.changes.records([innocent.id])).toEqual(new Map())
      expect(await store.changes.head(item.scope)).toBe(1)
    },
  )

  it('refuses a record that could not be read again, and one that is written twice', async () => {
    const item = timelineItem(randomUUID())
    await expect(write(store.changes, { record: { ...item, units: new Map() } })).rejects.toThrow('holds no value')
    await expect(write(store.changes, { record: item }, { record: item })).rejects.toThrow('twice')
    expect(await store.changes.head(item.scope)).toBe(0)
  })

  it('holds names that PostgreSQL itself cannot', async () => {
    const odd = 'odd \u0000 \ud800 "\\'
    const item = { ...timelineItem(randomUUID()), table: odd }
    await write(store.changes, { record: item, from: odd })
    const [found] = await store.changes.inScope(item.scope, { table: odd })
    expect(found && encodeRecord(found)).toEqual(encodeRecord(item))
    expect(await readLog(store.changes, item.scope, { except: odd })).toEqual([])
    await store.state.set(odd, 1)
    expect(await store.state.list('odd \u0000')).toEqual(new Map([[odd, 1]]))
    await store.state.set(odd, undefined)
    expect(await store.state.get(odd)).toBeUndefined()
  })

  it('takes two spellings of an id for two records, as every other replica does', async () => {
    const item = timelineItem(randomUUID())
    const shouting = timelineItem(item.scope, { title: 'Other' }, newActor(), item.id.toUpperCase())
    await write(store.changes, { record: item })
    await write(store.changes, { record: shouting })
    expect(await store.changes.inScope(item.scope)).toHaveLength(2)
  })

  it('keeps a batch of a thousand in its order', async () => {
    const scope = randomUUID()
    const guests = Array.from({ length: 1000 }, () => guest(scope))
    await write(store.changes, ...guests.map((record) => ({ record })))
    const log = await readLog(store.changes, scope, { limit: 300 })
    expect(log.map(({ record }) => record.id)).toEqual(guests.map(({ id }) => id))
    expect(log.at(-1)?.seq).toBe(1000)
  })

  it('gives whoever asks for many scopes at once a page of each, and says where there is more', async () => {
    const scopes = Array.from({ length: 4 }, () => randomUUID())
    const counts = [1, 0, 400, 3]
    for (const [n, scope] of scopes.entries()) {
      await write(store.changes, ...Array.from({ length: counts[n] ?? 0 }, () => ({ record: guest(scope) })))
    }
    const upTo = scopes.map(() => 0)
    const read = scopes.map(() => 0)
    for (let round = 0; round < 2; round++) {
      const pages = await Promise.all(
        scopes.map((scope, n) => store.changes.changesSince(scope, upTo[n] ?? 0, { limit: 500 })),
      )
      for (const [n, page] of pages.entries()) {
        expect(page.changes.map(({ record }) => record.scope)).toEqual(page.changes.map(() => scopes[n]))
        expect(page.more).toBe(round === 0 && n === 2)
        read[n] = (read[n] ?? 0) + page.changes.length
        upTo[n] = page.upTo
      }
    }
    expect([read, upTo]).toEqual([counts, counts])
  })

  it('goes by the clock it was given, also when that goes back', async () => {
    const item = timelineItem(randomUUID())
    const later = edit(item, { title: 'Vows' }, ben)
    const latest = edit(later, { title: 'Rings' }, cleo)
    for (const [record, ms] of [
      [item, 5000.7],
      [later, 7000],
      [latest, 6000],
    ] as const) {
      nowMs = ms
      await write(store.changes, { record })
    }
    const at = (ms: number) => store.history.vectorsAt(item.id, { ms })
    const vectorsOf = (record: CausalRecord) => new Map([['open', new Map(record.units.get('open')?.vector)]])
    expect(await at(4999)).toBeUndefined()
    expect(await at(5000.7)).toEqual(vectorsOf(item))
    expect(await at(6500)).toEqual(vectorsOf(latest))
    expect(await at(8000)).toEqual(vectorsOf(latest))
  })

  it('is loud about a listener that throws, but neither the commit nor the next listener suffers', async () => {
    const uncaught = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task()
      } catch (error) {
        thrown.push(error)
      }
    })
    const thrown: unknown[] = []
    const told: string[] = []
    const subscriptions = [
      store.changes.subscribe(() => {
        throw new Error('listener')
      }),
      store.changes.subscribe((scope) => told.push(scope)),
    ]
    const item = timelineItem(randomUUID())
    try {
      await write(store.changes, { record: item })
    } finally {
      uncaught.mockRestore()
      for (const unsubscribe of subscriptions) unsubscribe()
    }
    expect(told).toEqual([item.scope])
    expect(thrown).toEqual([new Error('listener')])
  })
}
