/**
 * Text that several people type in: each value of the register is a Yjs update, one per edit, and the visible text is
 * what they merge to. An edit replaces the updates that its author saw by one snapshot. Reading never writes: collapsing
 * siblings on read would never come to rest between two replicas.
 *
 * Two texts that were begun separately share no root. They stay siblings and are shown one after the other.
 */
import * as Y from 'yjs'
import { fromBase64Url, toBase64Url } from '../bytes.ts'

const ROOT = 't'

/** What short updates say: to read one takes longer than to read all other fields of a record, and it is asked again. */
const known = new Map<string, string>()
const MAX_KNOWN = 500
const MAX_KNOWN_CHARS = 2_000

/** @returns the text of updates that share a root; `undefined` if one of them is not a Yjs update */
export function textOf(updates: readonly string[]): string | undefined {
  const [only = ''] = updates
  const isKnowable = updates.length === 1 && only.length <= MAX_KNOWN_CHARS
  const found = isKnowable ? known.get(only) : undefined
  if (found !== undefined) return found
  const text = load(updates)?.getText(ROOT).toString()
  if (isKnowable && text !== undefined) {
    known.set(only, text)
    const [oldest] = known.keys()
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
  }
  return text
}

/**
 * The snapshot after somebody changed the text to `next`.
 * @param seen the updates that the author had before their eyes
 * @param author a number that is unique to this edit (Yjs calls it the client id)
 */
export function editText(seen: readonly string[], next: string, author: number): string {
  const doc = load(seen) ?? new Y.Doc()
  doc.clientID = author
  const text = doc.getText(ROOT)
  const before = text.toString()
  const { start, removed, inserted } = difference(before, next)
  doc.transact(() => {
    if (removed > 0) text.delete(start, removed)
    if (inserted.length > 0) text.insert(start, inserted)
  })
  return toBase64Url(Y.encodeStateAsUpdate(doc))
}

/**
 * Groups updates that have a common root: those that share an author, directly or by way of others (union by the first of
 * each group). Each group is a list of indexes into `updates`, in order.
 */
export function commonRoots(updates: readonly string[]): readonly (readonly number[])[] {
  if (updates.length === 1) return [[0]]
  const firstBy = new Map<number, number>()
  const parents = updates.map((_, index) => index)
  updates.forEach((update, index) => {
    for (const author of authorsOf(update)) {
      const first = firstBy.get(author)
      if (first === undefined) firstBy.set(author, index)
      else unite(parents, first, index)
    }
  })
  return [...Map.groupBy(updates.keys(), (index) => rootOf(parents, index)).values()]
}

function unite(parents: number[], a: number, b: number): void {
  const [first, second] = [rootOf(parents, a), rootOf(parents, b)]
  parents[Math.max(first, second)] = Math.min(first, second)
}

function rootOf(parents: number[], index: number): number {
  let root = index
  for (let parent = parents[root] ?? root; parent !== root; parent = parents[root] ?? root) {
    // Each step shortens the way for those who come after.
    parents[root] = parents[parent] ?? parent
    root = parent
  }
  return root
}

function authorsOf(update: string): readonly number[] {
  const bytes = fromBase64Url(update)
  if (!bytes) return []
  try {
    return [...Y.decodeStateVector(Y.encodeStateVectorFromUpdate(bytes)).keys()]
  } catch {
    return [] // not a Yjs update: related to nothing
  }
}

function load(updates: readonly string[]): Y.Doc | undefined {
  const decoded: Uint8Array[] = []
  for (const update of updates) {
    const bytes = fromBase64Url(update)
    if (!bytes) return undefined
    decoded.push(bytes)
  }
  // Its id is of no use here, and making one takes longer than reading a short text.
  const doc = new Y.Doc({ guid: ROOT })
  try {
    const merged = mergeUpdates(decoded)
    if (merged) Y.applyUpdate(doc, merged)
  } catch {
    return undefined // not a Yjs update: the caller shows it as it is
  }
  return doc
}

const AT_ONCE = 64

/**
 * One update of many. Applied one after the other, texts that were put in at one place are compared each with each;
 * applied as one, Yjs takes them in an order in which none has to be. Merging all at once is slow in its own way.
 */
function mergeUpdates(updates: readonly Uint8Array[]): Uint8Array | undefined {
  let left = updates
  while (left.length > 1) {
    const merged: Uint8Array[] = []
    for (let i = 0; i < left.length; i += AT_ONCE) merged.push(Y.mergeUpdates(left.slice(i, i + AT_ONCE)))
    left = merged
  }
  return left[0]
}

/** The one stretch in which two texts differ, in UTF-16 units, never cutting a surrogate pair. */
function difference(before: string, after: string): { start: number; removed: number; inserted: string } {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start++
  if (start > 0 && isHighSurrogate(before, start - 1)) start--
  let end = 0
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  if (end > 0 && isHighSurrogate(before, before.length - end - 1)) end--
  return { start, removed: before.length - end - start, inserted: after.slice(start, after.length - end) }
}

function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index)
  return unit >= 0xd800 && unit <= 0xdbff
}
