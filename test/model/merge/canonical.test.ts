import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalForm } from '../../../model/merge/canonical.ts'
import { decodeRecord, encodeRecord, type StoredRecord } from '../../../model/merge/codec.ts'
import { histories, join, play } from '../../support/mergeFuzz.ts'
import { apart, newRecord, write } from '../../support/mergeHelpers.ts'
import { replaceNth } from '../../support/replaceNth.ts'

function textOf(stored: StoredRecord | undefined): string | undefined {
  return stored && JSON.stringify(stored)
}

/** As it came, if it need not be written anew; and as it would be. */
function bothForms(raw: unknown): { readonly came?: string; readonly written: string } | undefined {
  const decoded = decodeRecord(raw)
  if (!decoded.ok) return undefined
  const came = textOf(canonicalForm(raw, decoded.value))
  return { ...(came !== undefined && { came }), written: JSON.stringify(encodeRecord(decoded.value)) }
}

describe('the form in which a record came', () => {
  it('[COD6] is the one in which it would be written, if that is how somebody wrote it', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const state of play(history).states) {
          const written = JSON.stringify(encodeRecord(state))
          const hasMore = written.includes('"ask"') || written.includes('"op"') || written.includes('"dec"')
          expect(bothForms(JSON.parse(written))).toEqual({ ...(!hasMore && { came: written }), written })
        }
      }),
    )
  })

  const [ana, ben] = apart(
    newRecord('guests', { name: 'Ada', dietary: 'vegan', tags: ['family'], phone: '1' }),
    write({ name: 'Eda' }),
    write({ name: 'Ida', phone: '2' }),
  )
  const whole = JSON.stringify(encodeRecord(join(ana, ben)))

  it.each<{ what: string; change: (stored: StoredRecord) => unknown }>([
    {
      what: 'registers in another order',
      change: (r) => ({ ...r, units: eachUnit(r, (unit) => ({ ...unit, r: turned(unit.r) })) }),
    },
    { what: 'classes in another order', change: (r) => ({ ...r, units: turned(r.units) }) },
    {
      what: 'parts of a unit in another order',
      change: (r) => ({ ...r, units: eachUnit(r, ({ v, e, r: registers }) => ({ r: registers, e, v })) }),
    },
    {
      what: 'siblings in another order',
      change: (r) => ({
        ...r,
        units: eachUnit(r, (unit) => ({
          ...unit,
          r: Object.fromEntries(
            Object.entries(unit.r).map(([name, flat]) => [
              name,
              flat.length > 2 ? flat.toSpliced(0, 2).concat(flat.slice(0, 2)) : flat,
            ]),
          ),
        })),
      }),
    },
    {
      what: 'an edit of which nothing is left',
      change: (r) => ({
        ...r,
        units: eachUnit(r, (unit) => ({ ...unit, r: Object.fromEntries(Object.entries(unit.r).slice(0, 1)) })),
      }),
    },
    {
      what: 'an actor whom nothing counts',
      change: (r) => ({
        ...r,
        actors: [...r.actors, '~~~~~~~~~~~'],
        units: eachUnit(r, (unit) => ({ ...unit, v: [...unit.v, 0] })),
      }),
    },
    {
      what: 'counters left out that are none',
      change: (r) => ({
        ...r,
        actors: [...r.actors, '~~~~~~~~~~~'],
      }),
    },
    {
      what: "a register that is nobody's",
      change: (r) => JSON.parse(JSON.stringify(r).replace('"r":{', '"r":{"__proto__":[0,1],')),
    },
    {
      what: "a class that is nobody's",
      change: (r) => JSON.parse(JSON.stringify(r).replace('"units":{', '"units":{"__proto__":{"v":[],"e":[],"r":{}},')),
    },
  ])('[COD6] is another one with $what, and then it is written anew', ({ change }) => {
    const raw: unknown = JSON.parse(JSON.stringify(change(JSON.parse(whole))), undefined)
    const forms = bothForms(raw)
    expect(forms).toBeDefined()
    expect(forms?.came).toBeUndefined()
  })

  it('[COD6] is never taken for the canonical one where it is not, whatever is made of a record', () => {
    const anything = fc.oneof(
      fc.constantFrom<unknown>(0, 1, 2, -0, 1.5, 'x', [], {}, [0, 'x'], [1, 'x'], [1, 'x', 0, 'y'], [0, 'x', 1, 'y']),
      fc.constantFrom<unknown>([[0, 1, '0mj8k2p1x000', 'AAAAAAAAAAA']], ['AAAAAAAAAAA'], [3, 1], [0, 1], { ask: true }),
      fc.jsonValue({ maxDepth: 2 }),
    )
    const seen = { asItCame: 0, anew: 0 }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), anything), { maxLength: 2 }), fc.boolean(), (hits, isTurned) => {
        const hit = hits.reduce<unknown>((value, [n, damage]) => replaceNth(value, n, damage), JSON.parse(whole))
        const forms = bothForms(isTurned ? turnedWithin(hit) : hit)
        if (!forms) return
        seen[forms.came === undefined ? 'anew' : 'asItCame']++
        if (forms.came !== undefined) expect(forms.came).toBe(forms.written)
      }),
      { numRuns: 3_000 },
    )
    expect(Math.min(seen.asItCame, seen.anew)).toBeGreaterThan(200)
  })
})

type StoredUnit = StoredRecord['units'][string]

function eachUnit({ units }: StoredRecord, change: (unit: StoredUnit) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(units).map(([readClass, unit]) => [readClass, change(unit)]))
}

function turned<T>(object: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(object).reverse())
}

/** All objects within a value with their keys in another order. */
function turnedWithin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedWithin)
  if (typeof value !== 'object' || value === null) return value
  return turned(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, turnedWithin(inner)])))
}
