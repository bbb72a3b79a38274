/** The latest events with their numbers, so that a client that was away for a moment misses none. */
import type { LiveEvent, LiveNews } from '../../model/rest/live.ts'

/** An event, and the wedding that a client must be in to be told of it. */
export interface Told {
  readonly event: LiveEvent
  readonly scope: string | undefined
}

export interface Ring {
  readonly lastId: number
  add(news: LiveNews, scope?: string): Told
  /** All events behind this one; `undefined` if they are not all known (any more), or it is of another run. */
  since(id: number): readonly Told[] | undefined
}

/** @param firstId the number before that of the first event */
export function createRing(capacity: number, firstId: number): Ring {
  let told: Told[] = []
  let lastId = firstId
  return {
    get lastId() {
      return lastId
    },
    add(news, scope) {
      lastId += 1
      const entry: Told = { event: { ...news, id: lastId }, scope }
      told.push(entry)
      // Cut in pieces: taking one off the front for each event would move all others each time.
      if (told.length >= 2 * capacity) told = told.slice(-capacity)
      return entry
    },
    since(id) {
      const missed = lastId - id
      return missed < 0 || missed > told.length ? undefined : told.slice(told.length - missed)
    },
  }
}
