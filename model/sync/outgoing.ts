/** The form in which a record leaves for one peer: what it may read, through the border, and of that what it lacks. */
import { encodeRecord, type StoredRecord } from '../merge/codec.ts'
import { deltaSince, encodeDelta, type Vectors } from '../merge/delta.ts'
import { type CausalRecord, restrictRecord } from '../merge/record.ts'
import { type Border, deltaOut } from './border.ts'
import type { Change } from './changeStore.ts'
import type { PeerRules, View } from './rules.ts'

export interface Encoded {
  readonly id: string
  /** The record, or what the peer lacks of it, as JSON. */
  readonly text: string
}

/** A record to be sent; if it was found in the log, also its place there and how it is stored. */
export type Outgoing = Pick<Change, 'record'> & Partial<Pick<Change, 'seq' | 'stored'>>

/**
 * @param held what the peer has seen of the record; absent: the record goes whole
 * @returns `undefined` if there is nothing in the record for this peer
 */
export async function encodeFor(
  outgoing: Outgoing,
  held: Vectors | undefined,
  rules: PeerRules,
  border: Border | undefined,
): Promise<Encoded | undefined> {
  const { stored } = outgoing
  if (stored && !held && !border && isWhole(stored, rules.view)) return asStored(stored)
  const { record } = outgoing
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

/** Whether somebody sees all of the record, and there is something in it. */
function isWhole({ table, units }: StoredRecord, view: View): boolean {
  const readClasses = Object.keys(units)
  return readClasses.length > 0 && readClasses.every((readClass) => view.mayRead(table, readClass))
}

function asStored(stored: StoredRecord): Encoded {
  const known = asTheyAre.get(stored) ?? written(stored.id, stored)
  asTheyAre.set(stored, known)
  return known
}

const asTheyAre = new WeakMap<StoredRecord, Encoded>()
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
