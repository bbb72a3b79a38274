import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unitHash } from '../../../model/merge/digest.ts'
import { createRecord } from '../../../model/merge/edit.ts'
import { restrictRecord } from '../../../model/merge/record.ts'
import { mayRead, type Role } from '../../../model/roles.ts'
import type { ChangeStore } from '../../../model/sync/changeStore.ts'
import { type DigestIndex, type DigestView, digestIndexOf, openDigestIndex } from '../../../model/sync/digestIndex.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'

const LAKE = uuidOf(100)
const BARN = uuidOf(101)
const ALL: DigestView = { mayRead: () => true }
const viewOf = (role: Role): DigestView => ({ mayRead: (table, readClass) => mayRead(role, table, readClass) })

let replica: MemoryReplica
let hashed: string[]
beforeEach(async () => {
  replica = await openMemoryReplica('hub', { now: () => WEDDING_MORNING_MS })
  hashed = []
})
afterEach(() => replica.close())

const counted: typeof unitHash = (...args) => {
  hashed.push(args[0])
  return unitHash(...args)
}

const open = (changes: ChangeStore = replica.changes, maxUnits?: number): DigestIndex =>
  openDigestIndex(changes, { hash: counted, ...(maxUnits !== undefined && { maxUnits }) })

/** What an index says that has never seen anything before. */
const fresh = async (scope = LAKE, view = ALL, changes: ChangeStore = replica.changes) =>
  (await openDigestIndex(changes).view(scope, view)).classes

async function addGuests(count: number, scope = LAKE, from = 1_000): Promise<void> {
  const records = Array.from({ length: count }, (_, i) =>
    createRecord({ id: uuidOf(from + i), scope, table: 'guests', data: { name: 'Ada', phone: '1' } }, replica.author()),
  )
  await replica.changes.update([], () => records.map((record) => ({ record })))
}

describe('digestIndex', () => {
  it('hashes one record after one edit, of 5,000', async () => {
    await addGuests(5_000)
    const index = open()
    const before = (await index.view(LAKE, ALL)).classes
    expect(new Set(hashed).size).toBe(5_000)
    hashed = []
    await replica.edit(uuidOf(1_234), { name: 'Grace' })
    const after = (await index.view(LAKE, ALL)).classes
    expect(new Set(hashed)).toEqual(new Set([uuidOf(1_234)]))
    expect(after).not.toEqual(before)
    expect(after).toEqual(await fresh())
    hashed = []
    expect((await index.view(LAKE, { ...ALL, audit: true })).classes).toEqual(after)
    expect(hashed).toEqual([])
  })

  it('after any changes says what one built from scratch says, for every role', async () => {
    const roles: readonly Role[] = ['owner', 'couple', 'photographer', 'vendor']
    const step = fc.record({
      id: fc.nat(8),
      table: fc.constantFrom('guests', 'vendors', 'client_notes'),
      asks: fc.boolean(),
    })
    let made = 10_000
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(8), { maxLength: 3 }),
        async (steps, left) => {
          const scope = uuidOf(made++)
          made += 10
          const base = made
          const index = open()
          for (const { id, table, asks } of steps) {
            const held = await replica.changes.records([uuidOf(base + id)])
            const data = { name: `${made}`, phone: '1', actual: made, content: `${made}`, notes: 'x' }
            if (held.size > 0) await replica.edit(uuidOf(base + id), { name: `${made++}` })
            else await replica.create({ id: uuidOf(base + id), scope, table, data })
            if (asks) await index.view(scope, ALL)
          }
          const except = new Set(left.map((id) => uuidOf(base + id)))
          const records = (await replica.changes.inScope(scope)).filter(({ id }) => !except.has(id))
          for (const role of roles) {
            const view = await index.view(scope, { ...viewOf(role), except })
            expect(view.classes).toEqual(await fresh(scope, { ...viewOf(role), except }))
            const readable = records.flatMap(
              (record) => restrictRecord(record, (each) => mayRead(role, record.table, each)) ?? [],
            )
            const units = readable.flatMap(({ id, units }) =>
              [...units].map(([each, unit]) => [id, unitHash(id, each, unit)]),
            )
            expect([...view.entries([])].sort()).toEqual(units.sort())
          }
          made += 10
        },
      ),
      { numRuns: 40 },
    )
  })

  it('hands out what was there, and does not follow', async () => {
    await addGuests(40)
    const index = open()
    const view = await index.view(LAKE, ALL)
    const [before, entries] = [view.node(['open', 'guests', '']), [...view.entries([])]]
    await addGuests(40, LAKE, 3_000)
    await index.view(LAKE, ALL)
    expect([view.node(['open', 'guests', '']), [...view.entries([])]]).toEqual([before, entries])
  })

  it('notices rows that went missing when it is told to look, or when the log went back', async () => {
    await addGuests(10)
    const index = open()
    const before = (await index.view(LAKE, ALL)).classes
    await replica.removeByHand([uuidOf(1_003)])
    expect((await index.view(LAKE, ALL)).classes).toEqual(before)
    expect((await index.view(LAKE, { ...ALL, audit: true })).classes).toEqual(await fresh())
    await replica.removeByHand([uuidOf(1_009)])
    expect((await index.view(LAKE, ALL)).classes).toEqual(await fresh())
    await replica.removeByHand(Array.from({ length: 10 }, (_, i) => uuidOf(1_000 + i)))
    expect((await index.view(LAKE, ALL)).classes.size).toBe(0)
  })

  it('starts anew with another epoch, and when it is told to forget', async () => {
    await addGuests(3)
    let epoch = 'first'
    const changes: ChangeStore = {
      ...replica.changes,
      get epoch() {
        return epoch
      },
    }
    const index = open(changes)
    await index.view(LAKE, ALL)
    epoch = 'second'
    hashed = []
    expect((await index.view(LAKE, ALL)).classes).toEqual(await fresh())
    expect(new Set(hashed).size).toBe(3)
    index.forget(LAKE)
    hashed = []
    await index.view(LAKE, ALL)
    expect(new Set(hashed).size).toBe(3)
  })

  it('is right for many who ask at once, while the storage changes', async () => {
    await addGuests(1_200)
    const index = open()
    const asked = Array.from({ length: 6 }, (_, i) => index.view(LAKE, { ...ALL, audit: i % 2 === 0 }))
    await replica.edit(uuidOf(1_000), { name: 'Grace' })
    await replica.removeByHand([uuidOf(1_001)])
    asked.push(index.view(LAKE, { ...ALL, audit: true }))
    for (const view of await Promise.all(asked)) {
      expect([1_199, 1_200]).toContain([...view.entries(['open', 'guests', ''])].length)
    }
    expect((await index.view(LAKE, ALL)).classes).toEqual(await fresh())
  })

  it('[8] drops the scope that was not asked for longest when it holds too much', async () => {
    await addGuests(10, LAKE, 1_000)
    await addGuests(10, BARN, 2_000)
    await addGuests(10, uuidOf(102), 3_000)
    const index = open(replica.changes, 40)
    for (const scope of [LAKE, BARN, LAKE, uuidOf(102)]) await index.view(scope, ALL)
    hashed = []
    await index.view(LAKE, ALL)
    expect(hashed).toEqual([])
    await index.view(BARN, ALL)
    expect(new Set(hashed).size).toBe(10)
    const small = open(replica.changes, 1)
    expect((await small.view(LAKE, ALL)).classes).toEqual(await fresh())
  })

  it('[5] goes on after the storage has failed', async () => {
    await addGuests(3)
    let broken = true
    const index = open({
      ...replica.changes,
      changesSince: (...args) => (broken ? Promise.reject(new Error('disk')) : replica.changes.changesSince(...args)),
    })
    await expect(index.view(LAKE, ALL)).rejects.toThrow('disk')
    broken = false
    expect((await index.view(LAKE, ALL)).classes).toEqual(await fresh())
  })

  it('[SYN27] lets others have their turn while it reads a large scope, and takes in what they change meanwhile', async () => {
    await addGuests(1_000)
    let pauses = 0
    const index = openDigestIndex(replica.changes, {
      async pause() {
        pauses++
        if (pauses === 2) await replica.edit(uuidOf(1_001), { name: 'Grace' })
      },
    })
    expect((await index.view(LAKE, ALL)).classes).toEqual(await fresh())
    expect(pauses).toBeGreaterThanOrEqual(4)
    pauses = 0
    await replica.edit(uuidOf(1_002), { name: 'Grace' })
    await index.view(LAKE, ALL)
    expect(pauses).toBe(0) // one record is no reason to wait
  })

  it('is one for all sessions of a store', () => {
    expect(digestIndexOf(replica.changes)).toBe(digestIndexOf(replica.changes))
  })
})
