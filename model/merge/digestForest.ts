/**
 * The digest trees of one scope as one reader sees it: a tree for each read class and table. Tables have trees of their
 * own because rights are by table and class: a view for a role is a choice of whole trees, so all roles share them.
 *
 *     []                           read classes          money → digest, open → digest, …
 *     ['open']                     tables                guests → root, tasks → root, …
 *     ['open', 'guests', '']       16-way branches       (see `digestTree.ts`)
 *     ['open', 'guests', '3f']     a leaf                id → unitHash, …
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { type DigestTree, LEAF_IDS } from './digestTree.ts'
import { compareText } from './vector.ts'

/** Read class, table, digits. */
export type Path = readonly string[]

export type DigestNode =
  | {
      readonly kind: 'inner' /** Digests by the next step of the path. */
      readonly children: ReadonlyMap<string, string>
    }
  | { readonly kind: 'leaf' /** Unit hashes by record id. */; readonly entries: ReadonlyMap<string, string> }

/** Trees by read class and table, none of them empty. */
export type Trees = ReadonlyMap<string, ReadonlyMap<string, DigestTree>>

export interface DigestForest {
  /** One digest for each read class that has a record. */
  readonly classes: ReadonlyMap<string, string>
  /** What there is at a place, as the other side is told: a small branch as its records, others as their branches. */
  node(path: Path): DigestNode
  /** Digests of the branches at a place, also where `node` would name the records. */
  children(path: Path): ReadonlyMap<string, string>
  /** All records below a place with their unit hashes; a record appears once for each of its classes. */
  entries(path: Path): Iterable<readonly [id: string, hash: string]>
}

export function digestForest(trees: Trees): DigestForest {
  const tables = (readClass: string) => trees.get(readClass) ?? new Map<string, DigestTree>()

  const classes = new Map(
    [...trees]
      .filter(([, byTable]) => byTable.size > 0)
      .sort(([a], [b]) => compareText(a, b))
      .map(([readClass, byTable]) => [readClass, classDigest(byTable)]),
  )

  function children([readClass, table, digits = '']: Path): ReadonlyMap<string, string> {
    if (readClass === undefined) return classes
    if (table === undefined) return rootsOf(tables(readClass))
    return tables(readClass).get(table)?.children(digits) ?? new Map()
  }

  function* entries([readClass, table, digits = '']: Path): Generator<readonly [string, string]> {
    for (const [eachClass, byTable] of trees) {
      if (readClass !== undefined && eachClass !== readClass) continue
      for (const [eachTable, tree] of byTable) {
        if (table === undefined || eachTable === table) yield* tree.entries(digits)
      }
    }
  }

  return {
    classes,
    node(path) {
      const [readClass, table, digits = ''] = path
      if (readClass === undefined || table === undefined) return { kind: 'inner', children: children(path) }
      const count = tables(readClass).get(table)?.count(digits) ?? 0
      if (count > LEAF_IDS) return { kind: 'inner', children: children(path) }
      return { kind: 'leaf', entries: new Map(entries(path)) }
    },
    children,
    entries,
  }
}

/** The way from a place to one of its children. */
export function childPath([readClass, table, digits = '']: Path, step: string): Path {
  if (readClass === undefined) return [step]
  return table === undefined ? [readClass, step, ''] : [readClass, table, digits + step]
}

function rootsOf(byTable: ReadonlyMap<string, DigestTree>): ReadonlyMap<string, string> {
  return new Map([...byTable].flatMap(([table, { root }]) => (root === undefined ? [] : [[table, root] as const])))
}

function classDigest(byTable: ReadonlyMap<string, DigestTree>): string {
  const roots = [...rootsOf(byTable)].sort(([a], [b]) => compareText(a, b))
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(roots))))
}
