/**
 * A batch is done once, however often it is sent: its reply is kept under its `batchId`, and a second copy that arrives
 * while the first is at work waits for it.
 */

import { type SyncReply, syncReply } from '../../../model/rest/sync.ts'
import type { StateStore } from '../../../model/sync/changeStore.ts'

/** Keeps the reply for whoever sends the same batch again. */
export type Keep = (reply: SyncReply) => Promise<void>

/** @param work resolves when its reply is kept */
export type Once = (userId: string, batchId: string, work: (keep: Keep) => Promise<SyncReply>) => Promise<SyncReply>

/** By store, since an install has two doors (loopback and LAN) to one store. */
const runningIn = new WeakMap<StateStore, Map<string, Promise<unknown>>>()

export function onceByBatch(state: StateStore): Once {
  const running = runningIn.get(state) ?? new Map<string, Promise<unknown>>()
  runningIn.set(state, running)

  async function answer(key: string, work: (keep: Keep) => Promise<SyncReply>): Promise<SyncReply> {
    const kept = await state.get(key)
    if (kept !== undefined) return { ...syncReply.parse(kept), replayed: true }
    return work((reply) => state.set(key, reply))
  }

  return async (userId, batchId, work) => {
    const key = `batch/${userId}/${batchId.toLowerCase()}`
    const before = running.get(key) ?? Promise.resolve()
    const mine = before.then(() => answer(key, work))
    // Whoever waits behind looks for the reply itself; a failure concerns only the one that failed.
    const settled = mine.catch(() => undefined)
    running.set(key, settled)
    try {
      return await mine
    } finally {
      if (running.get(key) === settled) running.delete(key)
    }
  }
}
