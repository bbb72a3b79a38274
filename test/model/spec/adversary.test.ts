import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeRecord, type StoredRecord } from '../../../model/merge/codec.ts'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { createRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Role } from '../../../model/roles.ts'
import { type Refused, receiveChanges } from '../../../model/sync/inbox.ts'
import { rulesOf, TRUSTED } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { elevenChars, type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'
import { at, WEDDING_ID } from '../../support/mergeHelpers.ts'

const STAMP = at(50, 'x').stamp
const TAG = 'AAAAAAAAAAA'
/** What one hostile message may cost on a slow and busy laptop. Measured on an idle one: about a second for the worst. */
const PATIENCE_MS = 15_000

let hub: MemoryReplica
let victim: string
let good: string
let ids = 1_000

beforeAll(async () => {
  hub = await openMemoryReplica('hub', { now: () => WEDDING_MORNING_MS })
})
afterAll(() => hub.close())

beforeEach(async () => {
  victim = uuidOf(++ids)
  good = uuidOf(++ids)
  await hub.create({ id: victim, scope: WEDDING_ID, table: 'guests', data: { name: 'Ada', notes: 'Aunt' } })
})

/** The victim's record as a peer would send it, free to be damaged. */
async function wire(): Promise<StoredRecord & { units: { open: StoredRecord['units'][string] } }> {
  const stored: StoredRecord = JSON.parse(JSON.stringify(encodeRecord(await hub.read(victim))))
  const { open } = stored.units
  if (!open) throw new Error('no open unit')
  return { ...stored, units: { ...stored.units, open } }
}

/** Brings hostile records between two good ones, and sees to it that those went in and nothing took for ever. */
async function bring(hostile: readonly unknown[], role?: Role): Promise<readonly Refused[]> {
  const more = uuidOf(++ids)
  const guest = (id: string) =>
    encodeRecord(createRecord({ id, scope: WEDDING_ID, table: 'guests', data: { name: 'Grace' } }, at(1, 'grace')))
  const rules = role ? rulesOf({ role, weddings: 'all' }, uuidOf(1), () => true) : TRUSTED
  const started = performance.now()
  const { refused } = await receiveChanges(
    { type: 'changes', scope: WEDDING_ID, seq: 1, remaining: 0, records: [guest(good), ...hostile, guest(more)] },
    { changes: hub.changes, state: hub.state, rules, peerEpoch: elevenChars('hostile') },
  )
  expect(performance.now() - started).toBeLessThan(PATIENCE_MS)
  const taken = await hub.changes.records([good, more])
  expect([...taken.values()].map((record) => viewRecord(record).data.name)).toEqual(['Grace', 'Grace'])
  return refused
}

async function unharmed(): Promise<void> {
  const view = viewRecord(await hub.read(victim))
  expect(view).toMatchObject({ data: { name: 'Ada', notes: 'Aunt' }, siblings: {}, deleted: false })
  const edited = viewRecord(await hub.edit(victim, { tableNumber: ids }))
  expect(edited.data.tableNumber).toBe(ids)
}

const reason = expect.stringMatching(/./)

describe('a hostile message', () => {
  it('[INV5][REG5] with a dot that stands for other values here is refused, and our values stay', async () => {
    const stored = await wire()
    stored.units.open.e = stored.units.open.e.map(([actor, counter, stamp]) => [actor, counter, stamp, TAG])
    stored.units.open.r.name = [0, 'Mallory']
    expect(await bring([stored])).toEqual([{ id: victim, reason }])
    await unharmed()
  })

  it('[INV5][COD4] with one dot twice under two values is refused', async () => {
    const stored = await wire()
    stored.units.open.e.push([0, 1, STAMP, TAG])
    stored.units.open.r.name = [0, 'Ada', stored.units.open.e.length - 1, 'Mallory']
    expect(await bring([stored])).toEqual([{ id: victim, reason }])
    await unharmed()
  })

  it('[INV5][REG1] with a dot of our own actor that we never issued costs us none of our edits', async () => {
    const stored = await wire()
    stored.units.open.v[0] = 40
    stored.units.open.e.push([0, 40, STAMP, TAG])
    stored.units.open.r.seat = [stored.units.open.e.length - 1, 'taken']
    expect(await bring([stored])).toEqual([])
    const edited = await hub.edit(victim, { name: 'Eda' })
    expect(edited.units.get('open')?.vector.get(elevenChars('hub'))).toBe(41)
    expect(viewRecord(edited).data.name).toBe('Eda')
  })

  it('[INV5][REG5] with a dot of our own actor that we have issued meanwhile is refused, and our edit stays', async () => {
    const stored = await wire()
    await hub.edit(victim, { name: 'Eda' })
    stored.units.open.v[0] = 2
    stored.units.open.e.push([0, 2, STAMP, TAG])
    stored.units.open.r.seat = [stored.units.open.e.length - 1, 'taken']
    expect(await bring([stored])).toEqual([{ id: victim, reason }])
    expect(viewRecord(await hub.read(victim)).data).toMatchObject({ name: 'Eda' })
  })

  it('[INV5] that counts our edits ahead without holding any is refused at the door of a device', async () => {
    const stored = await wire()
    stored.units.open.v[0] = 40
    expect(await bring([stored], 'owner')).toEqual([{ id: victim, reason }])
    await unharmed()
  })

  it.each<{ what: string; counters: readonly unknown[] }>([
    { what: 'negative', counters: [-1] },
    { what: 'fractional', counters: [1.5] },
    { what: 'infinite', counters: [Number.POSITIVE_INFINITY] },
    { what: 'textual', counters: ['1'] },
    { what: 'endless', counters: Array.from({ length: 2_000 }, () => 1) },
  ])('[INV5][COD4] with $what counters is refused', async ({ counters }) => {
    const stored = await wire()
    const hostile = { ...stored, units: { ...stored.units, open: { ...stored.units.open, v: counters } } }
    expect(await bring([hostile])).toEqual([{ id: victim, reason }])
    await unharmed()
  })

  it('[INV5][INV8] with a value of 2 MB is refused or stays one value of one record', async () => {
    const stored = await wire()
    stored.actors.push(elevenChars('zzz'))
    stored.units.open.v.push(1)
    stored.units.open.e.push([1, 1, STAMP, TAG])
    stored.units.open.r.seat = [stored.units.open.e.length - 1, 'x'.repeat(2_000_000)]
    const refused = await bring([stored])
    const size = JSON.stringify(encodeRecord(await hub.read(victim))).length
    expect(refused.length === 1 ? size : size - 2_000_000).toBeLessThan(2_000)
    await unharmed()
  })

  it('[INV5][COD5] with prototype keys anywhere is refused or harmless, and changes no object', async () => {
    const text = JSON.stringify(await wire())
    const evil = '{"polluted":true}'
    const hostile = [
      text.replace('"units":{', `"units":{"__proto__":${evil},`),
      text.replace('"r":{', `"r":{"__proto__":[0,${evil}],`),
      text.replace('"name":[0,"Ada"]', `"name":[0,"Ada"],"constructor":[0,${evil}]`),
      text.replace('"name":[0,"Ada"]', `"name":[0,{"__proto__":${evil}}]`),
      text.replace('{', `{"__proto__":${evil},`),
      text.replace(/"table":"guests"/, '"table":"__proto__"'),
      text.replaceAll('"open"', '"__proto__"'),
    ]
    for (const each of hostile) {
      await bring([JSON.parse(each)])
      await bring([JSON.parse(each)], 'owner')
      expect('polluted' in {}).toBe(false)
      await unharmed()
    }
  })

  it.each<{ count: number; what: string; field: string; value: (n: number) => unknown }>([
    { count: 10_000, what: 'a field', field: 'seat', value: (n) => `seat ${n}` },
    { count: 2_000, what: 'a field for people to decide', field: 'rsvpStatus', value: (n) => `rsvp ${n}` },
    { count: 2_000, what: 'a text', field: 'notes', value: () => 'AAAA' },
  ])(
    '[INV5][INV8] with $count siblings of $what is refused or taken in bounded time',
    async ({ count, field, value }) => {
      const stored = await wire()
      const { open } = stored.units
      const actors = Array.from({ length: 500 }, (_, i) => elevenChars(`zz${i}`))
      const flat: unknown[] = []
      for (let n = 0; n < count; n++) {
        flat.push(open.e.length, value(n))
        open.e.push([stored.actors.length + (n % 500), 1 + Math.floor(n / 500), STAMP, TAG])
      }
      stored.actors.push(...actors)
      open.v.push(...actors.map(() => count / 500))
      open.r[field] = flat
      const started = performance.now()
      const refused = await bring([stored], 'owner')
      const record = await hub.read(victim)
      const view = viewRecord(record)
      conflictsOf(record)
      expect(performance.now() - started).toBeLessThan(PATIENCE_MS)
      expect(view.data.name).toBe('Ada')
      const settled = viewRecord(await hub.edit(victim, { [field]: 'settled' }))
      expect(settled.data[field]).toBe('settled')
      expect(settled.siblings[field]).toBeUndefined()
      expect(refused.every((each) => each.id === victim)).toBe(true)
    },
  )

  it.each([
    { what: 'of an actor that is known', isKnown: true },
    { what: 'of an actor that is not', isKnown: false },
  ])('[SYN20][INV5] that counts 100,000 edits more $what is taken, and one more is refused', async ({ isKnown }) => {
    const leaping = async (leap: number): Promise<StoredRecord> => {
      const stored = await wire()
      const { open } = stored.units
      if (isKnown) open.v[0] = (open.v[0] ?? 0) + leap
      else {
        stored.actors.push(elevenChars('zz'))
        open.v.push(leap)
      }
      return stored
    }
    expect(await bring([await leaping(100_001)])).toEqual([
      { id: victim, reason: 'the record counts more edits than anybody makes' },
    ])
    await unharmed()
    expect(await bring([await leaping(100_000)])).toEqual([])
    await unharmed()
  })

  it('[INV5][REG7] that says it is another record, or of another wedding, is refused', async () => {
    const stored = await wire()
    const moved = [
      { ...stored, scope: uuidOf(5) },
      { ...stored, table: 'tasks' },
      { ...stored, base: 'inner' },
      { ...stored, id: 'victim' },
    ]
    for (const hostile of moved) expect(await bring([hostile])).toEqual([{ id: hostile.id, reason }])
    await unharmed()
  })

  it('[INV5] of nothing but garbage is refused item by item', async () => {
    const garbage = [null, 0, '', [], {}, [[]], { id: {} }, { id: 'x'.repeat(10_000) }, JSON.parse('[[[[[]]]]]')]
    expect((await bring(garbage)).every(({ id }) => id.length <= 100)).toBe(true)
    await unharmed()
  })

  it('[INV5][INV6] of a viewer changes nothing, whatever it holds', async () => {
    const stored = await wire()
    stored.actors.push(elevenChars('zzz'))
    stored.units.open.v.push(1)
    stored.units.open.e.push([1, 1, STAMP, TAG])
    const last = stored.units.open.e.length - 1
    const registers = {
      $deleted: [last, { open: { [elevenChars('hub')]: 9 } }],
      name: [last, 'Mallory'],
      tags: [last, 1],
    }
    for (const [register, flat] of Object.entries(registers)) {
      const unit = { ...stored.units.open, r: { ...stored.units.open.r, [register]: flat } }
      const {
        refused: [refusal],
      } = await receiveChanges(
        {
          type: 'changes',
          scope: WEDDING_ID,
          seq: 1,
          remaining: 0,
          records: [{ ...stored, units: { open: unit } }],
        },
        {
          changes: hub.changes,
          state: hub.state,
          rules: rulesOf({ role: 'viewer', weddings: 'all' }, uuidOf(1), () => true),
          peerEpoch: elevenChars('hostile'),
        },
      )
      expect(refusal).toEqual({ id: victim, reason: expect.stringContaining('viewer') })
    }
    await unharmed()
  })

  it('[INV5] with a counter that nobody reaches is refused, and leaves room for the edits to come', async () => {
    const stored = await wire()
    const ahead = { ...stored.units.open, v: stored.units.open.v.map(() => 2 ** 47) }
    expect(await bring([{ ...stored, units: { open: ahead } }])).toEqual([{ id: victim, reason }])
    await unharmed()
  })

  it('[INV5][INV8] with a record of two megabytes is refused', async () => {
    const big = createRecord(
      { id: uuidOf(++ids), scope: WEDDING_ID, table: 'guests', data: { name: 'x'.repeat(2_000_000) } },
      at(1, 'big'),
    )
    expect(await bring([encodeRecord(big)])).toEqual([{ id: big.id, reason: expect.stringContaining('megabyte') }])
  })

  it('[INV4] that brings one record twice loses neither part of it', async () => {
    const id = uuidOf(++ids)
    const whole = { id, scope: WEDDING_ID, table: 'guests' }
    const parts = [
      createRecord({ ...whole, data: { name: 'Ada' } }, at(1, 'ana')),
      createRecord({ ...whole, data: { seat: 'B' } }, at(2, 'ben')),
    ]
    expect(await bring(parts.map(encodeRecord))).toEqual([])
    expect(viewRecord(await hub.read(id)).data).toMatchObject({ name: 'Ada', seat: 'B' })
  })
})
