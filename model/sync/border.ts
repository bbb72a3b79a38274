/**
 * What a record goes through on its way to a peer that may not see it as it is, and on its way back: the cloud, which
 * merges sealed values without being able to read them. Given per connection (`SessionOptions.border`,
 * `ReplicaSync.connect(…, { border })`); the side without a key has none.
 *
 *     store ── restrict to what the peer may read ── delta ── outgoing ── encode ──▶ wire
 *     store ◀── authority, join ── fill in the delta ── incoming ── decode ◀──────── wire
 *
 * A border may give registers, tags and values another form. It must leave ids, scope, table, dots, stamps and vectors as
 * they are, and names and tags must be deterministic: two devices make the same of one record, or the digests towards the
 * peer differ, which are taken over records as `outline` makes them. It treats every register for itself and keeps their
 * order, so a part of a record goes through as it would in the whole, and what a delta carries goes through alone. Units
 * that it has no key for it leaves out, as if the peer might not read them.
 */
import type { Delta, UnitDelta } from '../merge/delta.ts'
import type { CausalRecord } from '../merge/record.ts'
import { ok, type Result } from '../result.ts'

/** Why a record cannot be taken through the border, in words for a person. It is quarantined, and the others go on. */
export interface BorderRefusal {
  readonly reason: string
}

export interface Border {
  /** Of another edition it may let in what it has refused: it holds other keys. The same again in a later run. */
  readonly edition: string
  outgoing(record: CausalRecord): Promise<CausalRecord>
  /** As `outgoing`, save that values are left as they are: enough for digests, and cheap. */
  outline(record: CausalRecord): CausalRecord
  incoming(record: CausalRecord): Promise<Result<CausalRecord, BorderRefusal>>
}

/** @returns the delta as the peer may see it; `undefined` if nothing of it may leave */
export async function deltaOut(border: Border, delta: Delta): Promise<Delta | undefined> {
  const outside = withChanged(delta, await border.outgoing(changedPart(delta)))
  return outside.units.size > 0 ? outside : undefined
}

export async function deltaIn(border: Border, delta: Delta): Promise<Result<Delta, BorderRefusal>> {
  const inside = await border.incoming(changedPart(delta))
  return inside.ok ? ok(withChanged(delta, inside.value)) : inside
}

/** What a delta carries, as if it were all of the record. */
function changedPart(delta: Delta): CausalRecord {
  const units = [...delta.units].map(
    ([readClass, { vector, changed }]) => [readClass, { vector, registers: changed }] as const,
  )
  return { ...delta, units: new Map(units) }
}

/** The delta with other registers, which stand in the same order and may have other names. */
function withChanged(delta: Delta, { units }: CausalRecord): Delta {
  const renamed = new Map<string, UnitDelta>()
  for (const [readClass, { registers }] of units) {
    const unit = delta.units.get(readClass)
    if (!unit) continue
    const before = [...unit.changed.keys()]
    const kept = [...registers.keys()].flatMap((name, i) => {
      const dots = unit.kept.get(before[i] ?? '')
      return dots ? [[name, dots] as const] : []
    })
    renamed.set(readClass, { ...unit, changed: registers, kept: new Map(kept) })
  }
  return { ...delta, units: renamed }
}
