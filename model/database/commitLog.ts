/**
 * The change log of a store whose storage has none: which record was last changed at which place, by scope. Kept in memory, some
 * hundred bytes a record; the storage is then asked for records by their ids, which is what it does fastest.
 */
import type { RecordDocument } from './recordSchema.ts'

export interface LogEntry {
  readonly id: string
  readonly scope: string
  readonly seq: number
  readonly table: string
  /** Epoch of the peer whose state this is, unaltered; empty for an edit or a merge made here. */
  readonly from: string
}

export interface CommitLog {
  /** The record was committed so. In the order of `seq`. */
  note(document: RecordDocument): void
  /** The record is no longer in the storage. */
  drop(id: string): void
  scopes(): readonly string[]
  /** The place of the latest change of the scope; 0 if there is none. */
  head(scope: string): number
  /** Changes behind a place in the order of the log, each record at its latest. */
  since(scope: string, seq: number): Generator<LogEntry>
}

/** A log is cleared of what later changes have replaced when it is longer than this, and half of it is that. */
const MIN_LENGTH = 64

export function createCommitLog(): CommitLog {
  const latest = new Map<string, LogEntry>()
  const logs = new Map<string, { entries: LogEntry[]; live: number }>()

  function isLive(entry: LogEntry): boolean {
    return latest.get(entry.id) === entry
  }

  /** What was the latest change of the record is to be so no longer. */
  function pass(id: string): void {
    const before = latest.get(id)
    const log = before && logs.get(before.scope)
    if (log) log.live--
  }

  return {
    note({ id, scope, table, from, seq = 0 }) {
      pass(id)
      const entry = { id, scope, seq, table, from }
      const log = logs.get(scope) ?? { entries: [], live: 0 }
      if (log.entries.length >= MIN_LENGTH && log.entries.length > 2 * log.live) {
        log.entries = log.entries.filter(isLive)
      }
      log.entries.push(entry)
      log.live++
      latest.set(id, entry)
      logs.set(scope, log)
    },
    drop(id) {
      pass(id)
      latest.delete(id)
    },
    scopes: () => [...logs].flatMap(([scope, { live }]) => (live > 0 ? [scope] : [])),
    head: (scope) => logs.get(scope)?.entries.findLast(isLive)?.seq ?? 0,
    *since(scope, seq) {
      const entries = logs.get(scope)?.entries ?? []
      for (let i = firstBehind(entries, seq); i < entries.length; i++) {
        const entry = entries[i]
        if (entry && isLive(entry)) yield entry
      }
    },
  }
}

/** Where the entries behind a place begin: they stand in the order of `seq`. */
function firstBehind(entries: readonly LogEntry[], seq: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.seq ?? 0) > seq) high = middle
    else low = middle + 1
  }
  return low
}
