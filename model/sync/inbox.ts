/** The receiving half of a session: joins a batch into the store and says what became of it. */
import { z } from 'zod'
import { type CausalRecord, joinRecords, restrictRecord, sameRecord } from '../merge/record.ts'
import type { Changes } from '../wire/index.ts'
import type { ChangeStore, StateStore, Write } from './changeStore.ts'
import { readIncoming } from './incoming.ts'
import type { PeerRules } from './rules.ts'

export interface Refused {
  readonly id: string
  readonly reason: string
}

export interface InboxOptions {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly rules: PeerRules
  readonly peerEpoch: string
}

const MAX_REASON_CHARS = 500
/** Of one wedding. */
const MAX_QUARANTINED = 1_000
const MAX_LEAP = 1_000_000

/** A record set aside: shown to people, never deleted by the system, never in the way of others. */
export const quarantineEntry = z.object({
  id: z.string(),
  scope: z.string(),
  reason: z.string(),
  peer: z.string(),
  raw: z.unknown(),
})

export const QUARANTINE = 'quarantine/'

/**
 * Joins the records of one message and commits. A record that cannot be taken is quarantined with its reason; the others
 * go in. Idempotent: the same message twice changes nothing the second time.
 * @returns what was refused
 */
export async function receiveChanges(
  message: Changes,
  { changes, state, rules, peerEpoch }: InboxOptions,
): Promise<readonly Refused[]> {
  const { scope } = message
  if (!(await rules.mayEnter(scope))) {
    return message.records.map((raw) => ({ id: idOf(raw), reason: 'this device has no part in that wedding' }))
  }
  const { records: incoming, raws, unreadable } = readIncoming(message.records, scope)
  let refused = new Map<string, { reason: string; raw: unknown }>()
  if (incoming.size > 0) {
    await changes.update([...incoming.keys()], (current) => {
      const writes: Write[] = []
      refused = new Map()
      for (const [id, theirs] of incoming) {
        const mine = current.get(id)
        const reason = leap(theirs, mine) ?? rules.refusal(theirs, mine)
        if (reason !== undefined) {
          refused.set(id, { reason, raw: raws.get(id) })
          continue
        }
        const joined = mine ? joinRecords(mine, theirs) : { ok: true as const, value: theirs }
        if (!joined.ok) {
          const { error } = joined
          const why =
            error.kind === 'dot-clash' ? `one edit with two contents in ${error.register}` : `another ${error.field}`
          refused.set(id, { reason: `the record cannot be joined: ${why}`, raw: raws.get(id) })
        } else if (joined.value !== mine) {
          // What the peer may not read of the record is nothing that it would need to be sent.
          const shared = restrictRecord(joined.value, (readClass) => rules.mayRead(theirs.table, readClass))
          const unaltered = shared !== undefined && sameRecord(shared, theirs)
          writes.push(unaltered ? { record: joined.value, from: peerEpoch } : { record: joined.value })
        }
      }
      return writes
    })
  }
  for (const { id, ...entry } of unreadable) refused.set(id, entry)
  await quarantine(state, scope, peerEpoch, refused)
  return [...refused].map(([id, { reason }]) => ({ id, reason: reason.slice(0, MAX_REASON_CHARS) }))
}

/** Counters so far ahead of what is known are no edits of people; taken in, they would leave no room for real ones. */
function leap(theirs: CausalRecord, mine: CausalRecord | undefined): string | undefined {
  for (const [readClass, unit] of theirs.units) {
    const known = mine?.units.get(readClass)?.vector
    for (const [actor, counter] of unit.vector) {
      if (counter - (known?.get(actor) ?? 0) > MAX_LEAP) return 'the record counts more edits than anybody makes'
    }
  }
  return undefined
}

async function quarantine(
  state: StateStore,
  scope: string,
  peer: string,
  refused: ReadonlyMap<string, { reason: string; raw: unknown }>,
): Promise<void> {
  if (refused.size === 0) return
  const kept = new Set((await state.list(`${QUARANTINE}${scope}/`)).keys())
  for (const [id, { reason, raw }] of refused) {
    const key = `${QUARANTINE}${scope}/${id}`
    // A peer that invents records must not fill the disk; it is told about each of them all the same.
    if (kept.size >= MAX_QUARANTINED && !kept.has(key)) continue
    kept.add(key)
    await state.set(key, { id, scope, reason, peer, raw })
  }
}

/** The id of a record that has not been checked. */
export function idOf(raw: unknown): string {
  const parsed = z.object({ id: z.string().max(100) }).safeParse(raw)
  return parsed.success ? parsed.data.id : 'unknown'
}
