import type { InstallStatus, PeerStatus } from '../../model/database/status.ts'
import { quarantined } from '../../model/sync/quarantine.ts'
import type { ReplicaSync } from '../../model/sync/replicaSync.ts'
import type { Trail } from '../audit/trail.ts'
import type { InstallBlobs } from '../blobs/installBlobs.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { decideJoin, openJoins } from '../identity/applications.ts'
import type { Identity } from '../identity/identity.ts'
import { hasRecoveryKit } from '../identity/recovery.ts'
import type { SealingKeys } from '../identity/sealingKeys.ts'
import type { Books } from '../rest/books.ts'
import type { OwnDesk, ServerContext } from '../rest/context.ts'
import type { RosterOf } from '../rest/roster.ts'
import { VERSION } from '../version.ts'
import { isOfEarlierKey, personOf, personOfCaller } from './callers.ts'
import type { InstallSwitch } from './hubSwitch.ts'
import type { Install } from './install.ts'
import type { Lan } from './lan.ts'
import type { LastSeen } from './lastSeen.ts'
import { outgoingOf } from './outgoing.ts'
import type { People } from './people.ts'
import { createCloudJoin } from './throughCloud.ts'

/** What the doors of an install share. */
export interface InstallParts {
  readonly identity: Identity
  readonly store: SqliteStore
  readonly sync: ReplicaSync
  readonly people: People
  readonly rosters: RosterOf
  readonly books: Books
  readonly trail: Trail
  readonly blobs: InstallBlobs
  readonly keys: SealingKeys
  readonly lastSeen: LastSeen
  /** What is done for the person at the window. */
  readonly own: OwnDesk
  /** What is to be told about the database of this device. */
  readonly notice: Install['notice']
}

/** What the REST API sees of an install. */
export function installContext(
  { identity, store, sync, people, keys, rosters, books, trail, blobs, notice, own, lastSeen }: InstallParts,
  lan: () => Lan | undefined,
  hubSwitch: InstallSwitch,
  authenticate: ServerContext['authenticate'],
): ServerContext {
  const { changes, updateWith, state, history } = store
  /** By the names that the team has for them; what a peer calls itself may be older. */
  async function named(peers: readonly PeerStatus[]): Promise<PeerStatus[]> {
    const { devices } = await rosters(identity.team.id)
    return peers.map((peer) => ({ ...peer, name: devices.get(peer.deviceId)?.name || peer.name }))
  }
  const backlog = async (): ReturnType<ServerContext['backlog']> => ({
    upstreams: await named(await sync.upstreams()),
    quarantined: (await quarantined(state)).length,
  })
  return {
    get role() {
      return lan() ? 'hub' : 'local'
    },
    version: VERSION,
    stores: { changes, updateWith, state, history },
    blobs: blobs.door,
    authenticate,
    isOwn: ({ userId, deviceId }) => userId === identity.userId && deviceId === identity.deviceId,
    async weddingsOf(team) {
      return (await changes.scopes()).filter((scope) => scope !== team)
    },
    authors: async (caller) => people.authors(await personOfCaller(caller, identity, state)),
    rosters,
    completeness: (scope) => sync.completeness(scope),
    outgoing: outgoingOf(sync, state),
    lastSeen: (deviceId) => lastSeen.of(deviceId),
    dismiss: (deviceId) => sync.dismiss(deviceId),
    books,
    trail,
    outline: () => keys.border().outline,
    async status(): Promise<InstallStatus> {
      const running = lan()
      const told = await notice()
      const roster = await rosters(identity.team.id)
      const isShutOut = roster.isRevoked(identity.userId, identity.deviceId)
      return {
        role: running ? 'hub' : 'local',
        version: VERSION,
        deviceId: identity.deviceId,
        deviceName: roster.devices.get(identity.deviceId)?.name || identity.deviceName,
        personName: identity.personName,
        userId: identity.userId,
        grant: {
          role: identity.grant.role,
          weddings: identity.grant.weddings === 'all' ? 'all' : [...identity.grant.weddings],
          ...(identity.grant.vendors && { vendors: [...identity.grant.vendors] }),
        },
        actor: await people.actor(personOf(identity)),
        ...(await backlog()),
        devices: await named(await sync.devices()),
        ...(running && { lan: { url: running.url, fingerprint: identity.fingerprint } }),
        clockOffsetMs: sync.clockOffset(),
        ...(identity.team.privateKey !== undefined && {
          recoveryKit: await hasRecoveryKit(changes, identity.team.id),
        }),
        ...(told !== undefined && { notice: told }),
        ...(isShutOut && { isShutOut }),
        ...(isOfEarlierKey(identity.token, identity.team) && { isKeyReplaced: true }),
      }
    },
    backlog,
    startHub: hubSwitch.start,
    hubSwitch,
    joinDesk: {
      open: () => openJoins(state, identity.deviceId, Date.now()),
      decide: (joinId, decision) => decideJoin(state, joinId, decision, identity.deviceId, Date.now()),
    },
    own,
    async createJoin(request) {
      const running = lan()
      return running ? running.createJoin(request) : undefined
    },
    createCloudJoin: (request) => createCloudJoin(request, identity, state, keys),
  }
}
