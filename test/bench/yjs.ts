import * as Y from 'yjs'
import { assertMerged, type Contender } from './contender.ts'
import { EDITS, editBy, FIELDS, type Fields } from './record.ts'

/** A record as a `Y.Map` of its fields. */
export function yjs(): Contender {
  const base = new Y.Doc()
  set(base, FIELDS)
  const stored = Y.encodeStateAsUpdate(edited(base, EDITS.title))
  const change = Y.encodeStateAsUpdate(edited(base, EDITS.start), Y.encodeStateVector(base))
  const loadMergeSave = () => Y.encodeStateAsUpdate(applied(loaded(stored), change))
  assertMerged('Yjs', loaded(loadMergeSave()).getMap(ROOT).toJSON())
  return {
    name: 'Yjs',
    merge: () => {
      const left = loaded(stored)
      left.getMap(ROOT)
      return () => applied(left, change)
    },
    loadMergeSave: () => loadMergeSave,
    loadAndRead: () => () => loaded(stored).getMap(ROOT).toJSON(),
    edit: () => {
      const doc = copied(base)
      doc.getMap(ROOT)
      return () => set(doc, EDITS.title)
    },
    bytes: (devices) => {
      const made = new Y.Doc()
      set(made, FIELDS)
      set(made, editBy(0))
      let doc = made
      for (let n = 1; n < devices; n++) doc = edited(doc, editBy(n))
      return Y.encodeStateAsUpdate(doc).length
    },
  }
}

/** Merging without opening either: a server can do it, but cannot read what it has, and what was overwritten stays. */
export function yjsUnopened(): () => Uint8Array {
  const base = new Y.Doc()
  set(base, FIELDS)
  const stored = Y.encodeStateAsUpdate(edited(base, EDITS.title))
  const change = Y.encodeStateAsUpdate(edited(base, EDITS.start), Y.encodeStateVector(base))
  const merge = () => Y.mergeUpdates([stored, change])
  assertMerged('Yjs', loaded(merge()).getMap(ROOT).toJSON())
  return merge
}

const ROOT = 'record'

function set(doc: Y.Doc, fields: Fields): void {
  const map = doc.getMap(ROOT)
  doc.transact(() => {
    for (const [name, value] of Object.entries(fields)) map.set(name, value)
  })
}

/** On another device: a new `Y.Doc` is a new client. */
function edited(doc: Y.Doc, fields: Fields): Y.Doc {
  const copy = copied(doc)
  set(copy, fields)
  return copy
}

function copied(doc: Y.Doc): Y.Doc {
  return loaded(Y.encodeStateAsUpdate(doc))
}

function loaded(update: Uint8Array): Y.Doc {
  return applied(new Y.Doc(), update)
}

function applied(doc: Y.Doc, update: Uint8Array): Y.Doc {
  Y.applyUpdate(doc, update)
  return doc
}
