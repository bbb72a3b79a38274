import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import {
  applyDelta,
  type Delta,
  decodeDelta,
  deltaSince,
  encodeDelta,
  type StoredDelta,
  type Vectors,
  wholeOf,
} from '../../../model/merge/delta.ts'
import { deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, joinRecords, restrictRecord, sameRecord } from '../../../model/merge/record.ts'
import { coversAll } from '../../../model/merge/vector.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { READ_CLASSES } from '../../../model/tables/index.ts'
import { histories, join, joinAll, play } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, write } from '../../support/mergeHelpers.ts'

function vectorsOf(record: CausalRecord | undefined): Vectors {
  return new Map([...(record?.units ?? [])].map(([readClass, unit]) => [readClass, unit.vector]))
}

/** The delta after a trip over the wire, which must not change it. */
function sent(delta: Delta): Delta {
  const stored = encodeDelta(delta)
  const decoded = decodeDelta(JSON.parse(JSON.stringify(stored)))
  if (!decoded.ok) throw new Error(decoded.error.reason)
  expect(encodeDelta(decoded.value)).toEqual(stored)
  return decoded.value
}

function coversBase(record: CausalRecord | undefined, delta: Delta): boolean {
  return [...delta.units].every(([name, { since }]) => coversAll(vectorsOf(record).get(name) ?? new Map(), since))
}

function expectSame(one: CausalRecord, other: CausalRecord): void {
  expect(sameRecord(one, other)).toBe(true)
  expect(JSON.stringify(encodeRecord(one))).toBe(JSON.stringify(encodeRecord(other)))
}

const item = newRecord('timeline_items', {
  title: 'Ceremony',
  startTime: '15:00',
  people: ['Ada'],
  description: 'Aisle',
})
const [ana, ben] = apart(item, write({ startTime: '15:20', location: 'Lake' }), write({ startTime: '15:30' }))
const both = join(ana, ben)

describe('delta', () => {
  it('[DLT1] carries the registers with news, their new values, and the dots of the old ones that are still held', () => {
    const delta = deltaSince(both, vectorsOf(ana))
    const unit = delta?.units.get('open')
    expect([...(unit?.changed ?? [])].map(([name, siblings]) => [name, siblings.map(({ value }) => value)])).toEqual([
      ['startTime', ['15:30']],
    ])
    expect([...(unit?.kept ?? [])]).toEqual([['startTime', [{ actor: at(0, 'ana').actor, counter: 2 }]]])
    expect(unit?.since).toEqual(ana.units.get('open')?.vector)
    expect(unit?.vector).toEqual(both.units.get('open')?.vector)
  })

  it('[DLT1] is nothing for a peer that has seen everything, and the whole for one that has seen nothing', () => {
    expect(deltaSince(both, vectorsOf(both))).toBeUndefined()
    expect(deltaSince(ana, vectorsOf(both))).toBeUndefined()
    const delta = deltaSince(both, new Map())
    expect(delta && applyDelta(undefined, sent(delta))).toEqual({ ok: true, value: both })
  })

  it('[DLT1] of one edit does not carry what the edit left alone', () => {
    const long = newRecord('timeline_items', { title: 'Ceremony', description: 'x'.repeat(5_000) })
    const edited = editRecord(long, { location: 'Barn' }, at(20, 'ben'))
    const delta = deltaSince(edited, vectorsOf(long))
    expect(JSON.stringify(delta && encodeDelta(delta)).length).toBeLessThan(500)
    expect(JSON.stringify(encodeRecord(edited)).length).toBeGreaterThan(5_000)
  })

  it('[DLT2] applying deltas equals joining whole units, on any history and whatever else the receiver has seen', () => {
    fc.assert(
      fc.property(histories, fc.subarray<string>([...READ_CLASSES]), fc.nat(), (history, classes, chance) => {
        const { states } = play(history)
        const parts = states.map((state) => restrictRecord(state, (name) => name === 'open' || classes.includes(name)))
        parts.forEach((sender, i) => {
          const receiver = [...states, ...parts, undefined][(chance + i * 7) % (2 * states.length + 1)]
          const base = [...parts, undefined][(chance * 3 + i) % (states.length + 1)]
          const delta = sender && deltaSince(sender, vectorsOf(base))
          if (!sender || !delta) return
          const applied = applyDelta(receiver, sent(delta))
          expect(applied.ok).toBe(coversBase(receiver, delta))
          if (applied.ok) expectSame(applied.value, receiver ? join(receiver, withClassesOf(sender, delta)) : sender)
        })
      }),
      { numRuns: 200 },
    )
  })

  it('[DLT3] a receiver that does not cover the base says which units it needs whole, and is left as it was', () => {
    const later = editRecord(both, { location: 'Barn' }, at(30, 'cleo'))
    const delta = deltaSince(later, vectorsOf(both)) ?? expect.fail('no delta')
    const before = JSON.stringify(encodeRecord(ana))
    expect(applyDelta(ana, delta)).toEqual({ ok: false, error: { kind: 'needs-whole', readClasses: ['open'] } })
    expect(applyDelta(undefined, delta)).toEqual({ ok: false, error: { kind: 'needs-whole', readClasses: ['open'] } })
    expect(JSON.stringify(encodeRecord(ana))).toBe(before)
  })

  it('[DLT3] builds on nothing that its sender does not know itself', () => {
    const ahead = editRecord(item, { location: 'Barn' }, at(30, 'cleo'))
    const delta = deltaSince(ana, vectorsOf(ahead)) ?? expect.fail('no delta')
    expect(applyDelta(item, delta)).toEqual({ ok: true, value: ana })
    expect(applyDelta(ahead, delta)).toEqual(joinRecords(ahead, ana))
  })

  it('[DLT4] late, repeated and in any order, deltas bring a receiver to where whole units would', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (history, chance) => {
        const { states, replicas } = play(history)
        const pick = <T>(all: readonly T[]): T => all[chance.next().value % all.length] ?? expect.fail('nothing')
        const deltas = states.flatMap((state) => deltaSince(state, vectorsOf(pick(states))) ?? [])
        let receiver = pick(states)
        const taken = [receiver]
        for (let n = 0; n < 2 * deltas.length; n++) {
          const delta = pick(deltas)
          const applied = applyDelta(receiver, delta)
          if (!applied.ok) continue
          receiver = applied.value
          expect(applyDelta(receiver, delta)).toEqual({ ok: true, value: receiver })
          taken.push(receiver)
        }
        for (const replica of replicas) {
          const rest = deltaSince(replica, vectorsOf(receiver))
          const applied = rest && applyDelta(receiver, rest)
          if (applied?.ok) receiver = applied.value
        }
        expectSame(receiver, joinAll([...replicas, ...taken]))
      }),
      { numRuns: 100 },
    )
  })

  it('[DLT4] of a replaced text, an emptied set and a deletion take away what they replaced', () => {
    const changed = editRecord(both, { description: 'Aisle, then lake', people: [] }, at(30, 'cleo'))
    const deleted = deleteRecord(changed, at(31, 'cleo'))
    const delta = deltaSince(deleted, vectorsOf(both)) ?? expect.fail('no delta')
    const applied = applyDelta(both, sent(delta))
    expect(applied).toEqual({ ok: true, value: deleted })
    expect(applied.ok && viewRecord(applied.value)).toMatchObject({ deleted: true, data: { people: [] } })
  })

  it('[DLT5] shows what it would take away before it is taken', () => {
    const settled = editRecord(both, { startTime: '15:20' }, at(30, 'cleo'))
    const delta = deltaSince(settled, vectorsOf(both)) ?? expect.fail('no delta')
    const whole = wholeOf(both, delta)
    expect(whole.ok && sameRecord(whole.value, settled)).toBe(true)
  })

  it('[DLT5] of another edit under a dot that the receiver holds is a clash, as the whole unit would be', () => {
    const other = editRecord(item, { startTime: '16:00' }, at(10, 'ana'))
    const delta = deltaSince(other, vectorsOf(item)) ?? expect.fail('no delta')
    expect(applyDelta(ana, delta)).toMatchObject({ ok: false, error: { kind: 'dot-clash' } })
    expect(applyDelta({ ...item, table: 'tasks' }, delta)).toMatchObject({ error: { kind: 'identity-mismatch' } })
  })
})

/** The sender's record as far as it is in the delta: units of which the base had seen everything are not. */
function withClassesOf(sender: CausalRecord, delta: Delta): CausalRecord {
  return { ...sender, units: new Map([...sender.units].filter(([name]) => delta.units.has(name))) }
}

describe('stored form of a delta', () => {
  const good = (): StoredDelta => {
    const delta = deltaSince(both, vectorsOf(ana)) ?? expect.fail('no delta')
    return JSON.parse(JSON.stringify(encodeDelta(delta)))
  }

  it('[DLT6] is canonical, whatever way the record came about', () => {
    const delta = deltaSince(join(ben, ana), vectorsOf(ana)) ?? expect.fail('no delta')
    expect(JSON.stringify(encodeDelta(delta))).toBe(JSON.stringify(good()))
    expect(good().kept).toEqual({ open: { startTime: [0, 2] } })
  })

  it.each<{ what: string; damage: (stored: StoredDelta) => unknown }>([
    { what: 'a list', damage: () => [] },
    { what: 'an unknown key', damage: (stored) => ({ ...stored, extra: 1 }) },
    { what: 'a record that is none', damage: (stored) => ({ ...stored, changed: { ...stored.changed, id: 'x' } }) },
    { what: 'a base of another class', damage: (stored) => ({ ...stored, since: { diet: [1] } }) },
    { what: 'a base ahead of the vector', damage: (stored) => ({ ...stored, since: { open: [3, 0] } }) },
    {
      what: 'a base that counts actors that are not listed',
      damage: (stored) => ({ ...stored, since: { open: [2, 0, 1] } }),
    },
    { what: 'a negative base', damage: (stored) => ({ ...stored, since: { open: [-1] } }) },
    { what: 'a new value within the base', damage: (stored) => ({ ...stored, since: { open: [2, 1] } }) },
    {
      what: 'a kept value of an unchanged register',
      damage: (stored) => ({ ...stored, kept: { open: { title: [0, 1] } } }),
    },
    {
      what: 'a kept value outside the base',
      damage: (stored) => ({ ...stored, kept: { open: { startTime: [1, 1] } } }),
    },
    { what: 'a kept value with counter 0', damage: (stored) => ({ ...stored, kept: { open: { startTime: [0, 0] } } }) },
    { what: 'a kept value of nobody', damage: (stored) => ({ ...stored, kept: { open: { startTime: [7, 1] } } }) },
    { what: 'half a kept value', damage: (stored) => ({ ...stored, kept: { open: { startTime: [0] } } }) },
    { what: 'a kept value twice', damage: (stored) => ({ ...stored, kept: { open: { startTime: [0, 2, 0, 2] } } }) },
    {
      what: 'kept values of another class',
      damage: (stored) => ({ ...stored, kept: { diet: { startTime: [0, 2] } } }),
    },
  ])('[DLT6] is refused with $what, with a reason', ({ damage }) => {
    expect(decodeDelta(damage(good()))).toEqual({
      ok: false,
      error: { kind: 'malformed-record', reason: expect.stringMatching(/./) },
    })
  })

  it('[DLT6] with prototype keys pollutes nothing', () => {
    const text = JSON.stringify(good()).replaceAll('"open":', '"__proto__":')
    expect(decodeDelta(JSON.parse(text)).ok).toBe(false)
    expect('since' in {} || 'open' in {}).toBe(false)
  })
})
