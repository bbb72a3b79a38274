/** The blobs of an install: its store, its sweeping, and the transfers with the hub and the cloud that it calls. */
import { renameSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type BlobIndex, createBlobIndex } from '../../model/blobs/blobIndex.ts'
import { httpBlobRemote } from '../../model/blobs/remote.ts'
import { type BlobTransfer, createBlobTransfer, type LocalBlobs } from '../../model/blobs/transfer.ts'
import { reportUploaded, wantedBlobs } from '../../model/blobs/wanted.ts'
import type { PeerStatus } from '../../model/database/status.ts'
import type { Author } from '../../model/merge/edit.ts'
import type { TransferStatus } from '../../model/rest/blobs.ts'
import { err, ok } from '../../model/result.ts'
import type { ChangeStore, History } from '../../model/sync/changeStore.ts'
import type { Log } from '../log.ts'
import { describeFault } from '../rest/errors.ts'
import { nodeScheduler } from '../sync/nodeScheduler.ts'
import { createBlobKey, readBlobKey, writeBlobKey } from './blobKey.ts'
import { blobKeyFile, blobsFolder } from './blobPlaces.ts'
import { BlobDamaged } from './blobReader.ts'
import type { BlobDoor } from './blobRoutes.ts'
import { type BlobStore, openBlobStore } from './blobStore.ts'
import { type HttpTarget, httpSend } from './httpSend.ts'
import { KEEP_UNNAMED_MS, spokenOf } from './retention.ts'

/** What a desktop keeps unless told otherwise, and what it may be told to keep (`wedsync-api.md` §2.4). */
export const DEFAULT_QUOTA_MB = 500
export const MAX_QUOTA_MB = 5_000
const MEGABYTE_BYTES = 1_000_000

const FIRST_SWEEP_MS = 60_000
const SWEEP_EVERY_MS = 6 * 3_600_000

export interface InstallBlobsOptions {
  /** Folder of the install. */
  readonly dir: string
  /** Of the database. */
  readonly databaseKey: Uint8Array
  readonly quotaMegabytes: number
  readonly changes: ChangeStore
  readonly history: History
  readonly log: Log
}

/** What a transfer needs to know of the install that it belongs to. */
export interface TransferParts {
  target(): Promise<HttpTarget | undefined>
  /** Of these, the actors of this install's own person; what others have added, they report themselves. */
  ownOf(actors: readonly string[]): Promise<ReadonlySet<string>>
  author(): Promise<Author>
  upstreams(): Promise<readonly PeerStatus[]>
}

export interface InstallBlobs {
  readonly door: BlobDoor
  /** Carries blobs to and from the hub whenever the session with it is quiet. */
  connectHub(parts: TransferParts): void
  /** Says that nothing goes to the cloud: it must not see the bytes, and there is no key yet to seal them with. */
  holdBackFromCloud(): void
  stop(): Promise<void>
}

/** Opens `blobs/` in the folder of the install. Files whose key cannot be read are set aside, and come anew from peers. */
export async function openInstallBlobs(options: InstallBlobsOptions): Promise<InstallBlobs> {
  const { dir, databaseKey, quotaMegabytes, changes, history, log } = options
  const store = await openOwnBlobs(dir, databaseKey, quotaMegabytes, log)
  const index = createBlobIndex(changes, nextTurn)
  let hub: BlobTransfer | undefined
  let isHubKnown = false
  let isCloudKnown = false
  const poke = (): void => hub?.poke()
  const unsubscribe = [store.subscribe(poke), changes.subscribe(poke)]
  const stopSweeping = sweepNowAndThen({ store, index, history, log })

  return {
    door: {
      store,
      index,
      transfers: () => [...(hub && isHubKnown ? [hub.status()] : []), ...(isCloudKnown ? [NEEDS_KEY] : [])],
    },

    connectHub({ target, upstreams, ownOf, author }) {
      const held = new Set<string>()
      hub = createBlobTransfer({
        peer: 'hub',
        local: localBlobs(store),
        remote: httpBlobRemote(httpSend(target)),
        scheduler: nodeScheduler,
        fetches: true,
        wanted: () => wantedBlobs(changes, index, Date.now()),
        async line() {
          const peer = (await upstreams()).find(({ kind }) => kind === 'hub')
          isHubKnown = peer !== undefined
          return lineOf(peer)
        },
        async onHeld(hashes) {
          for (const sha256 of hashes) held.add(sha256)
          await reportUploaded(hashes, held, { changes, index, ownOf, author })
        },
        onFault: (fault) => log('blob transfer failed', describeFault(fault)),
      })
    },

    holdBackFromCloud() {
      isCloudKnown = true
    },

    async stop() {
      for (const stop of unsubscribe) stop()
      await Promise.all([stopSweeping(), hub?.stop()])
      index.close()
      await store.close()
    },
  }
}

/** The store in the folder of an install. */
export async function openOwnBlobs(
  dir: string,
  databaseKey: Uint8Array,
  quotaMegabytes: number,
  log: Log,
): Promise<BlobStore> {
  const folder = blobsFolder(dir)
  const key = await keyIn(folder, databaseKey, log)
  return openBlobStore({ folder, key, quotaBytes: quotaMegabytes * MEGABYTE_BYTES })
}

const NEEDS_KEY: TransferStatus = {
  peer: 'cloud',
  state: 'needs-key',
  toSend: 0,
  toFetch: 0,
  sentBytes: 0,
  receivedBytes: 0,
  retries: 0,
  refused: {},
}

async function keyIn(folder: string, databaseKey: Uint8Array, log: Log): Promise<Uint8Array> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = blobKeyFile(folder)
  const known = readBlobKey(file, databaseKey)
  if (known instanceof Uint8Array) return known
  if (known) {
    renameSync(folder, `${folder}-unreadable-${Date.now()}`)
    log('blobs set aside: their key cannot be read')
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
  const key = createBlobKey()
  writeBlobKey(file, key, databaseKey)
  return key
}

/** The store as a transfer wants it: pieces instead of streams. */
export function localBlobs(store: BlobStore): LocalBlobs {
  return {
    size: (sha256) => store.size(sha256),
    received: (blob) => store.received(blob),
    write: (blob, start, bytes) => store.write(blob, start, [bytes]),
    async read(sha256, start, end) {
      const reading = await store.read(sha256, { start, end })
      if (!reading.ok) return reading
      const chunks: Uint8Array[] = []
      try {
        for await (const chunk of reading.value.bytes) chunks.push(chunk)
      } catch (error) {
        if (error instanceof BlobDamaged) return err({ kind: 'damaged' })
        throw error
      }
      return ok(Buffer.concat(chunks))
    },
  }
}

function lineOf(peer: PeerStatus | undefined): 'offline' | 'records-first' | 'quiet' {
  if (!peer || peer.state === 'offline') return 'offline'
  return peer.waiting > 0 || peer.incoming > 0 ? 'records-first' : 'quiet'
}

interface Sweeping {
  readonly store: BlobStore
  readonly index: BlobIndex
  readonly history: History
  readonly log: Log
}

/** @returns ends it, after the run that is under way */
function sweepNowAndThen(sweeping: Sweeping): () => Promise<void> {
  let running = Promise.resolve()
  const sweep = (): void => {
    running = sweepOnce(sweeping)
  }
  const first = setTimeout(sweep, FIRST_SWEEP_MS)
  const later = setInterval(sweep, SWEEP_EVERY_MS)
  return async () => {
    clearTimeout(first)
    clearInterval(later)
    await running
  }
}

async function sweepOnce({ store, index, history, log }: Sweeping): Promise<void> {
  try {
    const nowMs = Date.now()
    const swept = await store.sweep(await spokenOf(index, history, nowMs), nowMs - KEEP_UNNAMED_MS)
    if (swept.removed > 0) log('blobs removed that nothing names', { ...swept })
  } catch (fault) {
    log('blobs could not be swept', describeFault(fault)) // the next sweep tries again
  }
}
