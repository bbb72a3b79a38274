/**
 * A small extract of each scope in memory, brought up to date from the change log: what changed when, and which records
 * are in conflict. Clients poll for both, and reading every record each time would cost most of what the server does.
 */
import type { Stamp } from '../../model/merge/clock.ts'
import { conflictsOf } from '../../model/merge/conflicts.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'

export interface IndexEntry {
  readonly id: string
  readonly table: string
  readonly base: string
  /** Read class → latest stamp of a live value. */
  readonly stamps: ReadonlyMap<string, Stamp>
  /** Something in it waits for a person. */
  readonly pending: boolean
  /** A live value of it settled a conflict. */
  readonly decided: boolean
}

export interface ScopeExtract {
  /** The place in the log up to which the entries are current. */
  readonly seq: number
  readonly entries: ReadonlyMap<string, IndexEntry>
}

export type ScopeIndex = (scope: string) => Promise<ScopeExtract>

interface Held {
  seq: number
  readonly entries: Map<string, IndexEntry>
  /** Refreshes take turns: two at once could put an older state over a newer one. */
  turn: Promise<void>
}

const MAX_SCOPES = 500
const PAGE = 500

export function createScopeIndex(changes: ChangeStore): ScopeIndex {
  const scopes = new Map<string, Held>()

  return async (scope) => {
    const held = scopes.get(scope) ?? { seq: 0, entries: new Map(), turn: Promise.resolve() }
    scopes.delete(scope)
    scopes.set(scope, held)
    const [oldest] = scopes.keys()
    if (scopes.size > MAX_SCOPES && oldest !== undefined) scopes.delete(oldest)
    const refreshed = held.turn.then(() => refresh(changes, scope, held))
    held.turn = refreshed.catch(() => undefined) // told to whoever asked; the next one tries again
    await refreshed
    return { seq: held.seq, entries: held.entries }
  }
}

async function refresh(changes: ChangeStore, scope: string, held: Held): Promise<void> {
  for (let more = true; more; ) {
    const page = await changes.changesSince(scope, held.seq, { limit: PAGE })
    for (const { record } of page.changes) held.entries.set(record.id, entryOf(record))
    held.seq = page.upTo
    more = page.more
  }
}

function entryOf(record: CausalRecord): IndexEntry {
  const stamps = new Map<string, Stamp>()
  let decided = false
  for (const { readClass, edit } of liveValues(record)) {
    const latest = stamps.get(readClass)
    if (latest === undefined || edit.stamp > latest) stamps.set(readClass, edit.stamp)
    if (edit.decided) decided = true
  }
  const { id, table, base } = record
  return { id, table, base, stamps, pending: conflictsOf(record).length > 0, decided }
}
