/**
 * What a record goes through on its way to a peer that may not see it as it is, and on its way back: the cloud, which
 * merges sealed values without being able to read them. Given per connection (`SessionOptions.border`,
 * `ReplicaSync.connect(…, { border })`); the side without a key has none.
 *
 *     store ── restrict to what the peer may read ── outgoing ── delta, encode ──▶ wire
 *     store ◀── authority, join ── incoming ── decode, fill in the delta ◀────────── wire
 *
 * A border may give registers, tags and values another form. It must leave ids, scope, table, classes, dots, stamps and
 * vectors as they are, and it must be deterministic: two devices make the same of one record, or the digests towards the
 * peer differ, which are taken over records as `outgoing` makes them. Then base vectors are the same on both sides of the
 * border, and deltas need not know of it.
 */
import type { CausalRecord } from '../merge/record.ts'
import type { Result } from '../result.ts'

/** Why a record cannot be taken through the border, in words for a person. It is quarantined, and the others go on. */
export interface BorderRefusal {
  readonly reason: string
}

export interface Border {
  /** Throws only if something is broken here (no key where there must be one): the session ends and is tried again. */
  outgoing(record: CausalRecord): Promise<CausalRecord>
  incoming(record: CausalRecord): Promise<Result<CausalRecord, BorderRefusal>>
}
