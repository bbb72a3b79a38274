/**
 * Blobs in a backup: the same encrypted files, and their key wrapped under the backup's. Put back as files they are a
 * whole `blobs/` folder, whose key is then wrapped under the key of the database that it belongs to from there on; or
 * each goes through a store that has blobs of its own.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '../../model/result.ts'
import { type BlobKeyError, readBlobKey, writeBlobKey } from './blobKey.ts'
import { blobKeyFile, blobPlaces } from './blobPlaces.ts'
import { type BlobStore, openBlobStore } from './blobStore.ts'

export interface BlobFiles {
  /** `name` is the path below the folder, with `/`. */
  readonly files: readonly { readonly name: string; readonly path: string }[]
  /** Hashes that records name and that are not here. */
  readonly missing: readonly string[]
}

/**
 * The files that a backup has to hold, key first. They never change: one that an earlier backup has need not be copied
 * again.
 * @param folder  the `blobs/` folder; may be in use
 * @param hashes  what the records of the backup name
 * @param keyCopy where to write the key as the backup shall have it; the caller removes it
 */
export function blobFilesFor(
  folder: string,
  hashes: Iterable<string>,
  keys: { readonly databaseKey: Uint8Array; readonly backupKey: Uint8Array; readonly keyCopy: string },
): Result<BlobFiles, BlobKeyError> {
  const wanted = [...new Set(hashes)]
  const key = readBlobKey(blobKeyFile(folder), keys.databaseKey)
  if (key === undefined) return ok({ files: [], missing: wanted })
  if (!(key instanceof Uint8Array)) return err(key)
  writeBlobKey(keys.keyCopy, key, keys.backupKey)
  const { nameOf, placeOf } = blobPlaces(key)
  const here = wanted.filter((sha256) => existsSync(join(folder, placeOf(nameOf(sha256)))))
  return ok({
    files: [
      { name: 'key', path: keys.keyCopy },
      ...here
        .map((sha256) => placeOf(nameOf(sha256)))
        .map((place) => ({
          name: place.replaceAll('\\', '/'),
          path: join(folder, place),
        })),
    ],
    missing: wanted.filter((sha256) => !here.includes(sha256)),
  })
}

/** Wraps the key of a `blobs/` folder anew, for a database with another key. No blob is touched. */
export function rewrapBlobKey(folder: string, from: Uint8Array, to: Uint8Array): Result<true, BlobKeyError> {
  const file = blobKeyFile(folder)
  const key = readBlobKey(file, from)
  if (!(key instanceof Uint8Array)) return err(key ?? { kind: 'blob-key-unreadable', file })
  writeBlobKey(file, key, to)
  return ok(true)
}

export interface BlobsPutBack {
  readonly restored: number
  /** Not in the backup, or damaged there. */
  readonly missing: readonly string[]
  /** Why it ended early. */
  readonly stopped?: 'quota' | 'disk-full'
}

/**
 * Puts blobs of a backup into a store that is open, whatever key that has, each checked against its hash. What is here
 * already stays.
 * @param folder    `blobs/` of the backup, unpacked
 * @param backupKey under which its key is wrapped
 */
export async function putBlobsBack(
  folder: string,
  backupKey: Uint8Array,
  hashes: Iterable<string>,
  store: BlobStore,
): Promise<Result<BlobsPutBack, BlobKeyError>> {
  const file = blobKeyFile(folder)
  const key = readBlobKey(file, backupKey)
  if (!(key instanceof Uint8Array)) return err(key ?? { kind: 'blob-key-unreadable', file })
  const backup = await openBlobStore({ folder, key, quotaBytes: 0 })
  const missing: string[] = []
  let restored = 0
  try {
    for (const sha256 of new Set(hashes)) {
      if (store.size(sha256) !== undefined) continue
      const outcome = await putBack(backup, sha256, store)
      if (outcome === 'quota' || outcome === 'disk-full') return ok({ restored, missing, stopped: outcome })
      if (outcome === 'restored') restored += 1
      else missing.push(sha256)
    }
  } finally {
    await backup.close()
  }
  return ok({ restored, missing })
}

async function putBack(backup: BlobStore, sha256: string, store: BlobStore): Promise<'restored' | string> {
  const size = backup.size(sha256)
  if (size === undefined) return 'not-here'
  const blob = { sha256, size }
  const start = await store.received(blob)
  const reading = await backup.read(sha256, { start, end: size })
  if (!reading.ok) return reading.error.kind
  const written = await store.write(blob, start, reading.value.bytes)
  return written.ok ? 'restored' : written.error.kind
}
