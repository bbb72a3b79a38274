import type { InstallStatus } from '../../model/database/status.ts'
import type { Author } from '../../model/merge/edit.ts'
import type { Result } from '../../model/result.ts'
import type { Grant, Role } from '../../model/roles.ts'
import type { ChangeStore, History, StateStore } from '../../model/sync/changeStore.ts'
import type { ScopeCompleteness } from '../../model/sync/replicaSync.ts'

/** Who is calling, as the bearer token proves it. */
export interface Caller {
  readonly team: string
  readonly userId: string
  readonly deviceId: string
  readonly grant: Grant
}

export interface ReplicaStores {
  readonly changes: ChangeStore
  readonly history: History
  readonly state: StateStore
}

export interface JoinRequest {
  readonly role: Role
  readonly weddings: Grant['weddings']
  readonly expiresInSeconds: number
}

/** What the REST API needs to know of the server it belongs to; each composition supplies it. */
export interface ServerContext {
  readonly role: 'local' | 'hub' | 'cloud'
  readonly version: string
  readonly stores: ReplicaStores
  authenticate(bearerToken: string): Promise<Caller | undefined>
  /** Weddings that exist here and belong to the caller's team. The caller's grant is checked by the route. */
  weddingsOf(team: string): Promise<readonly string[]>
  /**
   * Only where one store serves many teams: takes the id of a new wedding for the team. False if another team has it.
   */
  claimWedding?(team: string, weddingId: string): Promise<boolean>
  /** An author for edits of this caller, with a fresh stamp. */
  author(caller: Caller): Promise<Author>
  completeness(scope: string): Promise<ScopeCompleteness>
  status(caller: Caller): Promise<InstallStatus>
  /** Only an install: starts the LAN listener if it does not run. */
  startHub?(): Promise<Result<{ readonly url: string; readonly fingerprint: string }, { readonly kind: string }>>
  /** A link that lets one device in; `undefined` while this install is no hub. */
  createJoin?(request: JoinRequest): Promise<JoinLinks | undefined>
}

export interface JoinLinks {
  /** `wedsync://join?…`, for the app. */
  readonly join: string
  /** `https://…/#join=…`, for a browser. */
  readonly browser: string
  readonly expiresAt: string
}
