import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DigestForest, digestForest } from '../../../model/merge/digestForest.ts'
import { DigestTree } from '../../../model/merge/digestTree.ts'
import { type Answer, compareForest } from '../../../model/sync/comparison.ts'
import { uuidOf } from '../../support/ids.ts'

type Held = ReadonlyMap<string, number>

const hashOf = (n: number): string => n.toString(16).padStart(64, '0')

function forestOf(held: Held, table = 'guests'): DigestForest {
  let tree = DigestTree.EMPTY
  for (const [id, content] of held) tree = tree.update(id, hashOf(content))
  return digestForest(new Map([['open', new Map(tree.size > 0 ? [[table, tree]] : [])]]))
}

interface Found {
  readonly ids: readonly string[] | undefined
  /** Questions and answers. */
  readonly messages: number
  readonly chars: number
}

function compare(mine: DigestForest, theirs: DigestForest): Found {
  const comparison = compareForest(mine)
  let [messages, chars] = [0, 0]
  for (let places = comparison.next(); places.length > 0; places = comparison.next()) {
    const answers = places.map((path): Answer => ({ path, node: theirs.node(path) }))
    messages += 2
    chars += JSON.stringify(places).length
    for (const { path, node } of answers) {
      chars += JSON.stringify([path, [...(node.kind === 'leaf' ? node.entries : node.children)]]).length
    }
    comparison.take(answers)
  }
  const ids = comparison.different()
  return { ids: ids && [...ids].sort(), messages, chars }
}

const guests = (count: number): Map<string, number> => new Map(Array.from({ length: count }, (_, i) => [uuidOf(i), 1]))

describe('comparison', () => {
  it('finds exactly the records that differ, in few messages', () => {
    const change = fc.record({ n: fc.nat(700), where: fc.constantFrom('mine', 'theirs', 'both') })
    fc.assert(
      fc.property(fc.nat(600), fc.array(change, { maxLength: 30 }), (count, changes) => {
        const [mine, theirs] = [guests(count), guests(count)]
        for (const { n, where } of changes) {
          // A record taken out on one side, changed on both, or made on one.
          if (where === 'both')
            for (const [side, content] of [
              [mine, 2],
              [theirs, 3],
            ] as const)
              side.set(uuidOf(n), content)
          else {
            const side = where === 'mine' ? mine : theirs
            if (!side.delete(uuidOf(n))) side.set(uuidOf(n), 4)
          }
        }
        const expected = [...new Set([...mine.keys(), ...theirs.keys()])].filter(
          (id) => mine.get(id) !== theirs.get(id),
        )
        const found = compare(forestOf(mine), forestOf(theirs))
        expect(found.ids).toEqual(expected.sort())
        expect(found.messages).toBeLessThanOrEqual(
          2 + 2 * (expected.length + 1) * Math.ceil(Math.log2(count + 32) / 4 + 2),
        )
      }),
      { numRuns: 150 },
    )
  })

  it('finds 3 of 5,000 in at most 30 messages and 100 kB', () => {
    const [mine, theirs] = [guests(5_000), guests(5_000)]
    mine.delete(uuidOf(17))
    theirs.delete(uuidOf(2_000))
    theirs.set(uuidOf(4_711), 2)
    const found = compare(forestOf(mine), forestOf(theirs))
    expect(found.ids).toEqual([17, 2_000, 4_711].map(uuidOf))
    expect(found.messages).toBeLessThanOrEqual(14)
    expect(found.chars).toBeLessThan(30_000)
  })

  it('finds nothing among equals with one question', () => {
    expect(compare(forestOf(guests(300)), forestOf(guests(300)))).toMatchObject({ ids: [], messages: 2 })
  })

  it.each([
    { what: 'the peer has nothing', mine: 300, theirs: 0 },
    { what: 'we have nothing', mine: 0, theirs: 300 },
  ])('finds all if $what', ({ mine, theirs }) => {
    expect(compare(forestOf(guests(mine)), forestOf(guests(theirs))).ids).toHaveLength(300)
  })

  it('takes one id in two tables for a difference', () => {
    expect(compare(forestOf(guests(1)), forestOf(guests(1), 'tasks')).ids).toEqual([uuidOf(0)])
  })

  it.each([
    { what: 'ours', mine: 5_000, theirs: 0 },
    { what: "the peer's", mine: 0, theirs: 5_000 },
  ])('gives up if there are more than are worth being sent one by one, and they are $what', ({ mine, theirs }) => {
    const found = compare(forestOf(guests(mine)), forestOf(guests(theirs)))
    expect(found.ids).toBeUndefined()
    expect(found.messages).toBeLessThan(200)
  })

  it('[8] gives up on a peer that leads nowhere', () => {
    const own = forestOf(guests(50))
    const comparison = compareForest(own)
    let asked = 0
    for (let places = comparison.next(); places.length > 0; places = comparison.next()) {
      asked += places.length
      const children = new Map(Array.from({ length: 128 }, (_, i) => [`${i}`, hashOf(asked)]))
      comparison.take(places.map((path) => ({ path, node: { kind: 'inner', children } })))
    }
    expect(comparison.different()).toBeUndefined()
    expect(asked).toBeLessThan(5_000)
  })

  it('gives up on a place without an answer', () => {
    const comparison = compareForest(forestOf(guests(50)))
    comparison.take([])
    expect([comparison.next(), comparison.different()]).toEqual([[], undefined])
  })
})
