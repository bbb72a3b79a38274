import type { RxCollection } from 'rxdb'
import type { Observable } from 'rxjs'
import type { ClientError } from '../../../model/client/client.ts'
import type { RecordDocument } from '../../../model/database/recordSchema.ts'
import type { PeerStatus } from '../../../model/database/status.ts'
import type { Author } from '../../../model/merge/edit.ts'
import type { OwnDraft } from '../../../model/rest/window.ts'
import type { Result } from '../../../model/result.ts'
import type { Grant } from '../../../model/roles.ts'
import type { RecordStore } from '../../../model/sync/changeStore.ts'
import type { BlobFiles } from '../photos/files.ts'
import type { Presence } from '../presence/presence.ts'
import type { PageApi } from './api.ts'

/** What the window knows of its own replica: the install's database on this machine, or the tablet's own. */
export interface Replica {
  readonly kind: 'install' | 'tablet'
  /** For live reading; writing goes through `store`. */
  readonly collection: RxCollection<RecordDocument>
  readonly store: RecordStore
  /** The bytes of photos and documents. */
  readonly files: BlobFiles
  /** A fresh stamp under this device's actor for the next edit. */
  author(): Author
  readonly team: string
  readonly userId: string
  readonly deviceId: string
  readonly status: Observable<ReplicaStatus>
  /** The server that gave this page. A tablet's is the hub, which may be out of reach. */
  readonly api: PageApi
  readonly presence: Presence
  readonly drafts: OwnDrafts
}

/** What people here typed against their role: taken back, and kept until they remove it. */
export interface OwnDrafts {
  list(): Promise<Result<readonly OwnDraft[], ClientError>>
  remove(draft: OwnDraft): Promise<Result<unknown, ClientError>>
}

export interface ReplicaStatus {
  readonly role: 'local' | 'hub' | 'tablet'
  readonly deviceName: string
  readonly personName: string
  readonly grant: Grant
  readonly upstreams: readonly PeerStatus[]
  readonly devices: readonly PeerStatus[]
  /** Of the window of an install: the actor to edit under. */
  readonly actor?: string | undefined
  readonly quarantined: number
  /** ms by which an install corrects its clock. */
  readonly clockOffsetMs?: number | undefined
  /** Of a tablet: the hub that it joined at, as the link named it. */
  readonly hub?: { readonly name: string; readonly fingerprint?: string | undefined }
  /** Of an install that could make one: whether the team has a recovery kit. */
  readonly recoveryKit?: boolean | undefined
  /** Something about the database of this device that people should know, in a sentence. */
  readonly notice?: string | undefined
  /** An owner has shut this device out: what is written here reaches nobody. */
  readonly isShutOut?: boolean | undefined
  /** The key of the team was replaced, and this device has to be invited again: until then it is out of reach for the others. */
  readonly isKeyReplaced?: boolean | undefined
  /** The window lost its own local server or storage: nothing can be saved now. */
  readonly problem?: string
}

/** @param onWaiting somebody has to let this device in: the code for both screens */
export type JoinAs = (name: string, onWaiting: (code: string) => void) => Promise<OpenOutcome>

/** @returns what came of it, or why the passphrase was not taken */
export type Unlock = (passphrase: string) => Promise<Result<OpenOutcome, string>>

/** How opening the replica ended: with one, with a question, or with advice. */
export type OpenOutcome = Opened & {
  /** What takes the place of this outcome by itself: another tab is closed, or has opened what this one can work with. */
  readonly next?: Promise<OpenOutcome>
}

type Opened =
  | { readonly kind: 'ready'; readonly replica: Replica }
  | { readonly kind: 'needs-name'; readonly join: JoinAs }
  | { readonly kind: 'locked'; readonly unlock: Unlock }
  | { readonly kind: 'failed'; readonly title: string; readonly advice: string }
