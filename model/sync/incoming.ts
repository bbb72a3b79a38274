/** What can be said of a record that a peer sends before looking at one's own: its shape, its size, its names. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { decodeRecord, MAX_RECORD_BYTES } from '../merge/codec.ts'
import { type CausalRecord, joinRecords } from '../merge/record.ts'
import { isFieldName, parseRegister } from '../merge/registers.ts'

export interface Unreadable {
  /** The record's id if it has one that no readable record of the message has, else one made from its content. */
  readonly id: string
  readonly reason: string
  readonly raw: unknown
}

export interface Incoming {
  readonly records: ReadonlyMap<string, CausalRecord>
  readonly raws: ReadonlyMap<string, unknown>
  readonly unreadable: readonly Unreadable[]
}

/** Reads the records of one message. One that comes twice is joined with itself, as two messages would be. */
export function readIncoming(raw: readonly unknown[], scope: string): Incoming {
  const records = new Map<string, CausalRecord>()
  const raws = new Map<string, unknown>()
  const faulty: { raw: unknown; reason: string }[] = []
  for (const one of raw) {
    const record = readRecord(one, scope)
    if (typeof record === 'string') {
      faulty.push({ raw: one, reason: record })
      continue
    }
    const earlier = records.get(record.id)
    const joined = earlier && joinRecords(earlier, record)
    if (joined && !joined.ok)
      faulty.push({ raw: one, reason: 'the record comes twice in one message, with two contents' })
    else {
      records.set(record.id, joined ? joined.value : record)
      raws.set(record.id, one)
    }
  }
  const unreadable = faulty.map(({ raw: one, reason }) => {
    const id = z.object({ id: z.string().max(100) }).safeParse(one).data?.id
    return { id: id !== undefined && !records.has(id) ? id : contentId(one), reason, raw: one }
  })
  return { records, raws, unreadable }
}

/** @returns the record, or why it is none */
function readRecord(raw: unknown, scope: string): CausalRecord | string {
  const decoded = decodeRecord(raw)
  if (!decoded.ok) return decoded.error.reason
  // Only now: what could be decoded is not nested deeper than writing it down can bear.
  if (JSON.stringify(raw).length > MAX_RECORD_BYTES) return 'the record is larger than a megabyte'
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

function contentId(raw: unknown): string {
  let text: string
  try {
    text = JSON.stringify(raw) ?? 'nothing'
  } catch {
    text = 'too deep to be written down' // a RangeError
  }
  return `unreadable-${bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16)}`
}
