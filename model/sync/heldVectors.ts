/**
 * What a peer has seen of a record, without a memory for each peer. The vectors of recent states are kept once for the
 * whole store, each with the `seq` that it was committed under; a peer that was sent every state up to some `seq` has seen
 * at least the newest one up to there. What is not known any more is sent whole, and should a peer hold less than it says,
 * it asks (`ack.needs`).
 */
import type { StoredRecord } from '../merge/codec.ts'
import type { Vectors } from '../merge/delta.ts'
import { type ActorId, EMPTY_VECTOR, joinVectors, type Vector } from '../merge/vector.ts'
import type { ChangeStore } from './changeStore.ts'

/** About 10 MB with a few actors each. The records that changed longest ago are dropped first. */
const MAX_RECORDS = 50_000
/** States of one record: peers that follow live stand at one of the last. */
const MAX_STATES = 4
/** Scopes of peers whose place is remembered for when they call again. */
const MAX_PLACES = 10_000

interface State {
  readonly seq: number
  /** Vectors as JSON: a tenth of the memory of maps. */
  readonly vectors: string
}

export interface HeldVectors {
  /** The record was stored so at this place of the log. */
  note(seq: number, stored: StoredRecord): void
  /** What a peer has seen at least that was sent all states up to there (`Remainder.complete`); `undefined` if not known. */
  of(id: string, complete: number): Vectors | undefined
  /** The peer was sent all states of the scope up to there. */
  noteComplete(peerEpoch: string, scope: string, complete: number): void
  /** Up to where the peer was sent all states of the scope, as far as that is remembered; else 0. */
  completeOf(peerEpoch: string, scope: string): number
}

export function createHeldVectors(maxRecords = MAX_RECORDS): HeldVectors {
  const states = new Map<string, readonly State[]>()
  const places = new Map<string, number>()
  return {
    note(seq, stored) {
      const { id } = stored
      const known = states.get(id) ?? []
      if (known.some((state) => state.seq >= seq)) return
      states.delete(id)
      states.set(id, [...known.slice(1 - MAX_STATES), { seq, vectors: encode(stored) }])
      if (states.size <= maxRecords) return
      for (const oldest of states.keys()) {
        states.delete(oldest)
        break
      }
    },
    noteComplete(peerEpoch, scope, complete) {
      const key = `${peerEpoch} ${scope}`
      places.delete(key)
      places.set(key, complete)
      const [oldest] = places.keys()
      if (places.size > MAX_PLACES && oldest !== undefined) places.delete(oldest)
    },
    completeOf: (peerEpoch, scope) => places.get(`${peerEpoch} ${scope}`) ?? 0,
    of(id, complete) {
      const state = states.get(id)?.findLast(({ seq }) => seq <= complete)
      return state && decode(state.vectors)
    },
  }
}

export function vectorsOf({ units }: { readonly units: ReadonlyMap<string, { readonly vector: Vector }> }): Vectors {
  return new Map([...units].map(([readClass, { vector }]) => [readClass, vector]))
}

/** The least that somebody has seen who has seen both. */
export function joinHeld(a: Vectors | undefined, b: Vectors | undefined): Vectors | undefined {
  if (!a || !b) return a ?? b
  const joined = new Map<string, Vector>(a)
  for (const [readClass, vector] of b) joined.set(readClass, joinVectors(a.get(readClass) ?? EMPTY_VECTOR, vector))
  return joined
}

/** Where a count is 0, the actor is one of another unit. */
function encode({ actors, units }: StoredRecord): string {
  const vectors = Object.entries(units).map(([readClass, { v }]) => [
    readClass,
    actors.map((actor, i) => [actor, v[i] ?? 0]).filter(([, count]) => count !== 0),
  ])
  return JSON.stringify(vectors)
}

function decode(text: string): Vectors {
  const units: [string, [ActorId, number][]][] = JSON.parse(text)
  return new Map(units.map(([readClass, vector]) => [readClass, new Map(vector)]))
}

const shared = new WeakMap<ChangeStore, HeldVectors>()

/** The memory of a store that all its sessions share. */
export function heldVectorsOf(changes: ChangeStore): HeldVectors {
  const known = shared.get(changes) ?? createHeldVectors()
  shared.set(changes, known)
  return known
}
