/** The receiving half of a session: joins a batch into the store and says what became of it. */
import { z } from 'zod'
import { decodeRecord } from '../merge/codec.ts'
import { type CausalRecord, joinRecords, restrictRecord, sameRecord } from '../merge/record.ts'
import { isFieldName, parseRegister } from '../merge/registers.ts'
import type { Changes } from '../wire/index.ts'
import type { ChangeStore, StateStore, Write } from './changeStore.ts'
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
  const unreadable = new Map<string, { reason: string; raw: unknown }>()
  let refused = new Map<string, { reason: string; raw: unknown }>()
  const incoming = new Map<string, CausalRecord>()
  const raws = new Map<string, unknown>()
  for (const raw of message.records) {
    const decoded = decodeIncoming(raw, scope)
    if (typeof decoded === 'string') unreadable.set(idOf(raw), { reason: decoded, raw })
    else {
      incoming.set(decoded.id, decoded)
      raws.set(decoded.id, raw)
    }
  }
  if (incoming.size > 0) {
    await changes.update([...incoming.keys()], (current) => {
      const writes: Write[] = []
      refused = new Map()
      for (const [id, theirs] of incoming) {
        const mine = current.get(id)
        const reason = rules.refusal(theirs, mine)
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
  const all = new Map([...unreadable, ...refused])
  for (const [id, { reason, raw }] of all) {
    await state.set(`${QUARANTINE}${scope}/${id}`, { id, scope, reason, peer: peerEpoch, raw })
  }
  return [...all].map(([id, { reason }]) => ({ id, reason: reason.slice(0, MAX_REASON_CHARS) }))
}

/** @returns the record, or why it is none */
function decodeIncoming(raw: unknown, scope: string): CausalRecord | string {
  const decoded = decodeRecord(raw)
  if (!decoded.ok) return decoded.error.reason
  const record = decoded.value
  if (record.scope !== scope) return 'the record belongs to another wedding'
  for (const unit of record.units.values()) {
    for (const register of unit.registers.keys()) {
      const { field } = parseRegister(register)
      if (!field.startsWith('$') && !isFieldName(field)) return `a field cannot be named ${field.slice(0, 64)}`
    }
  }
  return record
}

/** The id of a record that has not been checked. */
export function idOf(raw: unknown): string {
  const parsed = z.object({ id: z.string().max(100) }).safeParse(raw)
  return parsed.success ? parsed.data.id : 'unknown'
}
