/** What waits for a person: one entry for each field in conflict, or one for all that one action is in conflict with. */
import type { Conflict, ConflictType, Severity } from '../merge/conflicts.ts'
import type { CausalRecord } from '../merge/record.ts'
import type { Edit } from '../merge/unit.ts'
import type { ActorId } from '../merge/vector.ts'
import type { Superseded } from '../sync/changeStore.ts'
import type { Automatic } from './automatic.ts'

/** Who stands behind an actor, as far as it is known. */
export interface Person {
  readonly userId?: string | undefined
  readonly name?: string | undefined
  readonly deviceId?: string | undefined
  readonly deviceName?: string | undefined
}

/** Actor → person. */
export type People = ReadonlyMap<ActorId, Person>

/** What is known besides the records; the more of it, the more an entry can tell. None of it changes what waits. */
export interface QueueContext {
  readonly people?: People
  /** Record id → the values that were replaced in it. */
  readonly history?: ReadonlyMap<string, readonly Superseded[]>
  /** IANA zone in which times are told; if absent that of the wedding record, if it is among the records, else UTC. */
  readonly timeZone?: string
}

/** Who wrote a value, on which device, and when. */
export interface Writer extends Person {
  readonly actor: ActorId
  /** ISO-8601, UTC. */
  readonly at: string
}

export interface EntryValue {
  readonly value: unknown
  readonly edit: Edit
  /** For a value that was brought back when a decision was undone, whoever wrote it first, if that is known. */
  readonly writer: Writer
}

/** One field of one record with its values. */
export interface Part {
  readonly conflict: Conflict
  readonly record: CausalRecord
  /** `$deleted` if it is about whether the record exists. */
  readonly field: string
  /** What people call the record. */
  readonly title: string | undefined
  /** The visible value first. */
  readonly values: readonly EntryValue[]
  /** The value that both sides had before their eyes, if it is known. */
  readonly base?: { readonly value: unknown }
  /** What `use_server` keeps: the visible value, or the one that did not come with a wish for a person. */
  readonly server: EntryValue
  /** What `use_client` keeps; absent where there are more than two values and no operation to tell the sides apart. */
  readonly client?: EntryValue
}

/** One action of one person, such as "push everything from dinner by 15 minutes". */
export interface Operation {
  /** Unknown after its decision was undone on a replica that never saw the action itself. */
  readonly id: string | undefined
  readonly writer: Writer
  /** How many records it changed, those in conflict and others, as far as they were among the records. */
  readonly records: number
  /** By how many minutes it moved times, at most: slack takes up a part. Negative if it pulled them forward. */
  readonly shift?: { readonly minutes: number; readonly isSame: boolean }
  /** Which side of the entry is the operation's. */
  readonly side: 'server' | 'client'
}

export interface QueueEntry {
  /** The same on every replica: a UUIDv5 of record, class and field, or of scope and operation. */
  readonly conflictId: string
  readonly type: ConflictType
  readonly scope: string
  /** That of the first part. */
  readonly table: string
  readonly severity: Severity
  /** At least one, the earliest in the day first. Those of an operation are decided as a whole. */
  readonly parts: readonly [Part, ...Part[]]
  readonly operation?: Operation
  /** Whether `merge_automatic` can settle it, and how. */
  readonly automatic: Automatic
  /** What happened, in a sentence that a person understands. */
  readonly sentence: string
}
