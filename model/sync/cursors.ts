import { z } from 'zod'
import type { StateStore } from './changeStore.ts'

const position = z.number().int().min(0)

/**
 * Where two replicas stand with each other, by scope. Both sides' epochs are part of the key: a cursor from before a
 * restore, of either side, does not exist any more, and the scope is sent again.
 *
 * They are saved now and then, not at every step: a cursor that lags behind after a crash costs sending a little again,
 * and a write to the disk for each batch and peer would cost more. A cursor is never ahead of what was committed.
 */
export interface Cursors {
  /** Up to where I hold the peer's log. */
  readonly received: Cursor
  /** Up to where the peer has acknowledged my log. */
  readonly sent: Cursor
  /** Saves what has moved since the last time. */
  save(): Promise<void>
}

export interface Cursor {
  get(scope: string): number
  set(scope: string, seq: number): void
  all(): ReadonlyMap<string, number>
}

export interface CursorOptions {
  /**
   * Whether what was sent is saved too. Who calls a peer tells people of it while that is away; who is called is told
   * anew each time, and a hub would write to its disk for each of its devices after every edit.
   */
  readonly keepsSent?: boolean
  /** Called when there is something to save. */
  readonly onMove?: () => void
}

export async function openCursors(
  state: StateStore,
  ownEpoch: string,
  peerEpoch: string,
  { keepsSent = true, onMove }: CursorOptions = {},
): Promise<Cursors> {
  const moved = new Map<string, number>()

  async function open(direction: string, isKept: boolean): Promise<Cursor> {
    const prefix = `cursor/${ownEpoch}/${peerEpoch}/${direction}/`
    const positions = new Map<string, number>()
    for (const [key, value] of await state.list(prefix)) positions.set(key.slice(prefix.length), position.parse(value))
    return {
      get: (scope) => positions.get(scope) ?? 0,
      set(scope, seq) {
        if ((positions.get(scope) ?? 0) === seq) return
        positions.set(scope, seq)
        if (!isKept) return
        moved.set(prefix + scope, seq)
        onMove?.()
      },
      all: () => positions,
    }
  }

  const [received, sent] = [await open('received', true), await open('sent', keepsSent)]
  return {
    received,
    sent,
    async save() {
      const entries = [...moved]
      moved.clear()
      for (const [key, seq] of entries) await state.set(key, seq)
    },
  }
}
