/**
 * Finds the records in which a peer differs, by walking down its digest trees along the branches whose digests are not
 * ours. Knows nothing of lines and messages: the caller asks the peer for `next()` and hands its answer to `take`.
 */
import { childPath, type DigestForest, type DigestNode, type Path } from '../merge/digestForest.ts'
import { MAX_PROBED } from '../wire/probe.ts'
import { MAX_REPAIRED } from '../wire/repair.ts'

/** Places to ask about in all. A peer whose answers lead further down for ever is not followed. */
const MAX_PLACES = 4_000

export interface Answer {
  readonly path: Path
  readonly node: DigestNode
}

export interface Comparison {
  /** Places to ask the peer about; the same ones until their answer was taken, none when the comparison is over. */
  next(): readonly Path[]
  /** @param answers to all places of `next`, in any order */
  take(answers: readonly Answer[]): void
  /** Records that differ, as far as they are known; `undefined` if there are too many, or the peer cannot tell. */
  different(): ReadonlySet<string> | undefined
}

export function compareForest(own: DigestForest): Comparison {
  const different = new Set<string>()
  let open: readonly Path[] = [[]]
  let asked = 0
  let hopeless = false

  function giveUp(): void {
    hopeless = true
    open = []
  }

  function compareRecords(path: Path, theirs: ReadonlyMap<string, string>): void {
    const left = new Set(theirs.keys())
    for (const [id, hash] of own.entries(path)) {
      left.delete(id)
      if (theirs.get(id) !== hash) different.add(id)
      if (different.size > MAX_REPAIRED) return
    }
    for (const id of left) different.add(id)
  }

  function compareChildren(path: Path, theirs: ReadonlyMap<string, string>): readonly Path[] {
    const mine = own.children(path)
    for (const step of mine.keys()) if (!theirs.has(step)) compareRecords(childPath(path, step), new Map())
    return [...theirs].filter(([step, digest]) => mine.get(step) !== digest).map(([step]) => childPath(path, step))
  }

  return {
    next: () => open.slice(0, MAX_PROBED),

    take(answers) {
      const byPlace = new Map(answers.map(({ path, node }) => [JSON.stringify(path), node]))
      const places = open.slice(0, MAX_PROBED)
      const deeper: Path[] = []
      asked += places.length
      for (const path of places) {
        const node = byPlace.get(JSON.stringify(path))
        if (!node) return giveUp()
        if (node.kind === 'leaf') compareRecords(path, node.entries)
        else deeper.push(...compareChildren(path, node.children))
        if (different.size > MAX_REPAIRED) return giveUp()
      }
      open = [...open.slice(MAX_PROBED), ...deeper]
      if (asked + open.length > MAX_PLACES) giveUp()
    },

    different: () => (hopeless ? undefined : different),
  }
}
