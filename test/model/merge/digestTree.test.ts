import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { childPath, digestForest, type Path } from '../../../model/merge/digestForest.ts'
import { DigestTree, LEAF_IDS } from '../../../model/merge/digestTree.ts'
import { uuidOf } from '../../support/ids.ts'

const hashOf = (n: number): string => n.toString(16).padStart(64, '0')

const treeOf = (entries: Iterable<readonly [string, string]>): DigestTree => {
  let tree = DigestTree.EMPTY
  for (const [id, hash] of entries) tree = tree.update(id, hash)
  return tree
}

/** Ids and contents; `undefined` takes an id out. */
const updates = fc.array(fc.tuple(fc.nat(120), fc.option(fc.nat(3), { nil: undefined, freq: 3 })), {
  maxLength: 250,
  size: 'max',
})

/** Every digest of the tree, by place. */
function digestsOf(tree: DigestTree, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [digit, digest] of tree.children(path)) {
    found.set(path + digit, digest)
    if (tree.count(path + digit) > 1) for (const [p, d] of digestsOf(tree, path + digit)) found.set(p, d)
  }
  return found
}

describe('digestTree', () => {
  it('after any updates and removals equals one built from scratch, in any order', () => {
    fc.assert(
      fc.property(updates, fc.integer({ min: 1, max: 12 }), fc.boolean(), (steps, sparing, asksBetween) => {
        let tree = DigestTree.EMPTY
        const held = new Map<string, string>()
        // At the end most are taken out again, so that branches become leaves.
        const thinning = Array.from({ length: 120 }, (_, n) => [n, undefined] as const).filter(([n]) => n % sparing > 0)
        for (const [n, content] of [...steps, ...thinning]) {
          const hash = content === undefined ? undefined : hashOf(content)
          tree = tree.update(uuidOf(n), hash)
          if (asksBetween) void tree.root // digests that are remembered must not be those of an older tree
          if (hash === undefined) held.delete(uuidOf(n))
          else held.set(uuidOf(n), hash)
        }
        const fresh = treeOf([...held].sort().reverse())
        expect([tree.size, tree.root]).toEqual([held.size, fresh.root])
        expect(digestsOf(tree)).toEqual(digestsOf(fresh))
        expect(new Map(tree.entries(''))).toEqual(held)
      }),
      { numRuns: 200 },
    )
  })

  it('has equal roots exactly for equal contents', () => {
    const contents = fc.dictionary(fc.nat(40).map(uuidOf), fc.nat(1).map(hashOf), { maxKeys: 40 })
    fc.assert(
      fc.property(contents, contents, fc.boolean(), (a, b, alike) => {
        const [mine, theirs] = [new Map(Object.entries(a)), new Map(Object.entries(alike ? a : b))]
        const same = mine.size === theirs.size && [...mine].every(([id, hash]) => theirs.get(id) === hash)
        expect(treeOf(mine).root === treeOf([...theirs].reverse()).root).toBe(same)
      }),
    )
  })

  it('leaves older trees as they were, and is itself when nothing changes', () => {
    const before = treeOf(Array.from({ length: 100 }, (_, i) => [uuidOf(i), hashOf(1)] as const))
    const root = before.root
    const after = before.update(uuidOf(5), hashOf(2)).update(uuidOf(6), undefined)
    expect([before.root, before.size, after.size]).toEqual([root, 100, 99])
    expect(after.root).not.toBe(root)
    expect(before.update(uuidOf(5), hashOf(1))).toBe(before)
    expect(before.update(uuidOf(500), undefined)).toBe(before)
    expect(after.update(uuidOf(5), hashOf(1)).update(uuidOf(6), hashOf(1)).root).toBe(root)
  })

  it('is no deeper than 5,000 ids in a row need', () => {
    const tree = treeOf(Array.from({ length: 5_000 }, (_, i) => [uuidOf(i), hashOf(i)] as const))
    const depthOf = (path: string): number =>
      tree.count(path) <= LEAF_IDS
        ? path.length
        : Math.max(...[...tree.children(path).keys()].map((digit) => depthOf(path + digit)))
    expect(depthOf('')).toBeLessThanOrEqual(4)
  })

  it('has the same digests within a leaf as a tree that has branches there', () => {
    const few = treeOf([[uuidOf(1), hashOf(1)]])
    const many = treeOf(Array.from({ length: 400 }, (_, i) => [uuidOf(i), hashOf(i)] as const))
    const [digit] = few.children('').keys()
    const only = [...many.entries(digit ?? '')].find(([id]) => id === uuidOf(1))
    expect(only).toEqual([uuidOf(1), hashOf(1)])
    expect([...few.children('')]).toEqual([[digit, few.root]])
    expect(few.children(`${digit}xyz`).size + few.children('not hex').size).toBe(0)
  })

  it('is empty without records', () => {
    const emptied = treeOf([[uuidOf(1), hashOf(1)]]).update(uuidOf(1), undefined)
    expect([emptied.root, emptied.size, emptied.children('').size]).toEqual([undefined, 0, 0])
  })
})

describe('digestForest', () => {
  const guests = treeOf(Array.from({ length: 40 }, (_, i) => [uuidOf(i), hashOf(i)] as const))
  const tasks = treeOf([[uuidOf(50), hashOf(1)]])
  const forest = digestForest(
    new Map([
      [
        'open',
        new Map([
          ['guests', guests],
          ['tasks', tasks],
        ]),
      ],
      ['money', new Map()],
    ]),
  )

  it('has a digest for each class with a record, whatever the order of its tables', () => {
    const turned = digestForest(
      new Map([
        [
          'open',
          new Map([
            ['tasks', tasks],
            ['guests', guests],
          ]),
        ],
      ]),
    )
    expect([...forest.classes.keys()]).toEqual(['open'])
    expect(turned.classes).toEqual(forest.classes)
    const moved = digestForest(
      new Map([
        [
          'open',
          new Map([
            ['guests', tasks],
            ['tasks', guests],
          ]),
        ],
      ]),
    )
    expect(moved.classes).not.toEqual(forest.classes)
  })

  it('leads from classes over tables and digits to every record', () => {
    const walk = (path: Path): string[] => {
      const node = forest.node(path)
      if (node.kind === 'leaf') return [...node.entries.keys()]
      return [...node.children.keys()].flatMap((step) => walk(childPath(path, step)))
    }
    expect(walk([]).sort()).toEqual([...guests.entries(''), ...tasks.entries('')].map(([id]) => id).sort())
    expect([...forest.entries([])]).toHaveLength(41)
    expect(forest.node(['open', 'constructor', '']).kind).toBe('leaf')
    expect(forest.children(['no such class']).size).toBe(0)
  })
})
