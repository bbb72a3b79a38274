/**
 * How far we hold the peer's log. A batch may bring a delta that we cannot apply and ask for the record whole; until that
 * has come, the cursor stays before the batch, so that a cut in between loses nothing.
 */
import type { Cursor } from './cursors.ts'

/** Of one scope. The cursor stays where it is whether or not more of them are counted. */
const MAX_MISSING = 1_000

export interface Arrivals {
  /**
   * A batch was committed, or refused.
   * @param seq the place up to which it covers the peer's log
   * @param ids records that are settled, one way or the other
   * @param needs records that were asked for whole
   */
  settle(scope: string, seq: number, ids: readonly string[], needs: readonly string[]): void
}

export function openArrivals(received: Cursor): Arrivals {
  const missing = new Map<string, Set<string>>()
  return {
    settle(scope, seq, ids, needs) {
      const open = missing.get(scope) ?? new Set()
      for (const id of ids) open.delete(id)
      for (const id of needs) if (open.size < MAX_MISSING) open.add(id)
      if (open.size > 0) missing.set(scope, open)
      else {
        missing.delete(scope)
        received.set(scope, seq)
      }
    },
  }
}
