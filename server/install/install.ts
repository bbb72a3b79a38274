/**
 * An install: the whole offline database with its local server, on loopback only. Switched on as hub, it takes other
 * devices on the LAN as well. Every part is built here and closed here.
 */
import type { Line } from '../../model/line.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { draftNotice } from '../../model/sync/drafts.ts'
import { createReplicaSync, type ReplicaSync } from '../../model/sync/replicaSync.ts'
import { createTrail } from '../audit/trail.ts'
import { DEFAULT_QUOTA_MB, openInstallBlobs } from '../blobs/installBlobs.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import type { ListenError } from '../http/listen.ts'
import { type Finding, findHubs } from '../hub/find.ts'
import { type Following, followHubs } from '../hub/follow.ts'
import { type DataDir, type DataDirError, openDataDir } from '../identity/dataDir.ts'
import type { Identity } from '../identity/identity.ts'
import type { LinkError } from '../identity/joinLink.ts'
import type { JoinError } from '../identity/joinTeam.ts'
import { forgetKit, kitState, recoveryWords } from '../identity/recovery.ts'
import { openSealingKeys } from '../identity/sealingKeys.ts'
import { openLive } from '../live/live.ts'
import { createSignal } from '../live/signal.ts'
import type { Log } from '../log.ts'
import { openSqliteBooks } from '../rest/books.ts'
import type { OwnDesk, OwnTeamKey, ServerContext } from '../rest/context.ts'
import { describeFault } from '../rest/errors.ts'
import { rosterOf } from '../rest/roster.ts'
import { nodeScheduler } from '../sync/nodeScheduler.ts'
import { openInstallAudit } from './audit.ts'
import { personOf } from './callers.ts'
import { dialCloud, dialHub, knownCloud, knownHub, rememberCloud } from './calls.ts'
import type { ChangeFileOptions, readChangeFile, writeChangeFile } from './changeFile.ts'
import { changeFileDoor } from './changeFileDoor.ts'
import { installContext } from './context.ts'
import { type DatabaseError, type Stoppable, startOverDamage } from './damagedStart.ts'
import { takeDeviceName } from './deviceName.ts'
import { withoutFormerTeams } from './formerTeams.ts'
import { holdIdentity } from './heldIdentity.ts'
import { hubServing } from './hubServing.ts'
import { createHubSwitch, TAKES_OVER } from './hubSwitch.ts'
import { identityAtStart } from './identityAtStart.ts'
import { joinByLink, type TeamClash } from './joining.ts'
import { type Lan, type LanError, type LanOptions, openLan } from './lan.ts'
import { isInNetwork } from './lanPlace.ts'
import { watchLastSeen } from './lastSeen.ts'
import { newLaunchSecret, openLoopback } from './loopback.ts'
import { ownJoining, ownPresence, ownRecoveryKit } from './ownDesk.ts'
import { actorsOf, openPeople } from './people.ts'
import { openShutOut } from './shutOut.ts'
import { currentNotice, type SoundStore } from './soundStore.ts'
import { openTeamKey } from './teamKey.ts'
import { announceMember } from './throughCloud.ts'
import { startUpkeep } from './upkeep.ts'
import { trustUpstream } from './upstreamTrust.ts'
import { forgetWindowLock } from './windowLock.ts'

export interface InstallOptions {
  readonly dataDir: string
  /** 0 takes a free one. */
  readonly port: number
  /** Folder of the built pages. */
  readonly pagesDir: string
  readonly log: Log
  readonly personName?: string
  readonly deviceName?: string
  /** Takes the lock of the window away, for whoever has forgotten its passphrase. */
  readonly forgetLock?: boolean
  /** By which the window knows this install, the same over several openings; absent: a new one. */
  readonly launchSecret?: string
  /** A join link, to become part of a team before anything else. */
  readonly join?: string
  /** Somebody has to let this device in first: the code for both screens. */
  readonly onWaiting?: (code: string) => void
  /** The words of a recovery kit, to bring a team back from what the cloud has of it. */
  readonly recover?: { readonly words: Uint8Array; readonly cloudUrl: string }
  readonly cloud?: { readonly url: string; readonly token?: string }
  /** Whether hubs on the network are looked for, and this one, if it is a hub, announces itself. On by default. */
  readonly discovery?: boolean
  /** Become the hub when the one that this install knows is gone. Remembered. */
  readonly takeOver?: boolean
  /** How many megabytes of photos and documents are kept here. */
  readonly blobQuotaMegabytes?: number
  /** Supplies the database key in place of the key file. */
  readonly keyProvider?: (dir: string) => Uint8Array
  /** Be the hub again if this install was it, by its switch, when it was last open. */
  readonly resumeHub?: boolean
  /** How many backups are kept (`upkeep.ts`). */
  readonly keepBackups?: number
}

export type StartError =
  | { readonly kind: 'data-dir'; readonly error: DataDirError }
  | DatabaseError
  | { readonly kind: 'join'; readonly error: JoinError | LinkError | TeamClash }
  | { readonly kind: 'listen'; readonly error: ListenError }

export interface Install {
  readonly url: string
  /** Opens the app's window on this install: the address with the secret of this launch. */
  readonly windowUrl: string
  /** Gives the database to a window that has come another way than over loopback. Its caller knows that it is ours. */
  connectWindow(line: Line): void
  readonly identity: Identity
  readonly store: SqliteStore
  readonly sync: ReplicaSync
  lan(): Lan | undefined
  startHub(options: LanOptions): Promise<Result<Lan, LanError>>
  /** The words of the recovery kit, made if there is none; `undefined` if this device may not make one. */
  recoveryWords(): Promise<string | undefined>
  /** The words are on paper, so this device forgets them. False if it has none. */
  recoveryKitKept(): Promise<boolean>
  readonly teamKey: OwnTeamKey
  /** A change file of what this install holds; `undefined` if this device may not write one. */
  writeChanges(options: ChangeFileOptions): ReturnType<typeof writeChangeFile>
  readChanges(text: string): ReturnType<typeof readChangeFile>
  /** What people are to be told about this device's database, in a sentence. */
  notice(): Promise<string | undefined>
  /**
   * Resolves if the install has to be stopped and opened again: its database was found to be damaged, which that repairs,
   * or it has become part of another team, or its team has another key.
   */
  readonly reopen: Promise<void>
  stop(): Promise<void>
}

export async function openInstall(options: InstallOptions): Promise<Result<Install, StartError>> {
  const { keyProvider } = options
  const opened = openDataDir(options.dataDir, { ...(keyProvider && { keyProvider }) })
  if (!opened.ok) return err({ kind: 'data-dir', error: opened.error })
  const dataDir = opened.value
  let started: Result<Install, StartError> | undefined
  try {
    started = await startOverDamage(dataDir, options.log, (sound, begun) => start(dataDir, sound, options, begun))
    return started
  } finally {
    if (!started?.ok) dataDir.close()
  }
}

async function start(
  dataDir: DataDir,
  sound: SoundStore,
  options: InstallOptions,
  begun: Stoppable[],
): Promise<Result<Install, StartError>> {
  const { log, discovery = true } = options
  const atStart = await identityAtStart(sound.store, options)
  if (!atStart.ok) return err({ kind: 'join', error: atStart.error })
  const identity = atStart.value
  const store = withoutFormerTeams(sound.store, identity.team.id)
  const { state, changes } = store
  if (options.forgetLock) await forgetWindowLock(state)
  if (options.cloud) await rememberCloud(state, options.cloud.url, options.cloud.token)

  const held = holdIdentity(identity, state, log)
  const changed = createSignal()
  const sync = createReplicaSync({
    changes,
    state,
    scheduler: nodeScheduler,
    self() {
      const { deviceId, deviceName, team, token } = held.fresh()
      return { deviceId, deviceName, team: team.id, token }
    },
    trust: (kind) => trustUpstream(kind, { identity, changes, people }),
    onChange: changed.emit,
    onRefused: (scope, refused) => log('records refused', { scope, count: refused.length }),
    onRenewed: held.renewed,
    onShutOut: () => shutOut.told(),
    onUnknown(kind) {
      teamKey
        .askUpstream(kind)
        .catch((cause: unknown) => log('the team’s key could not be asked for', describeFault(cause)))
    },
  })
  begun.push(sync)
  const people = openPeople(changes, state, sync.clockOffset)
  await people.actor(personOf(identity))
  await takeDeviceName(options.deviceName, identity, { changes, state, people })
  await announceMember(identity, { changes, state, people })

  const blobs = await openInstallBlobs({
    dir: dataDir.path,
    databaseKey: dataDir.key,
    quotaMegabytes: options.blobQuotaMegabytes ?? DEFAULT_QUOTA_MB,
    changes,
    history: store.history,
    log,
  })
  begun.push(blobs)

  const keys = await openSealingKeys({
    identity,
    changes,
    state,
    author: () => people.author(personOf(identity)),
    now: Date.now,
    log,
  })
  begun.push(keys)

  let following: Following | undefined
  const audit = await openInstallAudit(dataDir, store, identity, log)
  const trail = createTrail(audit.log, identity.team.id)
  const books = openSqliteBooks(store.database, audit.log)
  const { keepBackups } = options
  const upkeep = startUpkeep({
    dataDir,
    sound,
    blobs: blobs.door,
    audit: audit.log,
    log,
    ...(keepBackups !== undefined && { keepBackups }),
  })
  begun.push(upkeep)
  const notice = async () =>
    upkeep.problem() ?? teamKey.notice() ?? (await currentNotice(state, Date.now())) ?? (await draftNotice(state))
  const shutOut = await openShutOut(rosterOf(changes), held.now, state, log)
  const { rosters } = shutOut
  const lastSeen = await watchLastSeen({ sync, state, changed, now: Date.now, log })
  begun.push(lastSeen)
  const rejoined = Promise.withResolvers<void>()
  const teamKey = openTeamKey({
    held,
    store,
    people,
    rosters,
    async onReplaced() {
      await hubSwitch.keepServing()
      rejoined.resolve()
    },
    onHeard: () => sync.poke(),
    log,
  })
  const own: OwnDesk = {
    teamKey,
    presence: ownPresence(sync.presence, nodeScheduler),
    recoveryKit: ownRecoveryKit({
      kitState: () => kitState(changes, state, identity.team.id),
      words: wordsOfKit,
      forget: () => forgetKit(state),
    }),
    joining: ownJoining(
      (link, personName, how) =>
        held.whileJoining(async (own) => {
          const deviceName = (await rosters(own.team.id)).devices.get(own.deviceId)?.name || own.deviceName
          return joinByLink(link, { ...own, deviceName, personName: personName ?? own.personName }, store, how)
        }),
      async () => {
        // Being the hub was for the team that it had.
        await hubSwitch.stop()
        rejoined.resolve()
      },
      (fault) => log('joining failed', describeFault(fault)),
    ),
  }
  const parts = { identity, store, sync, people, keys, rosters, books, trail, blobs, notice, own, lastSeen }
  const contextFor = (authenticate: ServerContext['authenticate']): ServerContext =>
    installContext(parts, serving.lan, hubSwitch, authenticate)

  const serving = hubServing({
    open: (lanOptions) =>
      openLan({
        ...lanOptions,
        ...parts,
        live,
        pagesDir: options.pagesDir,
        contextFor,
        log,
        discovery,
        meetKey: teamKey.meet,
      }),
    async onStarted() {
      await following?.serving()
      describeHolder('hub')
    },
    onStopped() {
      following?.resigned()
      describeHolder('local')
    },
    log,
  })

  if (options.takeOver) await state.set(TAKES_OVER, true)
  const hubSwitch = await createHubSwitch({ identity, state, ...serving })

  // Where the key is in the folder, commands read the database by themselves.
  const commandSecret = options.keyProvider && newLaunchSecret()
  const describeHolder = (role: 'hub' | 'local') =>
    dataDir.describeHolder({ role, url, ...(commandSecret !== undefined && { commandSecret }) })

  async function takeOver(): Promise<void> {
    if (isInNetwork()) await serving.start({})
  }

  const live = openLive({ context: contextFor(async () => undefined), rosters, sync, log, changed })
  begun.push({ stop: () => live.close() })

  async function wordsOfKit(): Promise<string | undefined> {
    if (identity.team.privateKey === undefined) return undefined
    const author = () => people.author(personOf(identity))
    return recoveryWords(identity, await keys.laterKeys(), { changes, state, author, nowMs: Date.now() })
  }

  const loopback = await openLoopback({
    ...parts,
    live,
    port: options.port,
    pagesDir: options.pagesDir,
    launchSecret: options.launchSecret ?? newLaunchSecret(),
    contextFor,
    ...(commandSecret !== undefined && { commands: { commandSecret, dataDir, jobs: upkeep.jobs, log } }),
    log,
  })
  if (!loopback.ok) return err({ kind: 'listen', error: loopback.error })
  begun.push(loopback.value)
  const { url, windowUrl } = loopback.value
  describeHolder('local')

  following = await followHubs({
    deviceId: () => identity.deviceId,
    sync,
    state,
    scheduler: nodeScheduler,
    log,
    open: (hub) => dialHub(hub, held.now()),
    ...(discovery && { lookForHubs: (onChange) => lookForHubs(identity, onChange, log) }),
    isRevoked: async (deviceId) => (await rosters(identity.team.id)).devices.get(deviceId)?.revokedAt !== undefined,
    // Asked for each time: it is allowed and forbidden while the install is open.
    get takeOver() {
      return hubSwitch.takesOver() ? takeOver : undefined
    },
  })
  begun.push(following)
  if (options.resumeHub) await hubSwitch.resume(log)
  blobs.connectHub({
    async target() {
      const hub = await knownHub(state)
      return hub && { ...hub, own: identity, token: held.now().token }
    },
    ownOf: (actors) => actorsOf(changes, identity, actors),
    author: () => people.author(personOf(identity)),
    upstreams: () => sync.upstreams(),
  })
  const callCloud = () => sync.connect('cloud', () => dialCloud(state, held.now()), 'cloud', { border: keys.border() })
  let calling = Promise.resolve()
  if (await knownCloud(state)) {
    callCloud()
    // One after the other: keys may come several at a time. What waited for them is asked for in the new session.
    keys.onChange(() => {
      calling = calling.then(() => sync.disconnect('cloud')).then(callCloud)
    })
    blobs.holdBackFromCloud()
  }

  return ok({
    url,
    windowUrl,
    connectWindow: loopback.value.connectWindow,
    identity,
    store,
    sync,
    lan: serving.lan,
    startHub: serving.start,
    recoveryWords: wordsOfKit,
    recoveryKitKept: own.recoveryKit.confirm,
    teamKey,
    ...changeFileDoor(parts),
    notice,
    reopen: Promise.race([upkeep.damaged, rejoined.promise]),
    async stop() {
      own.joining.stop()
      following?.stop()
      await live.close()
      await serving.lan()?.stop()
      await keys.stop()
      await calling
      await lastSeen.stop()
      await Promise.all([sync.stop(), loopback.value.stop(), blobs.stop(), upkeep.stop()])
      await audit.close()
      await store.close()
      dataDir.close()
    },
  })
}

function lookForHubs({ team }: Identity, onChange: () => void, log: Log): Finding {
  return findHubs({ teamKey: () => team.publicKey, onChange, scheduler: nodeScheduler, log })
}
