import type { StoredRecord } from '../merge/codec.ts'
import type { CausalRecord } from '../merge/record.ts'
import type { Edit } from '../merge/unit.ts'
import type { Vector } from '../merge/vector.ts'
import type { Result } from '../result.ts'

/**
 * One record to be committed. One with nothing in it (`emptied`) is taken out: nobody is given it any more, and the change log
 * tells of it. Installs and tablets take records out; the cloud never does.
 */
export interface Write {
  readonly record: CausalRecord
  /** The same as it is stored, if somebody has that already: else it is encoded. */
  readonly stored?: StoredRecord
  /** The epoch of the peer whose state this is, unaltered; it is then not sent back there. Absent for an edit or a merge. */
  readonly from?: string
}

/** What a change function decides: records to write, and whatever the caller wants to know. */
export type ChangeFunction = (current: ReadonlyMap<string, CausalRecord>) => readonly Write[]

/** Records, read and changed. The window of the app has this much; a replica that syncs is a `ChangeStore`. */
export interface RecordStore {
  records(ids: readonly string[]): Promise<ReadonlyMap<string, CausalRecord>>
  /** Records of a scope in order of id. `after` is the last id of the page before. */
  inScope(scope: string, page?: ScopePage): Promise<readonly CausalRecord[]>
  /**
   * Reads the records, hands them to `change`, and commits what it returns, on disk when the promise resolves. `change`
   * may run again, with only those records that somebody else changed meanwhile, until all its writes are in; it must
   * be pure.
   */
  update(ids: readonly string[], change: ChangeFunction): Promise<void>
  /** Calls back after each commit with the scope that changed, whoever changed it. Returns the unsubscribe function. */
  subscribe(listener: (scope: string) => void): () => void
}

export interface ScopePage {
  readonly table?: string
  readonly after?: string
  readonly limit?: number
}

export interface Change {
  readonly seq: number
  readonly record: CausalRecord
  /** The same as it is stored: whoever is given all of it needs nothing decoded. Without units if it was taken out. */
  readonly stored: StoredRecord
  /** The epoch of the peer whose state this is, unaltered. */
  readonly from?: string
}

/** A change whose record is read and decoded when somebody asks for it: what came from the one peer that there is, nobody does. */
export function lazyChange(
  seq: number,
  from: string,
  read: () => StoredRecord,
  decode: (stored: StoredRecord) => CausalRecord,
): Change {
  let stored: StoredRecord | undefined
  let record: CausalRecord | undefined
  return {
    seq,
    get stored() {
      stored ??= read()
      return stored
    },
    get record() {
      record ??= decode(this.stored)
      return record
    },
    ...(from !== '' && { from }),
  }
}

export interface ChangePage {
  /** The current state of each record that changed, in order of `seq`; a record appears once, at its latest change. */
  readonly changes: readonly Change[]
  /** The place up to which the log was read, also what was left out: continue from here. */
  readonly upTo: number
  readonly more: boolean
}

export interface ChangeQuery {
  readonly limit: number
  /** Leaves out what came from this peer unaltered. */
  readonly except?: string
  /** Changes of these tables alone; `upTo` then holds for them alone. */
  readonly tables?: TableFilter
}

export type TableFilter = { readonly only: readonly string[] } | { readonly not: readonly string[] }

/** A replica: records with a change log per scope in commit order. */
export interface ChangeStore extends RecordStore {
  /** Identifies this incarnation of the store; changes when the log may have been rewound. */
  readonly epoch: string
  /** Scopes that hold a record. */
  scopes(): Promise<readonly string[]>
  /** The `seq` of the latest change of the scope; 0 for a scope without any. */
  head(scope: string): Promise<number>
  /** The same of many scopes at once; those without any change are left out. */
  heads(scopes: readonly string[]): Promise<ReadonlyMap<string, number>>
  changesSince(scope: string, seq: number, query: ChangeQuery): Promise<ChangePage>
  countSince(scope: string, seq: number, except?: string): Promise<number>
}

/** What a replica was, before. Kept by servers; a browser keeps none. */
export interface History {
  /** The vectors of a record when it had this version, or at this time (ms since 1970 UTC); `undefined` if unknown. */
  vectorsAt(
    recordId: string,
    moment: { readonly version: number } | { readonly ms: number },
  ): Promise<ReadonlyMap<string, Vector> | undefined>
  /** Values that were replaced, oldest first. */
  superseded(recordId: string): Promise<readonly Superseded[]>
  /** Keeps values that somebody sent and that lost at once, so that nothing anyone typed disappears. */
  keep(recordId: string, values: readonly Superseded[]): Promise<void>
  /** The records that this replica held of the scope at a moment (ms since 1970 UTC), in order of id. */
  weddingAt(scope: string, ms: number): Promise<Result<readonly CausalRecord[], BeforeHistory>>
  /** Forgets what is older than it has to be kept, a little at a time. */
  forget(retention: Retention, nowMs: number): Promise<void>
}

/** The moment lies before everything that this replica knows of the scope: it came later, or what was before is forgotten. */
export interface BeforeHistory {
  readonly kind: 'before-history'
  /** The earliest moment that can be answered for, ms since 1970 UTC. */
  readonly sinceMs: number
}

/** How many days things are kept that are only looked at in hindsight. */
export interface Retention {
  /** Replaced values and earlier versions: how far back `weddingAt` reaches. */
  readonly historyDays: number
  /** Facts of the `StateStore` that nothing has written again, by the prefix of their keys. */
  readonly stateDays: Readonly<Record<string, number>>
}

export interface Superseded {
  readonly readClass: string
  readonly register: string
  readonly actor: string
  readonly counter: number
  readonly stamp: string
  readonly value: unknown
  /** With `ask` and `operation`, the rest of the edit that wrote it; absent for a value that lost at once. */
  readonly tag?: string
  readonly ask?: true
  readonly operation?: string
  /** The conflict that the edit decided, if it was a decision. */
  readonly decided?: NonNullable<Edit['decided']>
  /** The dot that replaced it; absent for a value that lost at once (REST strategy `server_wins`). */
  readonly replacedBy?: { readonly actor: string; readonly counter: number; readonly stamp: string }
}

/** Small durable facts: cursors, quarantine. Values are JSON. */
export interface StateStore {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<void>
  /** All entries whose key begins with the prefix. */
  list(prefix: string): Promise<ReadonlyMap<string, unknown>>
}
