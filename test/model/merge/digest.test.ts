import { describe, expect, it } from 'vitest'
import { unitHash } from '../../../model/merge/digest.ts'
import type { Edit, Unit } from '../../../model/merge/unit.ts'

const ana: Edit = { actor: 'ana________', counter: 1, stamp: '0mj8k2p1x000', tag: 'AAAAAAAAAAA' }
const ben: Edit = { actor: 'ben________', counter: 2, stamp: '0mj8k2p1x001', tag: 'BBBBBBBBBBB' }

const VECTOR = { [ana.actor]: 1, [ben.actor]: 2 }

/** Of a unit in which each named register holds the values of these edits. */
function hashOf(
  registers: Readonly<Record<string, readonly Edit[]>>,
  vector: Readonly<Record<string, number>> = VECTOR,
) {
  return unitHash('record', 'open', unitOf(registers, vector))
}

function unitOf(registers: Readonly<Record<string, readonly Edit[]>>, vector: Readonly<Record<string, number>>): Unit {
  const held = Object.entries(registers).map(
    ([name, edits]) => [name, edits.map((edit) => ({ edit, value: Math.random() }))] as const,
  )
  return { vector: new Map(Object.entries(vector)), registers: new Map(held) }
}

describe('hash of a unit', () => {
  const hash = hashOf({ title: [ana], location: [ben] })

  it('has 128 bits, and is the same in whatever order things came about and whatever the values are', () => {
    expect(hash).toMatch(/^[0-9a-f]{32}$/)
    expect(hashOf({ location: [ben], title: [ana] }, { [ben.actor]: 2, [ana.actor]: 1 })).toBe(hash)
  })

  it.each([
    { what: 'values that changed places', other: hashOf({ title: [ben], location: [ana] }) },
    { what: 'a value less', other: hashOf({ title: [ana] }) },
    { what: 'a sibling more', other: hashOf({ title: [ana, ben], location: [ben] }) },
    { what: 'another register', other: hashOf({ title: [ana], rank: [ben] }) },
    { what: 'a register without a name', other: hashOf({ title: [ana], location: [ben], '': [ana] }) },
    { what: 'another tag', other: hashOf({ title: [{ ...ana, tag: 'AAAAAAAAAAB' }], location: [ben] }) },
    { what: 'another actor', other: hashOf({ title: [{ ...ana, actor: 'ann________' }], location: [ben] }) },
    { what: 'another counter', other: hashOf({ title: [{ ...ana, counter: 3 }], location: [ben] }) },
    {
      what: 'a counter that differs beyond 32 bits',
      other: hashOf({ title: [{ ...ana, counter: 2 ** 40 + 1 }], location: [ben] }),
    },
    { what: 'another vector', other: hashOf({ title: [ana], location: [ben] }, { [ana.actor]: 1, [ben.actor]: 3 }) },
    { what: 'an actor less', other: hashOf({ title: [ana], location: [ben] }, { [ana.actor]: 1 }) },
    {
      what: 'another record',
      other: unitHash('drocer', 'open', unitOf({ title: [ana], location: [ben] }, VECTOR)),
    },
    {
      what: 'another class',
      other: unitHash('record', 'diet', unitOf({ title: [ana], location: [ben] }, VECTOR)),
    },
  ])('is different for $what', ({ other }) => {
    expect(other).not.toBe(hash)
  })

  it('has no two equal quarters among states that differ in one counter, as often as chance has it', () => {
    const quarters = [0, 8, 16, 24].map((from) => {
      const seen = new Set<string>()
      for (let counter = 1; counter <= 20_000; counter++) {
        seen.add(hashOf({ title: [{ ...ana, counter }] }).slice(from, from + 8))
      }
      return 20_000 - seen.size
    })
    // 20,000 draws from 2^32 have 0.05 pairs on average: four or more would be no chance.
    expect(Math.max(...quarters)).toBeLessThan(4)
  })
})
