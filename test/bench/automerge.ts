import { createRequire } from 'node:module'
import { assertMerged, type Contender } from './contender.ts'
import { EDITS, editBy, FIELDS, type Fields } from './record.ts'

/** The part of Automerge that is used here. The package is not ours to install: see `peers/package.json`. */
interface Automerge {
  readonly ImmutableString: new (text: string) => object
  from(fields: object): Doc
  clone(doc: Doc): Doc
  change(doc: Doc, edit: (draft: Record<string, unknown>) => void): Doc
  merge(mine: Doc, theirs: Doc): Doc
  getLastLocalChange(doc: Doc): Uint8Array
  applyChanges(doc: Doc, changes: readonly Uint8Array[]): readonly [Doc]
  save(doc: Doc): Uint8Array
  load(bytes: Uint8Array): Doc
  toJS(doc: Doc): Readonly<Record<string, unknown>>
  free(doc: Doc): void
}
type Doc = { readonly [field: string]: unknown }

/** @returns `undefined` if it is not installed */
export async function automerge(): Promise<Contender | undefined> {
  let path: string
  try {
    path = createRequire(new URL('peers/package.json', import.meta.url)).resolve('@automerge/automerge')
  } catch {
    return undefined // not installed: the caller says so
  }
  const library: unknown = await import(path)
  if (!isAutomerge(library)) throw new Error(`${path} is another Automerge than the one that is measured here`)
  return contender(library)
}

function isAutomerge(library: unknown): library is Automerge {
  const names: (keyof Automerge)[] = ['ImmutableString', 'from', 'clone', 'change', 'merge', 'getLastLocalChange']
  names.push('applyChanges', 'save', 'load', 'toJS', 'free')
  return (
    typeof library === 'object' &&
    library !== null &&
    names.every((name) => typeof Reflect.get(library, name) === 'function')
  )
}

function contender(library: Automerge): Contender {
  const { clone, merge, load, save, toJS, applyChanges } = library
  // As a register that is replaced as a whole, which is what the others hold; a plain string would merge by character.
  const registers = (fields: Fields) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'string' ? new library.ImmutableString(value) : value,
      ]),
    )
  const set = (doc: Doc, fields: Fields) =>
    library.change(doc, (draft) => {
      Object.assign(draft, registers(fields))
    })
  const base = library.from(registers(FIELDS))
  const left = set(clone(base), EDITS.title)
  const right = set(clone(base), EDITS.start)
  const stored = save(left)
  const change = library.getLastLocalChange(right)
  const loadMergeSave = () => {
    const [doc] = applyChanges(load(stored), [change])
    const bytes = save(doc)
    library.free(doc)
    return bytes
  }
  assertMerged('Automerge', plain(toJS(load(loadMergeSave()))))
  return {
    name: 'Automerge',
    merge: () => {
      const mine = clone(left)
      return () => merge(mine, right)
    },
    loadMergeSave: () => loadMergeSave,
    loadAndRead: () => () => {
      const doc = load(stored)
      const fields = plain(toJS(doc))
      library.free(doc)
      return fields
    },
    edit: () => {
      const doc = clone(base)
      return () => set(doc, EDITS.title)
    },
    bytes: (devices) => {
      let doc = set(library.from(registers(FIELDS)), editBy(0))
      for (let n = 1; n < devices; n++) doc = set(clone(doc), editBy(n))
      return save(doc).length
    },
  }
}

function plain(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'object' && value !== null ? String(value) : value,
    ]),
  )
}
