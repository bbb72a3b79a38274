/** The live queries of the window. Each is subscribed to once, however many components look at it. */
import { distinctUntilChanged, map, type Observable, shareReplay } from 'rxjs'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import type { Conflict } from '../../../model/merge/conflicts.ts'
import type { Replica, ReplicaStatus } from '../replica/replica.ts'
import { mayHaveConflicts, type Row, rowOf } from './row.ts'

/** One thing to decide, with the record as it is shown. */
export interface OpenConflict {
  readonly conflict: Conflict
  readonly row: Row
}

/** Whose edits an actor's are. */
export interface ActorName {
  readonly personName: string | undefined
  readonly deviceName: string | undefined
  readonly deviceId: string | undefined
}

export interface Live {
  readonly status: Observable<ReplicaStatus>
  readonly weddings: Observable<readonly Row[]>
  readonly conflicts: Observable<readonly OpenConflict[]>
  readonly actors: Observable<ReadonlyMap<string, ActorName>>
  table(scope: string, table: string): Observable<readonly Row[]>
}

const KEEP_LATEST = { bufferSize: 1, refCount: true } as const

/** Queries over the replica's one collection. Deleted and unreadable records never appear. */
export function createLive({ collection, status, team }: Replica): Live {
  const tables = new Map<string, Observable<readonly Row[]>>()
  const find = (selector: { scope?: string; table: string }): Observable<readonly Row[]> =>
    collection.find({ selector }).$.pipe(
      map((documents) => documents.map(rowOf).filter((row) => row !== undefined)),
      shareReplay(KEEP_LATEST),
    )
  const conflicts = collection.find().$.pipe(
    map((documents) =>
      documents
        .filter((document) => document.scope !== team && mayHaveConflicts(document.toJSON()))
        .flatMap((document) => openConflicts(rowOf(document)))
        .sort(mostUrgentFirst),
    ),
    shareReplay(KEEP_LATEST),
  )
  return {
    // The status is told again every second; the screens care only if it says something new.
    status: status.pipe(distinctUntilChanged(sameContent), shareReplay(KEEP_LATEST)),
    weddings: find({ table: 'weddings' }),
    conflicts,
    actors: find({ scope: team, table: 'actors' }).pipe(map(namesByActor), shareReplay(KEEP_LATEST)),
    table(scope, table) {
      const key = `${scope} ${table}`
      const known = tables.get(key) ?? find({ scope, table })
      tables.set(key, known)
      return known
    },
  }
}

function sameContent(a: ReplicaStatus, b: ReplicaStatus): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

const URGENCY = { critical: 0, high: 1, medium: 2, low: 3 } as const

function mostUrgentFirst(a: OpenConflict, b: OpenConflict): number {
  return (
    URGENCY[a.conflict.severity] - URGENCY[b.conflict.severity] ||
    a.conflict.conflictId.localeCompare(b.conflict.conflictId)
  )
}

function openConflicts(row: Row | undefined): readonly OpenConflict[] {
  return row ? row.conflicts.map((conflict) => ({ conflict, row })) : []
}

function namesByActor(rows: readonly Row[]): ReadonlyMap<string, ActorName> {
  return new Map(
    rows.map(({ view: { data } }) => [
      String(data.actor),
      { personName: words(data.personName), deviceName: words(data.deviceName), deviceId: words(data.deviceId) },
    ]),
  )
}

function words(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
