import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { applyDelta, deltaSince } from '../../../model/merge/delta.ts'
import { scopeDigest, unitHash } from '../../../model/merge/digest.ts'
import { type CausalRecord, sameRecord } from '../../../model/merge/record.ts'
import { type Edit, sameUnit } from '../../../model/merge/unit.ts'
import { coversAll, EMPTY_VECTOR } from '../../../model/merge/vector.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join, reordered } from '../../support/mergeFuzz.ts'
import { at, newRecord } from '../../support/mergeHelpers.ts'
import { days, exchangeAll, live, livePlaces, type Replica, readableBy, survivors } from './venue.ts'

const RUNS = 80

/** What a replica holds of the classes, in every form in which it shows. */
function account({ records }: Replica, classes: readonly string[]): unknown {
  const readable = [...records.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((record) => readableBy(record, classes) ?? [])
  return readable.map((record) => ({
    stored: JSON.stringify(encodeRecord(record)),
    view: viewRecord(record),
    conflicts: conflictsOf(record),
    digest: [...scopeDigest([record])],
  }))
}

describe('two to seven replicas with different roles, after any day', () => {
  it('[INV2][UNIT3] are equal in everything that both may read: values, siblings, dots, vectors, digests, questions', () => {
    fc.assert(
      fc.property(days, (day) => {
        const { replicas } = live(day)
        exchangeAll(replicas)
        replicas.forEach((one, i) => {
          for (const other of [replicas[0], replicas[(i + 1) % replicas.length]]) {
            if (!other) continue
            const shared = one.classes.filter((readClass) => other.classes.includes(readClass))
            expect(account(one, shared)).toEqual(account(other, shared))
          }
        })
      }),
      { numRuns: RUNS / 2 },
    )
  })

  it('[INV4][REG2] hold every value that nobody replaced who had seen it, and no other', () => {
    fc.assert(
      fc.property(days, (day) => {
        const { replicas, written } = live(day)
        exchangeAll(replicas)
        const whole = replicas[0]?.records ?? new Map()
        expect(livePlaces(whole.values())).toEqual(survivors(written, whole))
      }),
      { numRuns: RUNS },
    )
  })

  it('[INV6][UNIT2] hold nothing of a class that they may not read', () => {
    fc.assert(
      fc.property(days, (day) => {
        const { replicas } = live(day)
        exchangeAll(replicas)
        for (const { classes, records } of replicas.slice(1)) {
          for (const record of records.values()) {
            expect([...record.units.keys()].filter((readClass) => !classes.includes(readClass))).toEqual([])
          }
        }
      }),
      { numRuns: RUNS / 4 },
    )
  })

  it('[INV2][TXT3] come to rest: once everything is exchanged, exchanging and reading change nothing', () => {
    fc.assert(
      fc.property(days, (day) => {
        const { replicas } = live(day)
        exchangeAll(replicas)
        for (const { records } of replicas) for (const record of records.values()) viewRecord(record)
        expect(exchangeAll(replicas)).toBe(0)
      }),
      { numRuns: RUNS / 2 },
    )
  })
})

describe('the three laws', () => {
  it('[INV3] hold for every state that some replica has been in, what a newer version wrote included', () => {
    fc.assert(
      fc.property(days, fc.tuple(fc.nat(), fc.nat(), fc.nat()), (day, picks) => {
        const { states } = live(day)
        const of = (id: string | undefined) => states.filter((state) => state.id === id)
        const same = of(states[picks[0] % Math.max(1, states.length)]?.id)
        const [a, b, c] = picks.map((pick) => same[pick % same.length])
        if (!a || !b || !c) return
        const ab = join(a, b)
        expect(join(a, a)).toBe(a)
        expect(join(ab, b)).toBe(ab)
        expect(JSON.stringify(encodeRecord(join(b, a)))).toBe(JSON.stringify(encodeRecord(ab)))
        const left = join(ab, c)
        const right = join(a, join(b, c))
        expect(JSON.stringify(encodeRecord(right))).toBe(JSON.stringify(encodeRecord(left)))
        expect([viewRecord(right), conflictsOf(right)]).toEqual([viewRecord(left), conflictsOf(left)])
      }),
      { numRuns: RUNS },
    )
  })

  it('[INV3] view is a pure function of what is held, in whatever order it was come by', () => {
    fc.assert(
      fc.property(days, (day) => {
        for (const state of live(day).states.slice(-6)) {
          const before = JSON.stringify(encodeRecord(state))
          const seen = [viewRecord(state), conflictsOf(state)]
          expect([viewRecord(reordered(state)), conflictsOf(reordered(state))]).toEqual(seen)
          expect([viewRecord(state), conflictsOf(state)]).toEqual(seen)
          expect(JSON.stringify(encodeRecord(state))).toBe(before)
        }
      }),
      { numRuns: RUNS / 2 },
    )
  })

  it('[INV7][UNIT5] what a newer version wrote is carried through an older one that edits the same record', () => {
    fc.assert(
      fc.property(days, (day) => {
        const newer = day.steps.map((step, i) => (i % 3 === 0 ? { kind: 'newer' as const, by: 0, record: i } : step))
        const { replicas, written } = live({ ...day, steps: newer })
        exchangeAll(replicas)
        const whole = replicas[0]?.records ?? new Map()
        const unknown = survivors(written, whole).filter((place) => /catering|crew|\$lock/.test(place))
        expect(livePlaces(whole.values())).toEqual(expect.arrayContaining([...unknown]))
      }),
      { numRuns: RUNS / 4 },
    )
  })
})

describe('deltas', () => {
  const vectorsOf = (record: CausalRecord) =>
    new Map([...record.units].map(([readClass, { vector }]) => [readClass, vector]))

  it('[DLT2] from any state to any other are worth the whole units, late edits and restored stores included', () => {
    fc.assert(
      fc.property(days, fc.infiniteStream(fc.nat()), (day, chance) => {
        const { states } = live(day)
        for (const sender of states.slice(-10)) {
          const same = states.filter(({ id }) => id === sender.id)
          const [receiver, base] = [chance, chance].map((stream) => same[stream.next().value % same.length])
          if (!receiver || !base) continue
          const seen = vectorsOf(receiver)
          const delta = deltaSince(sender, vectorsOf(base))
          const applied = delta && applyDelta(receiver, delta)
          const covers = [...(delta?.units ?? [])].every(([name, { since }]) =>
            coversAll(seen.get(name) ?? EMPTY_VECTOR, since),
          )
          expect(applied?.ok ?? true).toBe(covers)
          const units = new Map([...sender.units].filter(([readClass]) => delta?.units.has(readClass)))
          if (!applied?.ok) continue
          expect(encodeRecord(applied.value)).toEqual(encodeRecord(join(receiver, { ...sender, units })))
        }
      }),
      { numRuns: RUNS },
    )
  })
})

describe('digests', () => {
  it('[DIG1] are equal if and only if the units are', () => {
    fc.assert(
      fc.property(days, (day) => {
        const states = live(day).states.slice(-8)
        for (const one of states) {
          for (const other of states) {
            for (const [readClass, unit] of one.units) {
              const theirs = other.units.get(readClass)
              if (one.id !== other.id || !theirs) continue
              const equal = unitHash(one.id, readClass, unit) === unitHash(one.id, readClass, theirs)
              expect(equal).toBe(sameUnit(unit, theirs))
              expect(equal).toBe(
                JSON.stringify(encodeRecord({ ...one, units: new Map([[readClass, unit]]) })) ===
                  JSON.stringify(encodeRecord({ ...one, units: new Map([[readClass, theirs]]) })),
              )
            }
          }
        }
      }),
      { numRuns: RUNS / 2 },
    )
  })

  it('[DIG2] are over ids, vectors, dots and tags, and never over values: a sealed replica has the same', () => {
    const record = newRecord('guests', { name: 'Ada', dietary: 'vegan' })
    const sealed = { $sealed: { keyId: 'k', data: 'AAAA' } }
    const units = [...record.units].map(([readClass, unit]) => {
      const registers = [...unit.registers].map(
        ([name, siblings]) => [name, siblings.map(({ edit }) => ({ edit, value: sealed }))] as const,
      )
      return [readClass, { ...unit, registers: new Map(registers) }] as const
    })
    expect([...scopeDigest([{ ...record, units: new Map(units) }])]).toEqual([...scopeDigest([record])])
  })

  it.each<{ what: string; change: (edit: Edit) => Edit }>([
    { what: 'actor', change: (edit) => ({ ...edit, actor: at(0, 'ben').actor }) },
    { what: 'counter', change: (edit) => ({ ...edit, counter: edit.counter + 1 }) },
    { what: 'tag', change: (edit) => ({ ...edit, tag: 'AAAAAAAAAAA' }) },
  ])('[DIG1] differ if one $what does', ({ change }) => {
    const record = newRecord('guests', { name: 'Ada' })
    const unit = record.units.get('open') ?? expect.fail('no unit')
    const registers = [...unit.registers].map(
      ([name, siblings]) => [name, siblings.map(({ edit, value }) => ({ edit: change(edit), value }))] as const,
    )
    const other = { ...unit, registers: new Map(registers) }
    expect(unitHash(record.id, 'open', other)).not.toBe(unitHash(record.id, 'open', unit))
    expect(unitHash(record.id, 'open', { ...unit, vector: new Map([[at(0, 'ana').actor, 2]]) })).not.toBe(
      unitHash(record.id, 'open', unit),
    )
  })

  it('[DIG3] do not depend on the order in which records, units and registers were come by', () => {
    fc.assert(
      fc.property(days, (day) => {
        const { replicas } = live(day)
        const records = [...(replicas[0]?.records.values() ?? [])]
        expect([...scopeDigest(records.map(reordered).reverse())]).toEqual([...scopeDigest(records)])
        for (const record of records) expect(sameRecord(reordered(record), record)).toBe(true)
      }),
      { numRuns: RUNS / 4 },
    )
  })
})
