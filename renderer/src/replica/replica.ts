import type { RxCollection } from 'rxdb'
import type { Observable } from 'rxjs'
import type { RecordDocument } from '../../../model/database/recordSchema.ts'
import type { PeerStatus } from '../../../model/database/status.ts'
import type { Author } from '../../../model/merge/edit.ts'
import type { Grant } from '../../../model/roles.ts'
import type { RecordStore } from '../../../model/sync/changeStore.ts'
import type { BlobFiles } from '../photos/files.ts'

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
  /** Only an install: makes this install a hub (if it is not one) and returns a link for one more device. */
  readonly inviteDevice?: (invite: { readonly role: string }) => Promise<Invitation>
}

export interface ReplicaStatus {
  readonly role: 'local' | 'hub' | 'tablet'
  readonly deviceName: string
  readonly personName: string
  readonly grant: Grant
  readonly upstreams: readonly PeerStatus[]
  readonly devices: readonly PeerStatus[]
  readonly quarantined: number
  /** ms by which an install corrects its clock. */
  readonly clockOffsetMs?: number | undefined
  /** Something about the database of this device that people should know, in a sentence. */
  readonly notice?: string
  /** The window lost its own local server or storage: nothing can be saved now. */
  readonly problem?: string
}

export interface Invitation {
  readonly browserUrl: string
  readonly appUrl: string
  readonly expiresAt: string
  readonly fingerprint: string
}

/** How opening the replica ended: with one, with a question, or with advice. */
export type OpenOutcome =
  | { readonly kind: 'ready'; readonly replica: Replica }
  | { readonly kind: 'needs-name'; join(name: string): Promise<OpenOutcome> }
  | { readonly kind: 'failed'; readonly title: string; readonly advice: string }
