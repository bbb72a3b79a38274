import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SortedMap } from '../../../model/merge/sortedMap.ts'

const name = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('1', '10', '9', '__proto__', 'a/b', 'a', 'a/'))
const entries = fc.array(fc.tuple(name, fc.nat()), { maxLength: 30 })

describe('a sorted map', () => {
  it('[COD1] holds what a map holds, in the order of its names', () => {
    fc.assert(
      fc.property(entries, name, (pairs, other) => {
        const map = new Map(pairs)
        const sorted = SortedMap.from(map)
        expect([...sorted]).toEqual([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
        expect([...sorted.keys()]).toEqual(sorted.names)
        expect([...sorted.values()]).toEqual(sorted.items)
        expect(sorted.size).toBe(map.size)
        for (const each of [...map.keys(), other]) {
          expect([sorted.has(each), sorted.get(each)]).toEqual([map.has(each), map.get(each)])
        }
        expect(SortedMap.from(sorted)).toBe(sorted)
      }),
    )
  })

  it('[REG4] a change touches the names that it says, and not the map that it was made of', () => {
    fc.assert(
      fc.property(entries, fc.array(fc.tuple(name, fc.option(fc.nat(), { nil: undefined }))), (pairs, changes) => {
        const map = new Map(pairs)
        const sorted = SortedMap.from(map)
        const before = [...sorted]
        const expected = new Map(map)
        const inOrder = [...new Map(changes)].sort(([a], [b]) => (a < b ? -1 : 1))
        for (const [each, item] of inOrder) {
          if (item === undefined) expected.delete(each)
          else expected.set(each, item)
        }
        const changed = sorted.with(
          inOrder.map(([each]) => each),
          inOrder.map(([, item]) => item),
        )
        expect([...changed]).toEqual([...SortedMap.from(expected)])
        expect([...sorted]).toEqual(before)
      }),
    )
  })

  it('[SET4] finds the names that begin with a text', () => {
    fc.assert(
      fc.property(entries, name, (pairs, start) => {
        const found = SortedMap.from(new Map(pairs)).startingWith(start)
        expect([...found.names]).toEqual([...new Map(pairs).keys()].filter((each) => each.startsWith(start)).sort())
      }),
    )
  })
})
