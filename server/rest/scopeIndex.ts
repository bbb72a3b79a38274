/**
 * A small extract of each scope in memory, brought up to date from the change log: what changed when, and which records
 * are in conflict. Clients poll for both, and reading every record each time would cost most of what the server does.
 */
import { isOfSomeOperation } from '../../model/conflicts/operations.ts'
import { type Stamp, stampMs } from '../../model/merge/clock.ts'
import { conflictsOf } from '../../model/merge/conflicts.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { compareText } from '../../model/merge/vector.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'

export interface IndexEntry {
  readonly id: string
  /** Its place in the log. */
  readonly seq: number
  readonly table: string
  readonly base: string
  /** Read class → latest stamp of a live value. */
  readonly stamps: ReadonlyMap<string, Stamp>
  /** The latest of all classes. */
  readonly latest: Stamp
  /** Ids of what in it waits for a person, field by field. */
  readonly pending: readonly string[]
  /** One of them may be, together with others, about a single action. */
  readonly isOfOperation: boolean
  /** A live value of it settled a conflict. */
  readonly decided: boolean
}

export interface ScopeExtract {
  /** The place in the log up to which it is current. */
  readonly seq: number
  /** Records with anything pending or decided. */
  readonly contested: ReadonlyMap<string, IndexEntry>
  /** Records of which some class was written later than this (ms since 1970 UTC), the latest first. */
  writtenSince(ms: number): Iterable<IndexEntry>
}

/** @returns the extract of each of the scopes */
export type ScopeIndex = (scopes: readonly string[]) => Promise<ReadonlyMap<string, ScopeExtract>>

const MAX_SCOPES = 500
const PAGE = 500

export function createScopeIndex(changes: ChangeStore): ScopeIndex {
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
    const behind = [...extracts].filter(([scope, { seq }]) => seq < (heads.get(scope) ?? 0))
    await Promise.all(behind.map(([, extract]) => extract.refresh()))
    return extracts
  }
}

class Extract implements ScopeExtract {
  seq = 0
  readonly contested = new Map<string, IndexEntry>()
  readonly #changes: ChangeStore
  readonly #scope: string
  readonly #entries = new Map<string, IndexEntry>()
  /** The latest last, among them some that a later one of the same record has replaced. `undefined`: to be sorted. */
  #inOrder: IndexEntry[] | undefined
  /** Refreshes take turns: two at once could put an older state over a newer one. */
  #turn: Promise<void> = Promise.resolve()
  /** The one that has not begun yet: it will see whatever is committed by now, so all who ask meanwhile share it. */
  #next: Promise<void> | undefined

  constructor(changes: ChangeStore, scope: string) {
    this.#changes = changes
    this.#scope = scope
  }

  async refresh(): Promise<void> {
    this.#next ??= this.#turn.then(() => {
      this.#next = undefined
      return this.#readOn()
    })
    this.#turn = this.#next.catch(() => undefined) // told to whoever asked; the next one tries again
    await this.#next
  }

  *writtenSince(ms: number): Generator<IndexEntry> {
    this.#inOrder ??= [...this.#entries.values()].sort((a, b) => compareText(a.latest, b.latest))
    const entries = this.#inOrder
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i]
      if (!entry || stampMs(entry.latest) <= ms) return
      if (this.#entries.get(entry.id) === entry) yield entry
    }
  }

  async #readOn(): Promise<void> {
    for (let more = true; more; ) {
      const page = await this.#changes.changesSince(this.#scope, this.seq, { limit: PAGE })
      for (const { seq, record } of page.changes) this.#note(entryOf(record, seq))
      this.seq = page.upTo
      more = page.more
    }
  }

  #note(entry: IndexEntry): void {
    this.#entries.set(entry.id, entry)
    // Mostly it is the latest of all; an edit that was made long ago is sorted in when somebody asks.
    const last = this.#inOrder?.at(-1)
    const isLatest = last === undefined || last.latest <= entry.latest
    if (isLatest && (this.#inOrder?.length ?? 0) <= 2 * this.#entries.size) this.#inOrder?.push(entry)
    else this.#inOrder = undefined
    if (entry.pending.length > 0 || entry.decided) this.contested.set(entry.id, entry)
    else this.contested.delete(entry.id)
  }
}

function entryOf(record: CausalRecord, seq: number): IndexEntry {
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
    seq,
    table,
    base,
    stamps,
    latest: [...stamps.values()].sort(compareText).at(-1) ?? '',
    pending: conflicts.map(({ conflictId }) => conflictId),
    isOfOperation: conflicts.some(isOfSomeOperation),
    decided,
  }
}
