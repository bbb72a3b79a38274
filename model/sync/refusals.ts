import { z } from 'zod'
import type { StateStore } from './changeStore.ts'

const ids = z.array(z.string())

/**
 * Records that one of two replicas has refused, by scope. They are left out when digests are compared, so that one bad
 * record does not make the whole wedding look unequal; durable, so that a new connection does not start to wonder again.
 */
export interface Refusals {
  of(scope: string): ReadonlySet<string>
  /** What became of one batch: these records were in it, and these of them were refused. */
  note(scope: string, sent: readonly string[], refused: readonly string[]): Promise<void>
}

export async function openRefusals(state: StateStore, ownEpoch: string, peerEpoch: string): Promise<Refusals> {
  const prefix = `refused/${ownEpoch}/${peerEpoch}/`
  const known = new Map<string, Set<string>>()
  for (const [key, value] of await state.list(prefix)) known.set(key.slice(prefix.length), new Set(ids.parse(value)))
  return {
    of: (scope) => known.get(scope) ?? new Set(),
    async note(scope, sent, refused) {
      const before = known.get(scope) ?? new Set<string>()
      const after = new Set(before)
      for (const id of sent) after.delete(id)
      for (const id of refused) after.add(id)
      if (after.size === before.size && [...after].every((id) => before.has(id))) return
      known.set(scope, after)
      await state.set(prefix + scope, [...after])
    },
  }
}
