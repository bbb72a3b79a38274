/** The form in which a record leaves for one peer: what it may read, through the border, and of that what it lacks. */
import { encodeRecord } from '../merge/codec.ts'
import { deltaSince, encodeDelta, type Vectors } from '../merge/delta.ts'
import { type CausalRecord, restrictRecord } from '../merge/record.ts'
import { type Border, deltaOut } from './border.ts'
import type { PeerRules } from './rules.ts'

export interface Encoded {
  readonly id: string
  /** The record, or what the peer lacks of it, as JSON. */
  readonly text: string
}

/**
 * @param held what the peer has seen of the record; absent: the record goes whole
 * @returns `undefined` if there is nothing in the record for this peer
 */
export async function encodeFor(
  record: CausalRecord,
  held: Vectors | undefined,
  rules: PeerRules,
  border: Border | undefined,
): Promise<Encoded | undefined> {
  const readable = restrictRecord(record, (readClass) => rules.mayRead(record, readClass))
  if (!readable) return undefined
  if (border) return throughBorder(readable, held, border)
  // A page of the log is shared by all sessions of a hub, so what was made for one peer is there for the next like it.
  const known = shared.get(record) ?? new Map<string, Encoded | undefined>()
  shared.set(record, known)
  const key = JSON.stringify([[...readable.units.keys()], held && [...held].map(([name, seen]) => [name, [...seen]])])
  if (!known.has(key)) {
    const delta = held && deltaSince(readable, held)
    known.set(key, held ? delta && written(record.id, encodeDelta(delta)) : written(record.id, encodeRecord(readable)))
  }
  return known.get(key)
}

const shared = new WeakMap<CausalRecord, Map<string, Encoded | undefined>>()

async function throughBorder(
  readable: CausalRecord,
  held: Vectors | undefined,
  border: Border,
): Promise<Encoded | undefined> {
  if (!held) {
    const whole = await border.outgoing(readable)
    return whole.units.size > 0 ? written(readable.id, encodeRecord(whole)) : undefined
  }
  // Made before the border, which is dear: often the peer lacks nothing, since it is its own edit coming back.
  const delta = deltaSince(readable, held)
  const through = delta && (await deltaOut(border, delta))
  return through && written(readable.id, encodeDelta(through))
}

function written(id: string, form: unknown): Encoded {
  return { id, text: JSON.stringify(form) }
}
