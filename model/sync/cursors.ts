import { z } from 'zod'
import type { StateStore } from './changeStore.ts'

const position = z.number().int().min(0)

/**
 * Where two replicas stand with each other, by scope. Both sides' epochs are part of the key, since a log may have been
 * rewound when its epoch changes. What was saved here under an earlier epoch of ours was true of what this store holds, which
 * was put back with it and only grows: so a restored store goes on from there, and not all is sent again. Should it be wrong
 * after damage, the comparison of digests finds out.
 *
 * They are saved now and then, not at every step: a cursor that lags behind after a crash costs sending a little again,
 * and a write to the disk for each batch and peer would cost more. A cursor is never ahead of what was committed.
 */
export interface Cursors {
  /** Up to where I hold the peer's log. */
  readonly received: Cursor
  /** Up to where the peer has acknowledged my log. */
  readonly sent: Cursor
  /** The part of `sent` that is from before this epoch, which the peer cannot speak of. */
  readonly inherited: ReadonlyMap<string, number>
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
   * Whether what was sent is a reason to save. Who calls a peer tells people of it while that is away; who is called is told
   * anew each time, and a hub would write to its disk for each of its devices after every edit: it saves that with the rest.
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

  async function open(direction: string, isReason: boolean): Promise<Cursor & { readonly inherited: boolean }> {
    const prefix = `cursor/${ownEpoch}/${peerEpoch}/${direction}/`
    const positions = new Map<string, number>()
    for (const [key, value] of await state.list(prefix)) positions.set(key.slice(prefix.length), position.parse(value))
    const inherited = positions.size === 0
    if (inherited) {
      for (const [scope, seq] of await ofEarlierEpochs(state, `/${peerEpoch}/${direction}/`)) {
        positions.set(scope, seq)
        moved.set(prefix + scope, seq)
      }
      if (positions.size > 0) onMove?.()
    }
    return {
      inherited,
      get: (scope) => positions.get(scope) ?? 0,
      set(scope, seq) {
        if ((positions.get(scope) ?? 0) === seq) return
        positions.set(scope, seq)
        moved.set(prefix + scope, seq)
        if (isReason) onMove?.()
      },
      all: () => positions,
    }
  }

  const [received, sent] = [await open('received', true), await open('sent', keepsSent)]
  return {
    received,
    sent,
    inherited: new Map(sent.inherited ? sent.all() : []),
    async save() {
      const entries = [...moved]
      moved.clear()
      for (const [key, seq] of entries) await state.set(key, seq)
    },
  }
}

/** The furthest places by scope, of all that was saved under any epoch. */
async function ofEarlierEpochs(state: StateStore, ending: string): Promise<ReadonlyMap<string, number>> {
  const furthest = new Map<string, number>()
  for (const [key, value] of await state.list('cursor/')) {
    const at = key.indexOf(ending)
    if (at < 0) continue
    const scope = key.slice(at + ending.length)
    furthest.set(scope, Math.max(furthest.get(scope) ?? 0, position.parse(value)))
  }
  return furthest
}
