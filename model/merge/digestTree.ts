/**
 * A Merkle tree over the units of one read class, keyed by record id: two replicas whose roots differ find out which
 * records differ by comparing only the branches that do (Merkle 1987; as anti-entropy between replicas: DeCandia et al.,
 * *Dynamo*, 2007, §4.7).
 *
 * Shape: a 16-way trie over the hex digits of SHA-256(id). A branch with at most `LEAF_IDS` records is one leaf, so the
 * shape, and with it every digest, is a function of the set of (id, hash) and not of the order in which it came about.
 * The digits are those of a hash and not of the id itself, because ids that an import derived, or that begin with a time,
 * share long prefixes and would make the tree deep. With n records it is about log₁₆(n / 16) deep.
 *
 * Range-based set reconciliation (Meyer 2022, *Range-Based Set Reconciliation*, arXiv:2212.13567; SRDS 2023) has the same
 * cost and adapts its ranges to the data, but needs either digests that add up, whose cheap forms can be forged, or a
 * balanced tree whose digests depend on its history. A trie needs SHA-256 only, and both sides cut it alike without
 * saying where.
 *
 * A tree is immutable; an update copies one path (Driscoll et al. 1989), O(log n), and digests are computed when they are
 * asked for. So a snapshot costs nothing, and leaving out a few records makes another tree in O(log n) each.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { compareText } from './vector.ts'

/** A branch with no more records than these is a leaf. */
export const LEAF_IDS = 16
const DIGITS = '0123456789abcdef'
/** 64 bits of SHA-256. Ids that agree in all of them share a leaf, however many they are. */
const KEY_DIGITS = 16

interface Entry {
  readonly key: string
  readonly id: string
  readonly hash: string
}

interface Leaf {
  readonly kind: 'leaf'
  /** In order of key, then id. */
  readonly entries: readonly Entry[]
  digest?: string
}

interface Inner {
  readonly kind: 'inner'
  /** Sixteen places. */
  readonly children: readonly (Node | undefined)[]
  readonly size: number
  digest?: string
}

type Node = Leaf | Inner

/** A place in the tree is the digits that lead to it; the root is `''`. */
export class DigestTree {
  static readonly EMPTY = new DigestTree(undefined)
  readonly #top: Node | undefined

  private constructor(top: Node | undefined) {
    this.#top = top
  }

  get size(): number {
    return sizeOf(this.#top)
  }

  /** Equal exactly if the same records have the same hashes; `undefined` if there are none. */
  get root(): string | undefined {
    return this.#top && digestOf(this.#top)
  }

  /**
   * @param hash of the record's unit; `undefined` takes the record out
   * @param key the record's (`keyOf`), for whoever has it
   * @returns a new tree, or this one if nothing changes
   */
  update(recordId: string, hash: string | undefined, key = keyOf(recordId)): DigestTree {
    const top =
      hash === undefined ? remove(this.#top, 0, key, recordId) : put(this.#top, 0, { key, id: recordId, hash })
    return top === this.#top ? this : new DigestTree(top)
  }

  /** How many records are below a place. */
  count(path: string): number {
    return sizeOf(nodeAt(this.#top, path))
  }

  /**
   * The digests of the branches at a place, by digit, without empty ones. Also within a leaf, since the other side may
   * have a branch there.
   */
  children(path: string): ReadonlyMap<string, string> {
    const node = nodeAt(this.#top, path)
    const children = node?.kind === 'leaf' ? branches(node.entries, path.length) : (node?.children ?? [])
    return new Map(children.flatMap((child, i) => (child ? [[DIGITS.charAt(i), digestOf(child)] as const] : [])))
  }

  /** Record ids and hashes below a place, in the order of the tree. */
  *entries(path: string): Generator<readonly [id: string, hash: string]> {
    for (const { id, hash } of entriesOf(nodeAt(this.#top, path))) yield [id, hash]
  }
}

/** Where a record stands in every tree. It takes longer to find than the rest of an update, and never changes. */
export function keyOf(recordId: string): string {
  return bytesToHex(sha256(utf8ToBytes(recordId)).subarray(0, KEY_DIGITS / 2))
}

function digitAt(key: string, depth: number): number {
  return Number.parseInt(key.charAt(depth), 16)
}

function compareEntries(a: Entry, b: Entry): number {
  return compareText(a.key, b.key) || compareText(a.id, b.id)
}

function sizeOf(node: Node | undefined): number {
  return node?.kind === 'inner' ? node.size : (node?.entries.length ?? 0)
}

function digestOf(node: Node): string {
  node.digest ??= sha(
    node.kind === 'leaf'
      ? ['leaf', ...node.entries.map(({ id, hash }) => [id, hash])]
      : ['inner', ...node.children.map((child) => child && digestOf(child))],
  )
  return node.digest
}

function sha(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(value))))
}

/** The node at a place; if that is within a leaf, the part of the leaf that is there. */
function nodeAt(top: Node | undefined, path: string): Node | undefined {
  let node = top
  for (let depth = 0; node && depth < path.length; depth++) {
    if (node.kind === 'leaf') return leafOf(node.entries.filter(({ key }) => key.startsWith(path)))
    node = node.children[digitAt(path, depth)]
  }
  return node
}

function* entriesOf(node: Node | undefined): Generator<Entry> {
  if (node?.kind === 'leaf') yield* node.entries
  else for (const child of node?.children ?? []) yield* entriesOf(child)
}

function leafOf(entries: readonly Entry[]): Leaf | undefined {
  return entries.length === 0 ? undefined : { kind: 'leaf', entries }
}

/** @param entries in order, all of one place of this depth */
function nodeOf(entries: readonly Entry[], depth: number): Node | undefined {
  if (entries.length <= LEAF_IDS || depth === KEY_DIGITS) return leafOf(entries)
  return { kind: 'inner', children: branches(entries, depth), size: entries.length }
}

function branches(entries: readonly Entry[], depth: number): readonly (Node | undefined)[] {
  const parts = Array.from(DIGITS, (): Entry[] => [])
  for (const entry of entries) parts[digitAt(entry.key, depth)]?.push(entry)
  return parts.map((part) => nodeOf(part, depth + 1))
}

function put(node: Node | undefined, depth: number, entry: Entry): Node | undefined {
  if (node?.kind === 'inner') {
    const digit = digitAt(entry.key, depth)
    const child = node.children[digit]
    const changed = put(child, depth + 1, entry)
    return changed === child ? node : withChild(node, digit, changed)
  }
  const entries = node?.entries ?? []
  const later = entries.findIndex((other) => compareEntries(other, entry) >= 0)
  const place = later < 0 ? entries.length : later
  const known = entries[place]
  if (known?.id !== entry.id) return nodeOf(entries.toSpliced(place, 0, entry), depth)
  return known.hash === entry.hash ? node : leafOf(entries.with(place, entry))
}

function remove(node: Node | undefined, depth: number, key: string, id: string): Node | undefined {
  if (!node) return undefined
  if (node.kind === 'leaf') {
    const left = node.entries.filter((entry) => entry.id !== id)
    return left.length === node.entries.length ? node : leafOf(left)
  }
  const digit = digitAt(key, depth)
  const child = node.children[digit]
  const changed = remove(child, depth + 1, key, id)
  if (changed === child) return node
  const smaller = withChild(node, digit, changed)
  return smaller.size > LEAF_IDS ? smaller : leafOf([...entriesOf(smaller)])
}

function withChild(node: Inner, digit: number, child: Node | undefined): Inner {
  const size = node.size - sizeOf(node.children[digit]) + sizeOf(child)
  return { kind: 'inner', children: node.children.with(digit, child), size }
}
