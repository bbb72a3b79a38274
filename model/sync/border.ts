/**
 * What a record goes through on its way to a peer that may not see it as it is, and on its way back: the cloud, which
 * merges sealed values without being able to read them. Given per connection (`SessionOptions.border`,
 * `ReplicaSync.connect(…, { border })`); the side without a key has none.
 *
 *     store ── restrict to what the peer may read ── outgoing ── delta, encode ──▶ wire
 *     store ◀── authority, join ── incoming ── decode, fill in the delta ◀────────── wire
 *
 * A border may give registers, tags and values another form. It must leave ids, scope, table, dots, stamps and vectors as
 * they are, and names and tags must be deterministic: two devices make the same of one record, or the digests towards the
 * peer differ, which are taken over records as `outline` makes them. It treats every register for itself and keeps their
 * order, so a part of a record goes through as it would in the whole, and what a delta carries goes through alone. Units
 * that it has no key for it leaves out, as if the peer might not read them.
 */
import type { CausalRecord } from '../merge/record.ts'
import type { Result } from '../result.ts'

/** Why a record cannot be taken through the border, in words for a person. It is quarantined, and the others go on. */
export interface BorderRefusal {
  readonly reason: string
}

export interface Border {
  outgoing(record: CausalRecord): Promise<CausalRecord>
  /** As `outgoing`, save that values are left as they are: enough for digests, and cheap. */
  outline(record: CausalRecord): CausalRecord
  incoming(record: CausalRecord): Promise<Result<CausalRecord, BorderRefusal>>
}
