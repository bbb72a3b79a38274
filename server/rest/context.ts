import type { InstallStatus } from '../../model/database/status.ts'
import type { Author } from '../../model/merge/edit.ts'
import type { HubState, JoinDecision, JoinEntry } from '../../model/rest/hub.ts'
import type { JoiningState } from '../../model/rest/joining.ts'
import type { PresenceState } from '../../model/rest/presence.ts'
import type { RecoveryKitState } from '../../model/rest/recovery.ts'
import type { TeamKeyState } from '../../model/rest/teamKey.ts'
import type { Result } from '../../model/result.ts'
import type { Grant, Role } from '../../model/roles.ts'
import type { Border } from '../../model/sync/border.ts'
import type { ChangeStore, History, StateStore } from '../../model/sync/changeStore.ts'
import type { Present } from '../../model/sync/presence.ts'
import type { ScopeCompleteness } from '../../model/sync/replicaSync.ts'
import type { Trail } from '../audit/trail.ts'
import type { BlobDoor } from '../blobs/blobRoutes.ts'
import type { UpdateWith } from '../changes/sqlite.ts'
import type { Books } from './books.ts'
import type { RosterOf } from './roster.ts'

/** Who is calling, as the bearer token proves it. */
export interface Caller {
  readonly team: string
  readonly userId: string
  readonly deviceId: string
  readonly grant: Grant
}

export interface ReplicaStores {
  readonly changes: ChangeStore
  /** Only where one transaction can take more than records. */
  readonly updateWith?: UpdateWith
  readonly history: History
  readonly state: StateStore
}

export interface JoinRequest {
  readonly role: Role
  readonly weddings: Grant['weddings']
  readonly vendors?: readonly string[]
  readonly expiresInSeconds: number
  /** Absent: given. */
  readonly approval?: 'given' | 'ask'
}

/** A peer that this server sends to, as the queue needs to know it. */
export interface OutgoingPeer {
  readonly kind: 'hub' | 'cloud'
  /** Of its store; unknown before the first connection. */
  readonly epoch: string | undefined
  readonly isConnected: boolean
  /** Tries since the last success. */
  readonly attempts: number
  readonly nextRetryMs: number | undefined
  readonly problem: string | undefined
}

export interface Outgoing {
  peers(): Promise<readonly OutgoingPeer[]>
  /** Tries unreachable peers again now. */
  poke(): void
}

/** What the REST API needs to know of the server it belongs to; each composition supplies it. */
export interface ServerContext {
  readonly role: 'local' | 'hub' | 'cloud'
  readonly version: string
  readonly stores: ReplicaStores
  /** The bytes of photos and documents, where they are kept. */
  readonly blobs?: BlobDoor
  /** @param socket on which it came: some doors compare the token with the certificate that was shown there */
  authenticate(bearerToken: string, socket?: unknown): Promise<Caller | undefined>
  /** Only an install: whether this is the person and the device that it belongs to. */
  isOwn?(caller: Caller): boolean
  /** Weddings that exist here and belong to the caller's team. The caller's grant is checked by the route. */
  weddingsOf(team: string): Promise<readonly string[]>
  /**
   * Only where one store serves many teams: takes the id of a new wedding for the team. False if another team has it.
   */
  claimWedding?(team: string, weddingId: string): Promise<boolean>
  /** Only where values may be sealed, as at the cloud. */
  readonly sealing?: Sealing
  /** Makes an author for each edit of this caller, with a fresh stamp. */
  authors(caller: Caller): Promise<() => Author>
  /** The devices of a team, and which are shut out. */
  readonly rosters: RosterOf
  completeness(scope: string): Promise<ScopeCompleteness>
  /**
   * Only where values are open: the record as a cloud sees it, so that digests can be compared with it. Another function
   * once this device has got keys.
   */
  outline?(): Border['outline']
  status(caller: Caller): Promise<InstallStatus>
  /** What of the status is about work that is not done yet. */
  backlog(): Promise<Pick<InstallStatus, 'upstreams' | 'quarantined'>>
  /** The peers that this server sends to. Absent where everybody comes by themselves, as at the cloud. */
  readonly outgoing?: Outgoing
  /** Only an install: when a device was connected here last, in ms since 1970 UTC. */
  lastSeen?(deviceId: string): number | undefined
  /** Ends the connections of a device that may no longer come in. */
  dismiss(deviceId: string): void
  /** What this server notes of its own work. */
  readonly books: Books
  readonly trail: Trail
  /** Only an install: starts the LAN listener if it does not run. */
  startHub?(): Promise<Result<{ readonly url: string; readonly fingerprint: string }, { readonly kind: string }>>
  readonly hubSwitch?: HubSwitch
  /** Only an install: who asks to join at it. */
  readonly joinDesk?: JoinDesk
  /** Only an install: what it does for the person at its window. */
  readonly own?: OwnDesk
  /** A link that lets one device in; `undefined` while this install is no hub. */
  createJoin?(request: JoinRequest): Promise<JoinLinks | undefined>
  /** Only an install: a link that lets one device in through the cloud. */
  createCloudJoin?(request: JoinRequest): Promise<Result<CloudJoin, CloudJoinError>>
}

export interface Sealing {
  /** Whether a team seals its values: then nothing may be written in the open for it. */
  isSealed(team: string): Promise<boolean>
  /**
   * Tells the team that this actor is the caller's, if it does not know.
   * @param isTrial only looks
   * @returns false if it is somebody else's
   */
  claimActor(caller: Caller, actor: string, isTrial: boolean): Promise<boolean>
}

/** Only an install: what its owner decides about being the hub, beside starting it. */
export interface HubSwitch {
  state(): Promise<HubState>
  stop(): Promise<void>
  setTakesOver(takesOver: boolean): Promise<void>
}

export interface JoinDesk {
  open(): Promise<readonly JoinEntry[]>
  decide(joinId: string, decision: JoinDecision): Promise<Result<unknown, 'unknown' | 'nobody-asks' | 'other-code'>>
}

export interface OwnPresence {
  /** Where the window is; it is to say so again within some seconds. */
  tell(weddingId: string | null, state: PresenceState): void
  /** Who else is here. */
  present(): readonly Present[]
}

export interface OwnRecoveryKit {
  state(): Promise<RecoveryKitState>
  /** Makes a kit; `undefined` if there is one whose words are kept. */
  words(): Promise<readonly string[] | undefined>
  /** False if there is nothing to be confirmed. */
  confirm(): Promise<boolean>
}

export interface OwnJoining {
  state(): JoiningState
  /** False if it is joining already. */
  start(link: string, personName: string | undefined): boolean
  stop(): void
}

export type ReplaceKeyError =
  /** This device does not hold the key of the team. */
  | 'not-a-hub'
  /** The team was founded by a version that made no kit that could sign for it. */
  | 'older-team'
  /** These words are of another kit. */
  | 'other-kit'
  /** The device itself is to go on. */
  | 'own-device'
  /** Another owner has replaced the key at the same time. */
  | 'another-was-first'

export interface OwnTeamKey {
  state(): Promise<TeamKeyState>
  /**
   * Once it is done the install is opened again by itself, under the next key.
   * @param words what the words of the recovery kit say
   * @param without devices that do not go on, beside those that were shut out
   */
  replace(words: Uint8Array, without: readonly string[]): Promise<Result<true, ReplaceKeyError>>
}

export interface OwnDesk {
  readonly teamKey: OwnTeamKey
  readonly presence: OwnPresence
  readonly recoveryKit: OwnRecoveryKit
  readonly joining: OwnJoining
}

export interface CloudJoin {
  readonly join: string
  readonly expiresAt: string
}

export type CloudJoinError =
  | { readonly kind: 'no-cloud' }
  /** The role or its weddings: what is given away with the link is the key of the team. */
  | { readonly kind: 'reads-too-little' }
  | { readonly kind: 'cloud-unreachable'; readonly detail: string }

export interface JoinLinks {
  /** Names the invitation. */
  readonly joinId: string
  /** `wedsync://join?…`, for the app. */
  readonly join: string
  /** `https://…/#join=…`, for a browser. */
  readonly browser: string
  readonly expiresAt: string
}
