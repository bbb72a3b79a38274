/**
 * A small extract of each scope in memory, brought up to date from the change log: what changed when, and which records
 * are in conflict. Clients poll for both, and reading every record each time would cost most of what the server does.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isOfSomeOperation } from '../../model/conflicts/operations.ts'
import type { Stamp } from '../../model/merge/clock.ts'
import { conflictsOf } from '../../model/merge/conflicts.ts'
import { type CausalRecord, isEmptied, liveValues } from '../../model/merge/record.ts'
import { compareText } from '../../model/merge/vector.ts'
import { claimsOf } from '../../model/ownership.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import type { View } from '../../model/sync/rules.ts'
import type { Reader } from './sight.ts'

export interface IndexEntry {
  readonly id: string
  /** With `seq`, its place in the log. */
  readonly scope: string
  readonly seq: number
  readonly table: string
  readonly base: string
  /** Whose own it is (`ownership.ts`). */
  readonly claims: readonly string[]
  /** Of each read class with the latest stamp of a live value. Mostly there is one, and a map is five times as large. */
  readonly stamps: readonly (readonly [readClass: string, Stamp])[]
  /** Ids of what in it waits for a person, field by field. */
  readonly pending: readonly string[]
  /** One of them may be, together with others, about a single action. */
  readonly isOfOperation: boolean
  /** A live value of it settled a conflict. */
  readonly decided: boolean
}

/** A record by the latest edit of it that somebody may know of. */
export interface DatedEntry {
  readonly entry: IndexEntry
  readonly stamp: Stamp
}

export interface ScopeExtract {
  /** The place in the log up to which it is current. */
  readonly seq: number
  /** Records with anything pending or decided. */
  readonly contested: ReadonlyMap<string, IndexEntry>
  /** Whether {@link written} would give anything: of most weddings, whoever polls hears that nothing is new. */
  hasWritten(reader: Reader, isBehind: (dated: DatedEntry) => boolean): boolean
  /**
   * What the reader sees something of, the earliest edit first, equal ones by id, from the first that lies behind a place.
   * @param isBehind for a place in that order; true for all that come after one for which it is true
   */
  written(reader: Reader, isBehind: (dated: DatedEntry) => boolean): Iterable<DatedEntry>
}

/** @returns the extract of each of the scopes */
export type ScopeIndex = (scopes: readonly string[]) => Promise<ReadonlyMap<string, ScopeExtract>>

type Log = Pick<ChangeStore, 'heads' | 'changesSince'>

const MAX_SCOPES = 500
/** Of one scope: one for each role, and one for each vendor and photographer, who see their own besides. */
const MAX_ORDERS = 24
/** Read at once: some ms, for which all other requests wait. */
const PAGE = 200
const NONE: readonly string[] = []

const indexes = new WeakMap<Log, ScopeIndex>()

/** The index of a store, which all share that ask. */
export function scopeIndexOf(changes: Log): ScopeIndex {
  const index = indexes.get(changes) ?? createScopeIndex(changes)
  indexes.set(changes, index)
  return index
}

function createScopeIndex(changes: Log): ScopeIndex {
  const known = new Map<string, Extract>()

  function extractOf(scope: string): Extract {
    const extract = known.get(scope) ?? new Extract(changes, scope)
    known.delete(scope)
    known.set(scope, extract)
    const [oldest] = known.keys()
    if (known.size > MAX_SCOPES && oldest !== undefined) known.delete(oldest)
    return extract
  }

  return async (scopes) => {
    const heads = await changes.heads(scopes)
    const extracts = new Map(scopes.map((scope) => [scope, extractOf(scope)]))
    const headOf = (scope: string) => heads.get(scope) ?? 0
    const behind = [...extracts].filter(([scope, { seq }]) => seq < headOf(scope))
    await Promise.all(behind.map(([scope, extract]) => extract.refreshTo(headOf(scope))))
    return extracts
  }
}

class Extract implements ScopeExtract {
  seq = 0
  readonly contested = new Map<string, IndexEntry>()
  readonly #changes: Log
  readonly #scope: string
  readonly #entries = new Map<string, IndexEntry>()
  /** Lists of claims, each once: all guests of a wedding have the same, and so have most of what one person made. */
  readonly #claims = new Map<string, readonly string[]>()
  /** For those who have asked, by their key; who asked last is the last. */
  readonly #orders = new Map<string, Order>()
  /** Refreshes take turns: two at once could put an older state over a newer one. */
  #turn: Promise<void> = Promise.resolve()
  /** The one that has not begun yet: it will see whatever is committed by now, so all who ask meanwhile share it. */
  #next: Promise<void> | undefined

  constructor(changes: Log, scope: string) {
    this.#changes = changes
    this.#scope = scope
  }

  /** Nothing is read by whoever has waited for another to read that far. */
  async refreshTo(head: number): Promise<void> {
    await this.#turn
    if (this.seq < head) await this.#refresh()
  }

  async #refresh(): Promise<void> {
    this.#next ??= this.#turn.then(() => {
      this.#next = undefined
      return this.#readOn()
    })
    this.#turn = this.#next.catch(() => undefined) // told to whoever asked; the next one tries again
    await this.#next
  }

  hasWritten(reader: Reader, isBehind: (dated: DatedEntry) => boolean): boolean {
    const { last } = this.#orderFor(reader)
    return last !== undefined && isBehind(last)
  }

  written(reader: Reader, isBehind: (dated: DatedEntry) => boolean): Generator<DatedEntry> {
    return this.#orderFor(reader).from(isBehind)
  }

  #orderFor({ key, view }: Reader): Order {
    const order = this.#orders.get(key) ?? new Order(view, this.#entries)
    this.#orders.delete(key)
    this.#orders.set(key, order)
    const [oldest] = this.#orders.keys()
    if (this.#orders.size > MAX_ORDERS && oldest !== undefined) this.#orders.delete(oldest)
    return order
  }

  async #readOn(): Promise<void> {
    for (let more = true; more; ) {
      const page = await this.#changes.changesSince(this.#scope, this.seq, { limit: PAGE })
      for (const { seq, record } of page.changes) {
        if (isEmptied(record)) this.#drop(record.id)
        else this.#note(this.#entryOf(record, seq))
      }
      this.seq = page.upTo
      more = page.more
      if (more) await nextTurn() // a database in this process answers at once
    }
  }

  /** Hundred thousands of these are looked through by each collection of garbage, so what is alike is shared. */
  #entryOf(record: CausalRecord, seq: number): IndexEntry {
    const stamps = new Map<string, Stamp>()
    let decided = false
    for (const { readClass, edit } of liveValues(record)) {
      const latest = stamps.get(readClass)
      if (latest === undefined || edit.stamp > latest) stamps.set(readClass, edit.stamp)
      if (edit.decided) decided = true
    }
    const { id, table, base } = record
    const conflicts = conflictsOf(record)
    return {
      id,
      scope: this.#scope,
      seq,
      table,
      base,
      claims: this.#shared(claimsOf(record, 'ever')),
      stamps: [...stamps],
      pending: conflicts.length === 0 ? NONE : conflicts.map(({ conflictId }) => conflictId),
      isOfOperation: conflicts.some(isOfSomeOperation),
      decided,
    }
  }

  #shared(claims: readonly string[]): readonly string[] {
    const key = JSON.stringify(claims)
    const known = this.#claims.get(key) ?? claims
    this.#claims.set(key, known)
    return known
  }

  #drop(id: string): void {
    this.#entries.delete(id)
    this.contested.delete(id)
  }

  #note(entry: IndexEntry): void {
    this.#entries.set(entry.id, entry)
    for (const order of this.#orders.values()) order.note(entry)
    if (entry.pending.length > 0 || entry.decided) this.contested.set(entry.id, entry)
    else this.contested.delete(entry.id)
  }
}

/** The entries of a scope in the order of the edits that one reader may know of. */
class Order {
  readonly #view: View
  readonly #entries: ReadonlyMap<string, IndexEntry>
  /** Among them some that a later one of the same record has replaced. */
  #dated: DatedEntry[] = []

  /** @param entries as they are now and will be: by id, those that count */
  constructor(view: View, entries: ReadonlyMap<string, IndexEntry>) {
    this.#view = view
    this.#entries = entries
    this.#dated = [...entries.values()].flatMap((entry) => this.#date(entry) ?? []).sort(compareDated)
  }

  note(entry: IndexEntry): void {
    const dated = this.#date(entry)
    if (!dated) return
    // Mostly it is the latest of all.
    const last = this.#dated.at(-1)
    if (!last || compareDated(last, dated) <= 0) this.#dated.push(dated)
    else
      this.#dated.splice(
        this.#indexOf((each) => compareDated(each, dated) > 0),
        0,
        dated,
      )
    if (this.#dated.length > 2 * this.#entries.size + 1) this.#dated = this.#dated.filter((each) => this.#counts(each))
  }

  get last(): DatedEntry | undefined {
    return this.#dated.at(-1)
  }

  *from(isBehind: (dated: DatedEntry) => boolean): Generator<DatedEntry> {
    const dated = this.#dated
    for (let i = this.#indexOf(isBehind); i < dated.length; i++) {
      const each = dated[i]
      if (each && this.#counts(each)) yield each
    }
  }

  #counts({ entry }: DatedEntry): boolean {
    return this.#entries.get(entry.id) === entry
  }

  #date(entry: IndexEntry): DatedEntry | undefined {
    const stamp = readableStamp(entry, this.#view)
    return stamp === undefined ? undefined : { entry, stamp }
  }

  /** Of the first for which it is true, as it is for all that follow. */
  #indexOf(isBehind: (dated: DatedEntry) => boolean): number {
    let from = 0
    let to = this.#dated.length
    while (from < to) {
      const middle = (from + to) >>> 1
      const dated = this.#dated[middle]
      if (dated && isBehind(dated)) to = middle
      else from = middle + 1
    }
    return from
  }
}

export function compareDated(a: DatedEntry, b: DatedEntry): number {
  return compareText(a.stamp, b.stamp) || compareText(a.entry.id, b.entry.id)
}

/** The latest edit that may be known of in this view. */
function readableStamp({ table, base, stamps, claims }: IndexEntry, view: View): Stamp | undefined {
  const isOwn = claims.some(view.owns)
  const mayRead = (readClass: string) => view.mayRead(table, readClass) || (isOwn && view.mayReadOwn(table, readClass))
  if (!mayRead(base)) return undefined
  let latest: Stamp | undefined
  for (const [readClass, stamp] of stamps) {
    if (mayRead(readClass) && (latest === undefined || stamp > latest)) latest = stamp
  }
  return latest
}
