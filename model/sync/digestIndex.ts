/**
 * The digest trees of a store's scopes, kept in memory and brought up to date from the change log: after one edit one
 * record is hashed, however many there are. Views for different roles share the trees (`digestForest.ts`).
 */
import { unitHash } from '../merge/digest.ts'
import { type DigestForest, digestForest } from '../merge/digestForest.ts'
import { DigestTree, keyOf } from '../merge/digestTree.ts'
import type { CausalRecord } from '../merge/record.ts'
import { claimsOf, type Owns } from '../ownership.ts'
import type { Border } from './border.ts'
import type { ChangeStore } from './changeStore.ts'
import { heldVectorsOf } from './heldVectors.ts'

/** Read and hashed at once: some ms, for which everything else in the process waits. */
const PAGE = 200
/** About 50 MB. A large wedding has some 15,000. */
const MAX_UNITS = 200_000

export interface DigestView {
  readonly mayRead: (table: string, readClass: string) => boolean
  /** The same of records that are the reader's own; absent: nothing more. */
  readonly mayReadOwn?: (table: string, readClass: string) => boolean
  /** Whether the reader holds a claim (`ownership.ts`). */
  readonly owns?: Owns
  /** Records left out. */
  readonly except?: ReadonlySet<string>
  /**
   * Asks the storage how many records there are, and reads the scope anew if it says otherwise: rows that went missing
   * leave no trace in the change log.
   */
  readonly audit?: boolean
}

export interface DigestIndex {
  /** What the store holds of the scope now. It does not follow later changes. */
  view(scope: string, view: DigestView): Promise<DigestForest>
  /** Reads the scope anew when it is asked for next. */
  forget(scope: string): void
}

export interface DigestIndexOptions {
  /** Of one unit; `unitHash` by default. */
  readonly hash?: typeof unitHash
  /** Scopes that were not asked for lately are dropped beyond this many units. */
  readonly maxUnits?: number
  /** Digests are of the records as the peer behind this border sees them. */
  readonly border?: Border | undefined
  /** Resolves when all else that waited has had its turn: what people do now goes before what was there already. */
  readonly pause?: (() => Promise<void>) | undefined
}

interface Known {
  epoch: string
  /** The trees hold the change log up to here. */
  seq: number
  /** By id. */
  readonly records: Map<string, KnownRecord>
  /** By read class and table. */
  readonly trees: Map<string, Map<string, DigestTree>>
  units: number
  /** The last to bring it up to date; the next one waits. */
  turn: Promise<void>
}

interface KnownRecord {
  readonly table: string
  readonly claims: readonly string[]
  /** Its place in the trees. */
  readonly key: string
}

export function openDigestIndex(changes: ChangeStore, options: DigestIndexOptions = {}): DigestIndex {
  const { hash = unitHash, maxUnits = MAX_UNITS, border, pause } = options
  const heldVectors = heldVectorsOf(changes)
  /** The one asked for last is the last. */
  const scopes = new Map<string, Known>()

  function clear(known: Known): void {
    known.epoch = changes.epoch
    known.seq = 0
    known.records.clear()
    known.trees.clear()
    known.units = 0
  }

  function set(known: Known, id: string, { table, key }: KnownRecord, readClass: string, value?: string): void {
    const byTable = known.trees.get(readClass) ?? new Map<string, DigestTree>()
    const before = byTable.get(table) ?? DigestTree.EMPTY
    const after = before.update(id, value, key)
    known.units += after.size - before.size
    if (after.size > 0) byTable.set(table, after)
    else byTable.delete(table)
    known.trees.set(readClass, byTable)
  }

  function note(known: Known, record: CausalRecord): void {
    const { id, table, units } = record
    const about = { table, claims: claimsOf(record, 'ever'), key: known.records.get(id)?.key ?? keyOf(id) }
    known.records.set(id, about)
    for (const readClass of known.trees.keys()) if (!units.has(readClass)) set(known, id, about, readClass)
    for (const [readClass, unit] of units) set(known, id, about, readClass, hash(id, readClass, unit))
  }

  async function read(known: Known, scope: string): Promise<void> {
    let more = true
    while (more) {
      const page = await changes.changesSince(scope, known.seq, { limit: PAGE })
      for (const { seq, stored, record } of page.changes) {
        heldVectors.note(seq, stored)
        note(known, border ? border.outline(record) : record)
      }
      known.seq = page.upTo
      more = page.more
      if (more) await pause?.()
    }
  }

  async function bringUpToDate(known: Known, scope: string, audit: boolean): Promise<void> {
    const head = await changes.head(scope)
    // A head that went back, or another epoch: the log is not the one that was read.
    if (known.epoch !== changes.epoch || head < known.seq) clear(known)
    if (head > known.seq) await read(known, scope)
    if (audit && (await changes.countSince(scope, 0)) !== known.records.size) {
      clear(known)
      await read(known, scope)
    }
  }

  function makeRoom(): void {
    let total = 0
    for (const { units } of scopes.values()) total += units
    for (const [scope, { units }] of scopes) {
      if (total <= maxUnits || scopes.size === 1) return
      scopes.delete(scope)
      total -= units
    }
  }

  function open(scope: string): Known {
    const known: Known = scopes.get(scope) ?? {
      epoch: changes.epoch,
      seq: 0,
      records: new Map(),
      trees: new Map(),
      units: 0,
      turn: Promise.resolve(),
    }
    scopes.delete(scope)
    scopes.set(scope, known)
    return known
  }

  return {
    view(scope, view) {
      const known = open(scope)
      const forest = known.turn.then(async () => {
        await bringUpToDate(known, scope, view.audit ?? false)
        makeRoom()
        // Still within the turn: the next one may begin by clearing everything.
        return forestOf(known, view)
      })
      known.turn = forest.then(noMatter, noMatter) // a failure is reported to its own caller
      return forest
    },

    forget(scope) {
      scopes.delete(scope)
    },
  }
}

function noMatter(): void {}

function forestOf({ records, trees }: Known, { mayRead, mayReadOwn, owns, except }: DigestView): DigestForest {
  const seen = new Map<string, Map<string, DigestTree>>()
  for (const [readClass, byTable] of trees) {
    const shown = new Map<string, DigestTree>()
    for (const [table, tree] of byTable) {
      if (mayRead(table, readClass)) shown.set(table, tree)
      else if (owns && mayReadOwn?.(table, readClass)) {
        const own = ownPart(tree, (id) => records.get(id)?.claims.some(owns) ?? false)
        if (own.size > 0) shown.set(table, own)
      }
    }
    seen.set(readClass, shown)
  }
  for (const id of except ?? []) {
    const table = records.get(id)?.table
    if (table !== undefined) for (const byTable of seen.values()) leaveOut(byTable, table, id)
  }
  return digestForest(seen)
}

/** A tree of its own, for what is somebody's own is little; or all of it, as the guests are for whoever caters. */
function ownPart(tree: DigestTree, isOwn: (id: string) => boolean): DigestTree {
  const own = [...tree.entries('')].filter(([id]) => isOwn(id))
  if (own.length === tree.size) return tree
  return own.reduce((part, [id, hash]) => part.update(id, hash), DigestTree.EMPTY)
}

function leaveOut(byTable: Map<string, DigestTree>, table: string, id: string): void {
  const left = byTable.get(table)?.update(id, undefined)
  if (left?.size === 0) byTable.delete(table)
  else if (left) byTable.set(table, left)
}

const shared = new WeakMap<ChangeStore, Map<Border | undefined, DigestIndex>>()

/**
 * The index of a store, as seen through a border or without one, that all its sessions share.
 * @param pause of whoever asks first
 */
export function digestIndexOf(changes: ChangeStore, border?: Border, pause?: () => Promise<void>): DigestIndex {
  const indexes = shared.get(changes) ?? new Map<Border | undefined, DigestIndex>()
  shared.set(changes, indexes)
  const index = indexes.get(border) ?? openDigestIndex(changes, { border, pause })
  indexes.set(border, index)
  return index
}
