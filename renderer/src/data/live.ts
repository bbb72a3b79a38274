/** The live queries of the window. Each is subscribed to once, however many components look at it. */
import {
  type BehaviorSubject,
  combineLatest,
  distinctUntilChanged,
  map,
  type Observable,
  of,
  shareReplay,
  switchMap,
} from 'rxjs'
import { isSameJson } from '../../../model/canonicalJson.ts'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import type { PeerStatus } from '../../../model/database/status.ts'
import { type DeviceNaming, deviceNames } from '../../../model/identity/deviceNames.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { OWNS_NOTHING, type Owns } from '../../../model/ownership.ts'
import { type Grant, hasOwnRights } from '../../../model/roles.ts'
import { actorsIn, claimsHeld } from '../../../model/sync/ownClaims.ts'
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
  /** Of all weddings. */
  readonly vendors: Observable<readonly Row[]>
  readonly conflicts: Observable<readonly QueueEntry[]>
  /** What is the own of the person at this device, where their role writes such records only. */
  readonly owns: Observable<Owns>
  /** Names by device. */
  readonly devices: Observable<ReadonlyMap<string, ActorName>>
  /** The same with the records that they are from, for whoever gives a device another name. */
  readonly namings: Observable<ReadonlyMap<string, DeviceNaming>>
  /** One record of any table; `undefined` if it is not here, or is deleted. */
  record(id: string): Observable<Row | undefined>
  table(scope: string, table: string): Observable<readonly Row[]>
}

const KEEP_LATEST = { bufferSize: 1, refCount: true } as const

/**
 * Queries over the replica's one collection. Deleted and unreadable records never appear.
 * @param replicas the replica of this page, and whichever takes its place: the same tablet's by way of another tab
 */
export function createLive(replicas: BehaviorSubject<Replica>): Live {
  const { team, userId, deviceId } = replicas.value
  const collections = replicas.pipe(
    map(({ collection }) => collection),
    distinctUntilChanged(),
  )
  const status = replicas.pipe(switchMap((replica) => replica.status))
  const tables = new Map<string, Observable<readonly Row[]>>()
  const find = (selector: { scope?: string; table: string }): Observable<readonly Row[]> =>
    collections.pipe(
      switchMap((collection) => collection.find({ selector }).$),
      map((documents) => documents.map(rowOf).filter((row) => row !== undefined)),
      shareReplay(KEEP_LATEST),
    )
  const actorRows = find({ scope: team, table: 'actors' })
  const namings = actorRows.pipe(
    map((rows) => deviceNames(records(rows))),
    shareReplay(KEEP_LATEST),
  )
  const actors = combineLatest([actorRows, namings]).pipe(
    map(([rows, names]) => namesByActor(rows, names)),
    shareReplay(KEEP_LATEST),
  )
  const vendorRows = find({ table: 'vendors' })
  const ownsUnder = ({ role, vendors = [] }: Grant): Observable<Owns> =>
    hasOwnRights(role)
      ? combineLatest([actorRows, vendorRows]).pipe(
          map(([rows, all]) => {
            const own = all.filter(({ id }) => vendors.includes(id))
            const claims = claimsHeld(vendors, actorsIn(records(rows), userId), records(own))
            return (claim) => claims.has(claim)
          }),
        )
      : of(OWNS_NOTHING)
  const conflicts = combineLatest([collections.pipe(switchMap((collection) => collection.find().$)), actors]).pipe(
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
  const owns = status.pipe(
    map(({ grant }) => grant),
    distinctUntilChanged<Grant>(isSameJson),
    switchMap(ownsUnder),
    shareReplay(KEEP_LATEST),
  )
  return {
    owns,
    // The status is told again every second; the screens care only if it says something new.
    status: combineLatest([status, namings]).pipe(
      map(([told, names]) => renamed(told, deviceId, names)),
      distinctUntilChanged<ReplicaStatus>(isSameJson),
      shareReplay(KEEP_LATEST),
    ),
    weddings: find({ table: 'weddings' }),
    vendors: vendorRows,
    conflicts,
    devices: actors.pipe(map(namesByDevice), shareReplay(KEEP_LATEST)),
    namings,
    record: (id) =>
      collections.pipe(
        switchMap((collection) => collection.findOne(id).$),
        map((document) => (document ? rowOf(document) : undefined)),
      ),
    table(scope, table) {
      const key = `${scope} ${table}`
      const known = tables.get(key) ?? find({ scope, table })
      tables.set(key, known)
      return known
    },
  }
}

function records(rows: readonly Row[]): readonly CausalRecord[] {
  return rows.map(({ record }) => record)
}

type Namings = ReadonlyMap<string, DeviceNaming>

/** A name that a device was given is its name in everything that it has ever written. */
function namesByActor(rows: readonly Row[], names: Namings): ReadonlyMap<string, ActorName> {
  return new Map(
    rows.map(({ view: { data } }) => {
      const deviceId = words(data.deviceId)
      const given = deviceId === undefined ? undefined : names.get(deviceId)
      const deviceName = given?.isGiven ? given.name : words(data.deviceName)
      return [String(data.actor), { personName: words(data.personName), deviceName, deviceId }]
    }),
  )
}

/** The status, with the names that the team has for devices: what a peer calls itself may be older. */
function renamed(status: ReplicaStatus, own: string, names: Namings): ReplicaStatus {
  const peer = (each: PeerStatus): PeerStatus => ({ ...each, name: names.get(each.deviceId)?.name ?? each.name })
  return {
    ...status,
    deviceName: names.get(own)?.name ?? status.deviceName,
    upstreams: status.upstreams.map(peer),
    devices: status.devices.map(peer),
  }
}

function namesByDevice(names: ReadonlyMap<string, ActorName>): ReadonlyMap<string, ActorName> {
  return new Map([...names.values()].flatMap((name) => (name.deviceId === undefined ? [] : [[name.deviceId, name]])))
}

function words(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
