/**
 * What a client has not seen yet. Two ways to ask:
 *
 * - *since a time* (`lastSyncTime`, `since`): records whose latest edit is later, in order of that edit. The cursor of the
 *   reply first continues this list, and then the change log from where it stood when the list began.
 * - *from a cursor*: the change log itself. An edit that was made long ago and arrived now is new in it, whatever the
 *   clocks say, so a client that keeps its cursor misses nothing.
 */
import { lastStampOf, MAX_STAMP_MS, stampMs } from '../../model/merge/clock.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import type { Edit } from '../../model/merge/unit.ts'
import { compareText } from '../../model/merge/vector.ts'
import type { ServerChange } from '../../model/rest/sync.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import type { Caller, ServerContext } from './context.ts'
import { type Cursor, decodeCursor, encodeCursor } from './cursor.ts'
import { mergeSorted } from './mergeSorted.ts'
import { weddingsFor } from './reading.ts'
import { createRows, type Row, type Rows } from './rows.ts'
import { compareDated, type DatedEntry, type ScopeIndex } from './scopeIndex.ts'
import { type Reader, sightOf } from './sight.ts'

/** What the very call that asks has written: it need not be told. */
export interface OwnWrites {
  /** Records that the call was about. */
  readonly recordIds: ReadonlySet<string>
  isOwn(edit: Edit): boolean
}

export interface PullRequest {
  readonly caller: Caller
  /** Ms since 1970 UTC. */
  readonly sinceMs?: number
  readonly cursor?: string
  readonly limit: number
  readonly own?: OwnWrites
}

export interface Pulled {
  readonly rows: readonly ServerChange[]
  readonly hasMore: boolean
  readonly cursor: string
  /** Everything up to this time is in `rows`; absent if that is everything there is. */
  readonly untilMs?: number
}

export type Pull = (request: PullRequest) => Promise<Pulled>

/** Without a time and a cursor there are no rows, only a cursor that begins now. */
export function createPull(context: ServerContext, index: ScopeIndex): Pull {
  const { changes } = context.stores
  const rows = createRows()
  return async (request) => {
    const { caller } = request
    const [reader, scopes] = await Promise.all([sightOf(context, caller), weddingsFor(context, caller)])
    const parts = { changes, index, rows, reader }
    const cursor = request.cursor === undefined ? undefined : decodeCursor(request.cursor, changes.epoch)
    const found =
      cursor && !cursor.after
        ? await fromLog(parts, scopes, cursor, request)
        : await sinceTime(parts, scopes, cursor, request)
    return { ...found, cursor: encodeCursor(found.cursor, changes.epoch) }
  }
}

type Found = Omit<Pulled, 'cursor'> & { readonly cursor: Cursor }

interface PullParts {
  readonly changes: ChangeStore
  readonly index: ScopeIndex
  /** What many clients ask for is made once. */
  readonly rows: Rows
  readonly reader: Reader
}

async function sinceTime(
  { changes, index, rows: known, reader }: PullParts,
  scopes: readonly string[],
  cursor: Cursor | undefined,
  { sinceMs, limit, own }: PullRequest,
): Promise<Found> {
  const { after } = cursor ?? {}
  const extracts = await index(scopes)
  // Now, since others may bring them further up to date while this call reads on.
  const heads = new Map([...extracts].map(([scope, { seq }]) => [scope, seq]))
  const isBehind = after ? behindPlace(after) : behindTime(sinceMs ?? Number.POSITIVE_INFINITY)
  const found = mergeSorted(
    [...extracts.values()]
      .filter((extract) => extract.hasWritten(reader, isBehind))
      .map((extract) => extract.written(reader, isBehind)),
    compareDated,
  )
  const due = await withoutOwn(changes, firstOf(found, limit, own), sinceMs ?? 0, own)
  const page = due.slice(0, limit)
  const rows = (await rowsOf(page, known, reader, changes)).map((row) => asChange(row, sinceMs))
  const seqs = cursor?.seqs ?? heads
  const last = page.at(-1)
  const next = due[limit]
  if (last && next) {
    // Rows of one millisecond may fall on both sides of the page: a client that pages by time gets them again.
    const untilMs = Math.min(stampMs(last.stamp), stampMs(next.stamp) - 1)
    return { rows, hasMore: true, cursor: { seqs, after: [last.stamp, last.entry.id] }, untilMs }
  }
  const hasMore = [...heads].some(([scope, seq]) => seq > (seqs.get(scope) ?? 0))
  return { rows, hasMore, cursor: { seqs } }
}

function behindPlace([stamp, id]: NonNullable<Cursor['after']>): (dated: DatedEntry) => boolean {
  return (dated) => (compareText(dated.stamp, stamp) || compareText(dated.entry.id, id)) > 0
}

function behindTime(ms: number): (dated: DatedEntry) => boolean {
  if (ms < 0) return () => true
  if (ms > MAX_STAMP_MS) return () => false
  const last = lastStampOf(ms)
  return ({ stamp }) => stamp > last
}

/** One more than asked for, which tells whether there is more, and beside them the records that the call itself is about. */
function firstOf(found: Iterable<DatedEntry>, limit: number, own: OwnWrites | undefined): readonly DatedEntry[] {
  const due: DatedEntry[] = []
  let others = 0
  for (const dated of found) {
    due.push(dated)
    if (!own?.recordIds.has(dated.entry.id)) others += 1
    if (others > limit) break
  }
  return due
}

/** Reads only those records whose rows are not known. */
async function rowsOf(
  page: readonly DatedEntry[],
  known: Rows,
  reader: Reader,
  changes: ChangeStore,
): Promise<readonly Row[]> {
  const kept = page.map(({ entry }) => known.get(entry, reader))
  const records = await changes.records(page.filter((_, i) => !kept[i]).map(({ entry }) => entry.id))
  return page.flatMap(({ entry }, i) => {
    if (kept[i]) return kept[i]
    const record = records.get(entry.id)
    return (record && known.make(entry, reader, record)) ?? []
  })
}

/** Leaves out records of which nothing but this call's own edits is new. */
async function withoutOwn(
  changes: ChangeStore,
  due: readonly DatedEntry[],
  sinceMs: number,
  own: OwnWrites | undefined,
): Promise<readonly DatedEntry[]> {
  if (!own) return due
  const ids = due.map(({ entry }) => entry.id)
  const records = await changes.records(ids.filter((id) => own.recordIds.has(id)))
  return due.filter(({ entry }) => {
    const record = records.get(entry.id)
    return !record || hasNews(record, sinceMs, own)
  })
}

/** Whether there is more in it than what this call wrote. */
function hasNews(record: CausalRecord, sinceMs: number, own: OwnWrites): boolean {
  let isWritten = false
  for (const { edit } of liveValues(record)) {
    if (own.isOwn(edit)) isWritten = true
    else if (stampMs(edit.stamp) > sinceMs) return true
  }
  return !isWritten
}

/** In the log, an edit of long ago may be new as well. */
const ANY_TIME = -1

async function fromLog(
  { changes, rows: known, reader }: PullParts,
  scopes: readonly string[],
  cursor: Cursor,
  { limit, own }: PullRequest,
): Promise<Found> {
  const heads = await changes.heads(scopes)
  const seqs = new Map(cursor.seqs)
  const rows: ServerChange[] = []
  let hasMore = false
  for (const scope of scopes) {
    for (let more = true; more; ) {
      const from = seqs.get(scope) ?? 0
      // Whoever polls hears of most weddings that nothing is new.
      if ((heads.get(scope) ?? 0) <= from) {
        seqs.set(scope, from)
        break
      }
      if (rows.length === limit) {
        hasMore = true
        break
      }
      const page = await changes.changesSince(scope, from, { limit: limit - rows.length })
      for (const change of page.changes) {
        const place = { scope, seq: change.seq }
        const kept = known.get(place, reader)
        if (own?.recordIds.has(kept?.id ?? change.record.id) && !hasNews(change.record, ANY_TIME, own)) continue
        const row = kept ?? known.make(place, reader, change.record)
        if (row) rows.push(asChange(row, undefined))
      }
      seqs.set(scope, page.upTo)
      more = page.more
    }
  }
  rows.sort((a, b) => compareText(a.timestamp, b.timestamp))
  return { rows, hasMore, cursor: { seqs } }
}

function asChange({ deleted, createdMs, updatedMs, ...shown }: Row, sinceMs: number | undefined): ServerChange {
  const isNew = sinceMs === undefined ? createdMs === updatedMs : createdMs > sinceMs
  return { ...shown, action: deleted ? 'delete' : isNew ? 'create' : 'update' }
}
