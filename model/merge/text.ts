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

/** @returns the text of updates that share a root; `undefined` if one of them is not a Yjs update */
export function textOf(updates: readonly string[]): string | undefined {
  const doc = load(updates)
  return doc?.getText(ROOT).toString()
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

/** Groups updates that have a common root. Each group is a list of indexes into `updates`. */
export function commonRoots(updates: readonly string[]): readonly (readonly number[])[] {
  const authors = updates.map(authorsOf)
  const groups: { authors: Set<number>; members: number[] }[] = []
  authors.forEach((own, index) => {
    const related = groups.filter((group) => own.some((author) => group.authors.has(author)))
    const merged = { authors: new Set(own), members: [index] }
    for (const group of related) {
      for (const author of group.authors) merged.authors.add(author)
      merged.members.push(...group.members)
      groups.splice(groups.indexOf(group), 1)
    }
    groups.push(merged)
  })
  return groups.map((group) => group.members.sort((a, b) => a - b))
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
  const doc = new Y.Doc()
  for (const update of updates) {
    const bytes = fromBase64Url(update)
    if (!bytes) return undefined
    try {
      Y.applyUpdate(doc, bytes)
    } catch {
      return undefined // not a Yjs update: the caller shows it as it is
    }
  }
  return doc
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
