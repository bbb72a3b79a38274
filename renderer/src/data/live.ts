/** The live queries of the window. Each is subscribed to once, however many components look at it. */
import { combineLatest, distinctUntilChanged, map, type Observable, shareReplay } from 'rxjs'
import { isSameJson } from '../../../model/canonicalJson.ts'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import { openEntries } from '../conflicts/entries.ts'
import type { Replica, ReplicaStatus } from '../replica/replica.ts'
import { mayHaveConflicts, mentionsOperation, type Row, rowOf } from './row.ts'

/** Whose edits an actor's are. */
export interface ActorName {
  readonly personName: string | undefined
  readonly deviceName: string | undefined
  readonly deviceId: string | undefined
}

export interface Live {
  readonly status: Observable<ReplicaStatus>
  readonly weddings: Observable<readonly Row[]>
  readonly conflicts: Observable<readonly QueueEntry[]>
  /** Names by device, as its latest actor gave them. */
  readonly devices: Observable<ReadonlyMap<string, ActorName>>
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
  const actors = find({ scope: team, table: 'actors' }).pipe(map(namesByActor), shareReplay(KEEP_LATEST))
  const conflicts = combineLatest([collection.find().$, actors]).pipe(
    map(([documents, names]) => {
      const held = documents.map((document) => ({
        scope: document.scope,
        table: document.table,
        mayHaveConflicts: mayHaveConflicts(document.toJSON()),
        mentions: (operations: ReadonlySet<string>) => mentionsOperation(document.toJSON(), operations),
        row: () => rowOf(document),
      }))
      return openEntries(
        held.filter(({ scope }) => scope !== team),
        names,
      )
    }),
    shareReplay(KEEP_LATEST),
  )
  return {
    // The status is told again every second; the screens care only if it says something new.
    status: status.pipe(distinctUntilChanged<ReplicaStatus>(isSameJson), shareReplay(KEEP_LATEST)),
    weddings: find({ table: 'weddings' }),
    conflicts,
    devices: actors.pipe(map(namesByDevice), shareReplay(KEEP_LATEST)),
    table(scope, table) {
      const key = `${scope} ${table}`
      const known = tables.get(key) ?? find({ scope, table })
      tables.set(key, known)
      return known
    },
  }
}

function namesByActor(rows: readonly Row[]): ReadonlyMap<string, ActorName> {
  return new Map(
    rows.map(({ view: { data } }) => [
      String(data.actor),
      { personName: words(data.personName), deviceName: words(data.deviceName), deviceId: words(data.deviceId) },
    ]),
  )
}

function namesByDevice(names: ReadonlyMap<string, ActorName>): ReadonlyMap<string, ActorName> {
  return new Map([...names.values()].flatMap((name) => (name.deviceId === undefined ? [] : [[name.deviceId, name]])))
}

function words(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
