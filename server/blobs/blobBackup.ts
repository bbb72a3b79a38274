/**
 * Blobs in a backup: the same encrypted files, and their key wrapped under the backup's. Each is read to its end before
 * it goes in, and again, against its hash, when it comes back into a store, whatever key that has.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBlobFile } from './blobCheck.ts'
import { plainBytes } from './blobFile.ts'
import { readBlobKey } from './blobKey.ts'
import { blobKeyFile, blobPlaces } from './blobPlaces.ts'
import { BlobDamaged, openReader } from './blobReader.ts'
import type { BlobStore } from './blobStore.ts'

/** A blob on its way into a backup. */
export interface BlobSource {
  readonly sha256: string
  /** Path below the folder, with `/`. */
  readonly name: string
  readonly path: string
}

export interface BlobFiles {
  readonly files: readonly BlobSource[]
  /** Hashes that records name and that are not here. */
  readonly missing: readonly string[]
  /** Hashes of files that are not as they were written: no backup is made of them. */
  readonly damaged: readonly string[]
  /** Of all blobs of the folder; `undefined` if there is none, or none that can be read. */
  readonly key: Uint8Array | undefined
}

/**
 * The files that a backup has to hold.
 * @param folder  the `blobs/` folder; may be in use
 * @param hashes  what the records of the backup name
 * @param isKnown whether a backup has the file of this name already, so that it need not be read again
 */
export async function blobFilesFor(
  folder: string,
  hashes: Iterable<string>,
  databaseKey: Uint8Array,
  isKnown: (name: string) => boolean = () => false,
): Promise<BlobFiles> {
  const wanted = [...hashes]
  const key = readBlobKey(blobKeyFile(folder), databaseKey)
  if (key === undefined) return { files: [], missing: wanted, damaged: [], key }
  if (!(key instanceof Uint8Array)) return { files: [], missing: [], damaged: wanted, key: undefined }
  const { nameOf, placeOf } = blobPlaces(key)
  const [files, missing, damaged]: [BlobSource[], string[], string[]] = [[], [], []]
  for (const sha256 of wanted) {
    const name = placeOf(nameOf(sha256))
    const source = { sha256, name, path: join(folder, name) }
    const state = isKnown(source.name) ? 'sound' : await checkBlobFile(source.path, key, sha256)
    if (state === 'sound') files.push(source)
    else if (state === 'missing') missing.push(sha256)
    else damaged.push(sha256)
  }
  return { files, missing, damaged, key }
}

/** Where the blobs of a backup are. */
export interface BlobsOfBackup {
  readonly key: Uint8Array
  /** Gives the file of this name to read for as long as `work` takes; `undefined` if the backup does not have it. */
  withFile<T>(name: string, work: (path: string) => Promise<T>): Promise<T | undefined>
}

export interface BlobsPutBack {
  readonly restored: number
  /** Not in the backup, or damaged there. */
  readonly missing: readonly string[]
  /** Why it ended early. */
  readonly stopped?: 'quota' | 'disk-full'
}

/** Puts blobs of a backup into a store that is open, each checked against its hash. What is here already stays. */
export async function putBlobsBack(
  { key, withFile }: BlobsOfBackup,
  hashes: Iterable<string>,
  store: BlobStore,
): Promise<BlobsPutBack> {
  const { nameOf, placeOf } = blobPlaces(key)
  const missing: string[] = []
  let restored = 0
  for (const sha256 of hashes) {
    if (store.size(sha256) !== undefined) continue
    const outcome = await withFile(placeOf(nameOf(sha256)), (path) => putBack(path, key, sha256, store))
    if (outcome === 'quota' || outcome === 'disk-full') return { restored, missing, stopped: outcome }
    if (outcome === 'restored') restored += 1
    else missing.push(sha256)
  }
  return { restored, missing }
}

type Outcome = 'restored' | 'damaged' | 'quota' | 'disk-full'

async function putBack(path: string, key: Uint8Array, sha256: string, store: BlobStore): Promise<Outcome> {
  const size = plainBytes((await stat(path)).size)
  if (size === undefined) return 'damaged'
  const blob = { sha256, size }
  try {
    const start = await store.received(blob)
    const written = await store.write(blob, start, await openReader(path, key, blob, start, size))
    if (written.ok) return written.value.whole ? 'restored' : 'damaged'
    const { kind } = written.error
    return kind === 'quota' || kind === 'disk-full' ? kind : 'damaged'
  } catch (error) {
    if (error instanceof BlobDamaged) return 'damaged'
    throw error
  }
}
