/**
 * The change log as the sessions of one store read it. A hub's devices mostly stand at one place of the log, so after an
 * edit a hundred sessions want the same page: it is read and decoded once, and each leaves out what is its peer's own. Where
 * edits follow one another, each of them makes new pages of mostly the same changes: those are decoded once as well.
 */
import type { Change, ChangePage, ChangeQuery, ChangeStore } from './changeStore.ts'
import { TIERS } from './priority.ts'

/** Of at most 100 records each: a few MB. The page asked for longest ago is dropped first. */
const MAX_PAGES = 32
/** Changes that are remembered when their pages no longer are: those that several peers are about to be sent. A few MB. */
const MAX_CHANGES = 1_000

export interface PageQuery {
  readonly limit: number
  /** Leaves out what came from this peer unaltered. */
  readonly except: string | undefined
  /** Only the tables of this tier. */
  readonly tier?: number
  /** The head of the scope was seen here: an older page, from before a change that was not told yet, will not do. */
  readonly head?: number
}

export interface LogReader {
  page(scope: string, seq: number, query: PageQuery): Promise<ChangePage>
  /** The scope has changed. Each session says so of each change before it reads again. */
  forget(scope: string): void
}

interface Known {
  readonly scope: string
  /** It was read when the head was there, or further on. */
  readonly head: number
  readonly page: Promise<ChangePage>
}

export function createLogReader(changes: ChangeStore): LogReader {
  const pages = new Map<string, Known>()
  const recent = new Map<string, Change>()

  /** The same change is the same object, with the record decoded and whatever was made of it (`outgoing.ts`). */
  function remembered(scope: string, change: Change): Change {
    const key = `${changes.epoch} ${scope} ${change.seq}`
    const known = recent.get(key)
    if (known) return known
    recent.set(key, change)
    const [oldest] = recent.keys()
    if (recent.size > MAX_CHANGES && oldest !== undefined) recent.delete(oldest)
    return change
  }

  async function pageOf(scope: string, seq: number, query: ChangeQuery): Promise<ChangePage> {
    const page = await changes.changesSince(scope, seq, query)
    return { ...page, changes: page.changes.map((change) => remembered(scope, change)) }
  }

  function read(scope: string, seq: number, { limit, tier, head = 0 }: PageQuery): Promise<ChangePage> {
    const key = `${scope} ${seq} ${limit} ${tier}`
    const known = pages.get(key)
    if (known && known.head >= head) return known.page
    const tables = tier === undefined ? undefined : TIERS[tier]?.tables
    const page = pageOf(scope, seq, { limit, ...(tables && { tables }) })
    page.catch(() => pages.delete(key)) // whoever asked is told; the next one asks again
    pages.set(key, { scope, head, page })
    const [oldest] = pages.keys()
    if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest)
    return page
  }

  return {
    async page(scope, seq, query) {
      const page = await read(scope, seq, query)
      const { except } = query
      if (except === undefined) return page
      return { ...page, changes: page.changes.filter(({ from }) => from !== except) }
    },
    forget(scope) {
      for (const [key, page] of pages) if (page.scope === scope) pages.delete(key)
    },
  }
}

const shared = new WeakMap<ChangeStore, LogReader>()

/** The reader of a store that all its sessions share. */
export function logReaderOf(changes: ChangeStore): LogReader {
  const known = shared.get(changes) ?? createLogReader(changes)
  shared.set(changes, known)
  return known
}
