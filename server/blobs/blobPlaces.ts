/** Where the blobs of a folder stand. */
import { createHmac, hkdfSync } from 'node:crypto'
import { join } from 'node:path'

export interface BlobPlaces {
  /** The name of the file: an HMAC of the blob's own name, which tells whoever sees the folder nothing. */
  nameOf(sha256: string): string
  /** Path of the file of this name, below the folder, with `/`. */
  placeOf(name: string): string
}

/** @param key of the blobs, not of the database */
export function blobPlaces(key: Uint8Array): BlobPlaces {
  const nameKey = new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), 'wedsync blob names 1', 32))
  return {
    nameOf: (sha256) => createHmac('sha256', nameKey).update(sha256).digest('hex'),
    placeOf: (name) => `${name.slice(0, 2)}/${name}`,
  }
}

/** Of an install. */
export function blobsFolder(dir: string): string {
  return join(dir, 'blobs')
}

/** The wrapped key of the blobs in this folder. */
export function blobKeyFile(folder: string): string {
  return join(folder, 'key')
}
