import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { isSealed } from '../../../model/merge/envelope.ts'
import { type CausalRecord, joinRecords, liveValues } from '../../../model/merge/record.ts'
import { editTag } from '../../../model/merge/tag.ts'
import { nextCounter, writeUnit } from '../../../model/merge/unit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { receiveChanges } from '../../../model/sync/inbox.ts'
import { TRUSTED } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { elevenChars, type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'
import { join } from '../../support/mergeFuzz.ts'
import { at, newRecord, WEDDING_ID } from '../../support/mergeHelpers.ts'

const guest = newRecord('guests', { name: 'Ada', tableNumber: 1 })

describe('a store that was restored from a backup', () => {
  it('[INV4][REG8] writes under a new actor: no dot is used twice, and its new edits reach everybody', () => {
    const backup = guest
    const sent = editRecord(editRecord(backup, { name: 'Eda' }, at(10, 'ana')), { tableNumber: 2 }, at(11, 'ana'))
    const hub = join(backup, sent)
    const restored = editRecord(backup, { tableNumber: 7 }, at(20, 'ana again'))
    const both = join(hub, restored)
    const dots = [...liveValues(both)].map(({ readClass, register, edit }) =>
      [readClass, register, edit.actor, edit.counter].join(),
    )
    expect(new Set(dots).size).toBe(dots.length)
    expect(viewRecord(both).siblings.tableNumber?.map(({ value }) => value)).toEqual([7, 2])
    expect(viewRecord(both).data.name).toBe('Eda')
  })

  it('[REG8] would lose its new edits without a sound if it went on counting where the backup stood', () => {
    // Why an actor is minted anew: the hub has seen this dot, and what stood under it was replaced since.
    const sent = editRecord(guest, { tableNumber: 2 }, at(10, 'ana'))
    const hub = editRecord(sent, { tableNumber: 3 }, at(11, 'ben'))
    const wrong = editRecord(guest, { tableNumber: 7 }, at(20, 'ana'))
    expect(joinRecords(hub, wrong)).toEqual({ ok: true, value: hub })
  })
})

describe('a data folder that was copied and kept its actor', () => {
  let hub: MemoryReplica
  beforeAll(async () => {
    hub = await openMemoryReplica('hub', { now: () => WEDDING_MORNING_MS })
  })
  afterAll(() => hub.close())

  it('[REG5][INV5] is noticed as a clash of dots, and blocks nobody else', async () => {
    const inbox = { changes: hub.changes, state: hub.state, rules: TRUSTED, peerEpoch: elevenChars('peer') }
    const bring = (...records: readonly CausalRecord[]) =>
      receiveChanges(
        { type: 'changes', scope: WEDDING_ID, seq: 1, remaining: 0, records: records.map(encodeRecord) },
        inbox,
      ).then(({ refused }) => refused)
    const other = { ...newRecord('guests', { name: 'Grace' }), id: uuidOf(70) }
    const original = editRecord(guest, { name: 'Eda' }, at(10, 'ana'))
    const copy = editRecord(guest, { name: 'Ida' }, at(10, 'ana'))
    expect(await bring(original)).toEqual([])
    expect(await bring(copy, other)).toEqual([
      { id: guest.id, reason: expect.stringContaining('one edit with two contents') },
    ])
    expect(viewRecord(await hub.read(guest.id)).data.name).toBe('Eda')
    expect(viewRecord(await hub.read(other.id)).data.name).toBe('Grace')
    const bens = editRecord(original, { tableNumber: 9 }, at(30, 'ben'))
    expect(await bring(bens)).toEqual([])
    expect(viewRecord(await hub.read(guest.id)).data).toMatchObject({ name: 'Eda', tableNumber: 9 })
  })

  it('[REG5] is no clash in records that only one of the two has changed', () => {
    const elsewhere = { ...guest, id: uuidOf(71) }
    const copys = editRecord(elsewhere, { name: 'Ida' }, at(10, 'ana'))
    expect(joinRecords(elsewhere, copys)).toEqual({ ok: true, value: copys })
  })
})

describe('a replica that cannot open values', () => {
  /** The record with every value as the cloud would hold it; ids, dots and tags are those of the open one. */
  const seal = (record: CausalRecord): CausalRecord => ({
    ...record,
    units: new Map(
      [...record.units].map(([readClass, unit]) => {
        const registers = [...unit.registers].map(([name, siblings]) => {
          const closed = siblings.map(({ edit }) => ({ edit, value: { $sealed: { keyId: 'k', data: edit.tag } } }))
          return [name, closed] as const
        })
        return [readClass, { ...unit, registers: new Map(registers) }] as const
      }),
    ),
  })

  it('[INV9] merges sealed values to the same dots as an open one, and comes to know none of them', () => {
    const name = fc.constantFrom('Eda', 'Ida', 'Ada')
    fc.assert(
      fc.property(name, name, fc.boolean(), (anas, bens, isDeleted) => {
        const ana = editRecord(guest, { name: anas, dietary: 'vegan' }, at(10, 'ana'))
        const ben = editRecord(isDeleted ? deleteRecord(guest, at(19, 'ben')) : guest, { name: bens }, at(20, 'ben'))
        const open = join(ana, ben)
        const closed = join(seal(ana), seal(ben))
        const places = (record: CausalRecord) => [...liveValues(record)].map(({ value: _, ...place }) => place)
        expect(places(closed)).toEqual(places(open))
        expect([...liveValues(closed)].every(({ value }) => isSealed(value))).toBe(true)
        expect(JSON.stringify(encodeRecord(closed))).not.toMatch(/Eda|Ida|Ada|vegan/)
      }),
    )
  })
})

describe('a week without internet', () => {
  it('[INV10] is a join like any other: hundreds of edits on either side, no matter how long ago', () => {
    let studio = guest
    let venue = guest
    for (let day = 0; day < 8; day++) {
      for (let n = 0; n < 60; n++) {
        studio = editRecord(studio, { tableNumber: n + 1, seat: `s${day}` }, at(86_400 * day + n, 'studio'))
        venue = editRecord(venue, { meal: `m${n}`, party: `p${day}` }, at(86_400 * day + n, 'venue'))
      }
    }
    const both = join(studio, venue)
    expect(viewRecord(both)).toMatchObject({
      data: { tableNumber: 60, seat: 's7', meal: 'm59', party: 'p7' },
      siblings: {},
    })
    expect(JSON.stringify(encodeRecord(both)).length).toBeLessThan(2 * JSON.stringify(encodeRecord(guest)).length + 500)
  })
})

describe('dots', () => {
  it('[REG1] count on by one for each actor and unit, and are shared by the fields that one edit writes', () => {
    const edited = editRecord(guest, { name: 'Eda', tableNumber: 2, dietary: 'vegan' }, at(10, 'ben'))
    const again = editRecord(edited, { name: 'Ida' }, at(11, 'ben'))
    const bens = (record: CausalRecord) =>
      [...liveValues(record)]
        .filter(({ edit }) => edit.actor === at(0, 'ben').actor)
        .map(({ readClass, register, edit }) => [readClass, register, edit.counter])
    expect(bens(edited)).toEqual([
      ['diet', 'dietary', 1],
      ['open', 'name', 1],
      ['open', 'tableNumber', 1],
    ])
    expect(bens(again)).toContainEqual(['open', 'name', 2])
  })

  it('[REG1] are never used again by an actor that others have counted on for', () => {
    const unit = guest.units.get('open') ?? expect.fail('no unit')
    const dot = { actor: at(0, 'ana').actor, counter: 40 }
    const values = new Map([['name', 'Eda']])
    const tag = editTag(guest.scope, { recordId: guest.id, readClass: 'open' }, dot, values)
    const counted = writeUnit(unit, { ...dot, stamp: at(9, 'ana').stamp, tag }, values, unit.vector)
    expect(nextCounter(counted, dot.actor)).toBe(41)
    expect(nextCounter(counted, at(0, 'ben').actor)).toBe(1)
  })
})
