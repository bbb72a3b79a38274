/** A sync with one peer as "n of m": how it goes on from one look to the next. Pure. */
import type { LiveNews } from '../../model/rest/live.ts'
import type { PeerFigures } from '../../model/sync/figures.ts'

export type ProgressNews = Extract<LiveNews, { readonly type: 'progress' }>

/** A sync that is under way. */
export interface Run {
  readonly startedMs: number
  /** Of the line, when the sync began. */
  readonly bytesBefore: number
  readonly remaining: number
  readonly news: ProgressNews
}

/**
 * @param before what the last look gave; a run ends with the news in which it is no longer running
 * @param nowMs any clock that only goes forward, in ms
 * @returns `undefined` while there is nothing to do
 */
export function nextRun(before: Run | undefined, peer: PeerFigures, nowMs: number): Run | undefined {
  const running = before?.news.running ? before : undefined
  const { session, deviceId, name, kind } = peer
  if (!session) return running && ended(running)
  const remaining = peer.queue + peer.incoming
  if (!running && remaining === 0) return undefined
  const wireBytes = session.bytesIn + session.bytesOut
  const startedMs = running?.startedMs ?? nowMs
  // A new line counts from zero.
  const bytesBefore = Math.min(running?.bytesBefore ?? wireBytes, wireBytes)
  const total = (running?.news.total ?? 0) + Math.max(0, remaining - (running?.remaining ?? 0))
  const done = total - remaining
  const etaMs = done > 0 ? Math.round(((nowMs - startedMs) / done) * remaining) : null
  const bytes = wireBytes - bytesBefore
  const news: ProgressNews = {
    type: 'progress',
    deviceId,
    name,
    kind,
    done,
    total,
    bytes,
    etaMs,
    running: remaining > 0,
  }
  return { startedMs, bytesBefore, remaining, news }
}

/** The line is down, or the peer is gone. */
export function ended(run: Run): Run {
  return { ...run, news: { ...run.news, etaMs: null, running: false } }
}
