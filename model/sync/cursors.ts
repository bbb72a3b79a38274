import { z } from 'zod'
import type { StateStore } from './changeStore.ts'

const position = z.number().int().min(0)

/**
 * Where two replicas stand with each other, by scope. Both sides' epochs are part of the key: a cursor from before a
 * restore, of either side, does not exist any more, and the scope is sent again.
 */
export interface Cursors {
  /** Up to where I hold the peer's log. */
  readonly received: Cursor
  /** Up to where the peer has acknowledged my log. */
  readonly sent: Cursor
}

export interface Cursor {
  get(scope: string): number
  set(scope: string, seq: number): Promise<void>
  all(): ReadonlyMap<string, number>
}

export async function openCursors(state: StateStore, ownEpoch: string, peerEpoch: string): Promise<Cursors> {
  const [received, sent] = await Promise.all(
    ['received', 'sent'].map((direction) => openCursor(state, `cursor/${ownEpoch}/${peerEpoch}/${direction}/`)),
  )
  if (!received || !sent) throw new Error('two cursors were opened')
  return { received, sent }
}

async function openCursor(state: StateStore, prefix: string): Promise<Cursor> {
  const positions = new Map<string, number>()
  for (const [key, value] of await state.list(prefix)) positions.set(key.slice(prefix.length), position.parse(value))
  return {
    get: (scope) => positions.get(scope) ?? 0,
    async set(scope, seq) {
      if (positions.get(scope) === seq) return
      positions.set(scope, seq)
      await state.set(prefix + scope, seq)
    },
    all: () => positions,
  }
}
