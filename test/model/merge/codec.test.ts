import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, encodeRecord, type StoredRecord } from '../../../model/merge/codec.ts'
import { deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { joinRecords, sameRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, write } from '../../support/mergeHelpers.ts'
import { replaceNth } from '../../support/replaceNth.ts'
import { isConsistent, storedRecord } from './storedSchema.ts'

const [ana, ben] = apart(
  newRecord('guests', { name: 'Ada', dietary: 'vegan', tags: ['family'] }),
  write({ name: 'Eda' }),
  write({ name: 'Ida', shirtSize: { $size: 4 } }),
)
const record = join(ana, ben)

/** The record as it is on the wire, free to be damaged. */
function wire(): StoredRecord {
  return JSON.parse(JSON.stringify(encodeRecord(record)))
}

type Damage = (stored: StoredRecord & { units: { open: StoredRecord['units'][string] } }) => unknown

function damaged(damage: Damage): unknown {
  const stored = wire()
  const { open } = stored.units
  if (!open) throw new Error('no open unit')
  const copy = { ...stored, units: { ...stored.units, open } }
  return damage(copy) ?? copy
}

const TAG = 'AAAAAAAAAAA'
const STAMP = '0mj8k2p1x000'

describe('codec', () => {
  it('[COD1] writes equal records as equal text, whatever way they came about', () => {
    expect(JSON.stringify(encodeRecord(join(ben, ana)))).toBe(JSON.stringify(encodeRecord(record)))
  })

  it('[COD3][INV7] carries tables, fields, classes and registers that this version does not know', () => {
    const stored = wire()
    const { open } = stored.units
    if (!open) throw new Error('no open unit')
    // Registers of a newer version's own, and a set of which this version does not know that it is one.
    const newer = {
      ...stored,
      table: 'drone_flights',
      units: {
        ...stored.units,
        altitude: open,
        open: { ...open, r: { ...open.r, $sealedBy: [0, 1], 'crew/Ada': [0, 2] } },
      },
    }
    const decoded = decodeRecord(newer)
    if (!decoded.ok) throw new Error(decoded.error.reason)
    const edited = editRecord(decoded.value, { name: 'Olga' }, at(30, 'old version'))
    const joined = joinRecords(decoded.value, edited)
    if (!joined.ok) throw new Error(joined.error.kind)
    expect(encodeRecord(decoded.value)).toMatchObject({ table: 'drone_flights', units: { altitude: { r: open.r } } })
    expect(encodeRecord(joined.value).units.open?.r).toMatchObject({
      $sealedBy: [expect.any(Number), 1],
      'crew/Ada': [expect.any(Number), 2],
    })
    expect(viewRecord(joined.value).data).toMatchObject({ name: 'Olga', shirtSize: { $size: 4 } })
  })

  it('[COD2] keeps what an edit says of itself', () => {
    const decided = { conflictId: 'c', strategy: 'merge_manual' }
    const edited = editRecord(record, { name: 'Olga' }, at(30, 'cleo', { ask: true, operation: 'op', decided }))
    const decoded = decodeRecord(JSON.parse(JSON.stringify(encodeRecord(edited))))
    if (!decoded.ok) throw new Error(decoded.error.reason)
    expect(viewRecord(decoded.value).updated).toMatchObject({ ask: true, operation: 'op', decided })
  })

  it('[COD1] does not depend on the order in which actors are listed', () => {
    const stored = wire()
    const turned = {
      ...stored,
      actors: [...stored.actors].reverse(),
      units: Object.fromEntries(
        Object.entries(stored.units).map(([readClass, unit]) => [
          readClass,
          {
            ...unit,
            v: stored.actors.map((_, i) => unit.v[i] ?? 0).reverse(),
            e: unit.e.map(([actor, ...rest]) => [stored.actors.length - 1 - actor, ...rest]),
          },
        ]),
      ),
    }
    const decoded = decodeRecord(turned)
    if (!decoded.ok) throw new Error(decoded.error.reason)
    expect(sameRecord(decoded.value, record)).toBe(true)
    expect(encodeRecord(decoded.value)).toEqual(wire())
  })

  const deep = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))

  it.each<{ what: string; damage: Damage }>([
    { what: 'a list', damage: () => [] },
    { what: 'a text', damage: () => 'record' },
    { what: 'an unknown key', damage: (r) => ({ ...r, extra: 1 }) },
    { what: 'no id', damage: ({ id, ...r }) => ({ ...r, no: id }) },
    { what: 'an id that is none', damage: (r) => ({ ...r, id: 'guest-1' }) },
    { what: 'a scope that is none', damage: (r) => ({ ...r, scope: '../other' }) },
    {
      what: 'an actor listed twice',
      damage: (r) => {
        r.actors[1] = r.actors[0] ?? ''
      },
    },
    {
      what: 'an actor of another length',
      damage: (r) => {
        r.actors[0] = 'ana'
      },
    },
    {
      what: 'more counters than actors',
      damage: (r) => {
        r.units.open.v.push(1, 1)
      },
    },
    {
      what: 'a negative counter',
      damage: (r) => {
        r.units.open.v[0] = -1
      },
    },
    {
      what: 'half a counter',
      damage: (r) => {
        r.units.open.v[0] = 1.5
      },
    },
    {
      what: 'a counter beyond all bounds',
      damage: (r) => {
        r.units.open.v[0] = 2 ** 60
      },
    },
    {
      what: 'a dot outside the vector',
      damage: (r) => {
        r.units.open.e.push([0, 99, STAMP, TAG])
      },
    },
    {
      what: 'a dot of an actor that is not in the vector',
      damage: (r) => {
        r.units.open.v.length = 0
      },
    },
    {
      what: 'an edit of an actor that is not listed',
      damage: (r) => {
        r.units.open.e.push([7, 1, STAMP, TAG])
      },
    },
    {
      what: 'an edit with counter 0',
      damage: (r) => {
        r.units.open.e.push([0, 0, STAMP, TAG])
      },
    },
    {
      what: 'a stamp that is none',
      damage: (r) => {
        r.units.open.e.push([0, 1, 'yesterday', TAG])
      },
    },
    {
      what: 'a tag that is none',
      damage: (r) => {
        r.units.open.e.push([0, 1, STAMP, 'short'])
      },
    },
    {
      what: 'one dot listed twice, which would be two contents of one edit',
      damage: (r) => {
        r.units.open.e.push([0, 1, STAMP, TAG])
        r.units.open.r.name = [0, 'Ada', r.units.open.e.length - 1, 'Eda']
      },
    },
    {
      what: 'a register that names an edit that is not listed',
      damage: (r) => {
        r.units.open.r.name = [9, 'x']
      },
    },
    {
      what: 'a register that names half an edit',
      damage: (r) => {
        r.units.open.r.name = [0.5, 'x']
      },
    },
    {
      what: 'a register that names a negative edit',
      damage: (r) => {
        r.units.open.r.name = [-1, 'x']
      },
    },
    {
      what: 'a register that names an edit by text',
      damage: (r) => {
        r.units.open.r.name = ['0', 'x']
      },
    },
    {
      what: 'a register that names an edit by "length"',
      damage: (r) => {
        r.units.open.r.name = ['length', 'x']
      },
    },
    {
      what: 'a register with one edit twice',
      damage: (r) => {
        r.units.open.r.name = [0, 'x', 0, 'y']
      },
    },
    {
      what: 'a register without a value',
      damage: (r) => {
        r.units.open.r.name = []
      },
    },
    {
      what: 'a register with an edit and no value',
      damage: (r) => {
        r.units.open.r.name = [0]
      },
    },
    {
      what: 'a register without a name',
      damage: (r) => {
        r.units.open.r[''] = [0, 'x']
      },
    },
    {
      what: 'a register with an endless name',
      damage: (r) => {
        r.units.open.r['x'.repeat(501)] = [0, 'x']
      },
    },
    { what: 'no value at all', damage: (r) => ({ ...r, units: {} }) },
    { what: 'units without a value', damage: (r) => ({ ...r, units: { open: { v: [], e: [], r: {} } } }) },
    {
      what: 'too many actors',
      damage: (r) => ({ ...r, actors: Array.from({ length: 1_001 }, (_, i) => `actor${i}`.padEnd(11)) }),
    },
    {
      what: 'too many registers',
      damage: (r) => {
        for (let i = 0; i < 5_001; i++) r.units.open.r[`field${i}`] = [0, i]
      },
    },
    {
      what: 'too many values',
      damage: (r) => {
        r.units.open.r.name = Array.from({ length: 40_002 }, () => 0)
      },
    },
    {
      what: 'a value too deep for others to write down',
      damage: (r) => {
        r.units.open.r.name = [0, deep(20_000)]
      },
    },
  ])('[COD4][INV5] refuses $what, with a reason', ({ damage }) => {
    expect(decodeRecord(damaged(damage))).toEqual({
      ok: false,
      error: { kind: 'malformed-record', reason: expect.stringMatching(/./) },
    })
  })

  it.each([null, undefined, 0, Number.NaN, [], () => 0])('[COD4][INV5] refuses %o', (raw) => {
    expect(decodeRecord(raw)).toMatchObject({ ok: false, error: { kind: 'malformed-record' } })
  })

  it('[COD5][INV5] prototype keys pollute nothing', () => {
    const text = JSON.stringify(wire())
      .replace('"name":', '"__proto__":')
      .replace('"open":', '"__proto__":{"v":[],"e":[],"r":{}},"open":')
    const decoded = decodeRecord(JSON.parse(text))
    expect(Object.hasOwn({}, 'v') || 'e' in {}).toBe(false)
    expect(decoded.ok && [...decoded.value.units.values()].some((unit) => unit.registers.has('__proto__'))).toBe(false)
  })

  it('[COD4] gives the verdict of a schema and of the rules that no schema tells, on whatever is made of a record', () => {
    const texts = fc.constantFrom('', 'x', 'x'.repeat(11), 'x'.repeat(21), 'x'.repeat(65), STAMP, TAG, record.id)
    const anything = fc.oneof(
      fc.constantFrom<unknown>(null, -1, 0, 1, 2, 3, 1.5, 2 ** 48, 2 ** 48 + 1, 2 ** 53, true, [], {}),
      fc.constantFrom<unknown>([0, 'x'], [0, 'x', 1, 'y'], [0, 1, STAMP, TAG], [0, 1, STAMP, TAG, {}]),
      fc.constantFrom<unknown>(
        { ask: true },
        { ask: false },
        { op: 'o' },
        { dec: ['c', 's'] },
        { dec: ['c'] },
        { no: 1 },
      ),
      fc.constantFrom<unknown>({ v: [], e: [], r: {} }, { open: { v: [], e: [], r: { a: [] } } }),
      texts,
      texts.map((text) => ({ [text]: [0, 1] })),
      fc.jsonValue({ maxDepth: 3 }),
    )
    const asked = editRecord(record, { name: 'Olga' }, at(30, 'cleo', { ask: true, operation: 'o' }))
    const decided = editRecord(
      asked,
      { side: 'bride' },
      at(40, 'cleo', { decided: { conflictId: 'c', strategy: 's' } }),
    )
    const whole = JSON.stringify(encodeRecord(decided))
    const verdicts = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 200 }), anything), { maxLength: 2 }), (hits) => {
        const stored = hits.reduce<unknown>((value, [n, damage]) => replaceNth(value, n, damage), JSON.parse(whole))
        const parsed = storedRecord.safeParse(stored)
        const expected = parsed.success && isConsistent(parsed.data)
        expect(decodeRecord(stored).ok).toBe(expected)
        verdicts[expected ? 'taken' : 'refused']++
      }),
      { numRuns: 3_000 },
    )
    expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(200)
  })

  it('[COD4][INV5] never throws, and whatever it takes can be written, read again, seen and joined', () => {
    const anyValue = fc.oneof(
      fc.constantFrom<unknown>(null, -1, 0, 1, 1.5, 2 ** 53, '', 'open', [], {}, [0, 'x'], [[0, 1, STAMP, TAG]], true),
      fc.jsonValue({ maxDepth: 3 }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), anyValue), { minLength: 1, maxLength: 3 }), (hits) => {
        const stored: unknown = hits.reduce<unknown>((value, [n, damage]) => replaceNth(value, n, damage), wire())
        const decoded = decodeRecord(stored)
        expect(decoded.ok || decoded.error.reason).toBeTruthy()
        if (!decoded.ok) return
        const again = decodeRecord(JSON.parse(JSON.stringify(encodeRecord(decoded.value))))
        if (!again.ok) throw new Error(again.error.reason)
        expect(sameRecord(again.value, decoded.value)).toBe(true)
        expect(viewRecord(again.value)).toEqual(viewRecord(decoded.value))
        for (const other of [record, deleteRecord(record, at(50, 'cleo'))]) {
          const joined = joinRecords(decoded.value, other)
          if (joined.ok) expect(decodeRecord(encodeRecord(joined.value)).ok).toBe(true)
        }
      }),
      { numRuns: 1_500 },
    )
  })
})
