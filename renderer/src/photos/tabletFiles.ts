/** The files of a tablet: kept in its browser until the hub has them, looked at where they are. */
import { createBlobIndex } from '../../../model/blobs/blobIndex.ts'
import { httpBlobRemote } from '../../../model/blobs/remote.ts'
import { createBlobTransfer, type LocalBlobs } from '../../../model/blobs/transfer.ts'
import { reportUploaded, wantedBlobs } from '../../../model/blobs/wanted.ts'
import type { Author } from '../../../model/merge/edit.ts'
import { err, ok } from '../../../model/result.ts'
import type { ChangeStore } from '../../../model/sync/changeStore.ts'
import type { ReplicaSync } from '../../../model/sync/replicaSync.ts'
import { browserScheduler } from '../replica/browserTransport.ts'
import { browserSend, fetchBlob } from './blobCalls.ts'
import { type BlobQueue, openBlobQueue } from './blobQueue.ts'
import type { BlobFiles } from './files.ts'

/** Bytes whose record was never written, because the page ended in between, are no photo that anybody has seen. */
const KEEP_UNNAMED_MS = 86_400_000

interface TabletParts {
  readonly changes: ChangeStore
  readonly sync: Pick<ReplicaSync, 'upstreams'>
  readonly token: string
  /** Of the hub at the moment. */
  origin(): string
  author(): Author
}

export async function openTabletFiles({ changes, sync, token, origin, author }: TabletParts): Promise<BlobFiles> {
  const queue = await openBlobQueue()
  const index = createBlobIndex(changes)
  const held = new Set<string>()
  await dropUnnamed(queue, (name) => index.naming(name))
  const transfer = createBlobTransfer({
    peer: 'hub',
    local: localBlobs(queue),
    remote: httpBlobRemote(browserSend(token, origin)),
    scheduler: browserScheduler,
    fetches: false,
    // What nobody waits for is of no concern: the tablet asks for it when somebody looks at it.
    wanted: () =>
      wantedBlobs(
        changes,
        index,
        Date.now(),
        (record) => record.awaitsUpload || record.mentions.some(({ sha256 }) => queue.waiting().has(sha256)),
      ),
    async line() {
      const [hub] = await sync.upstreams()
      if (!hub || hub.state === 'offline') return 'offline'
      return hub.waiting > 0 || hub.incoming > 0 ? 'records-first' : 'quiet'
    },
    async onHeld(hashes) {
      for (const name of hashes) held.add(name)
      await reportUploaded(hashes, held, {
        changes,
        index,
        ownOf: async () => new Set([changes.epoch]),
        author: async () => author(),
      })
      for (const name of hashes) await queue.remove(name)
    },
    onFault: (fault) => reportError(fault),
  })
  changes.subscribe(() => transfer.poke())
  return {
    async keep(bytes, name) {
      await queue.add(name, bytes)
      transfer.poke()
    },
    load: async (name) => (await queue.bytes(name)) ?? (await fetchIfReachable(token, name, origin())),
  }
}

/** A hub that is away has not refused anything: the picture is shown when it is back. */
async function fetchIfReachable(token: string, name: string, origin: string): Promise<Blob | undefined> {
  try {
    return await fetchBlob(token, name, origin)
  } catch (cause) {
    if (cause instanceof TypeError) return undefined // what `fetch` throws when there is no connection
    throw cause
  }
}

function localBlobs(queue: BlobQueue): LocalBlobs {
  return {
    size: (name) => queue.waiting().get(name)?.size,
    async read(name, start, end) {
      const bytes = await queue.bytes(name)
      return bytes ? ok(new Uint8Array(await bytes.slice(start, end).arrayBuffer())) : err({ kind: 'not-here' })
    },
    // A tablet fetches nothing, so nothing arrives.
    received: async () => 0,
    write: async () => err({ kind: 'not-kept' }),
  }
}

async function dropUnnamed(queue: BlobQueue, naming: (name: string) => Promise<readonly string[]>): Promise<void> {
  const before = Date.now() - KEEP_UNNAMED_MS
  for (const [name, { addedMs }] of [...queue.waiting()]) {
    if (addedMs < before && (await naming(name)).length === 0) await queue.remove(name)
  }
}
