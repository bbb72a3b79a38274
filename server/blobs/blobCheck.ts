/** Whether the blobs of an install are as its records say. Only reads, so it may look beside a running install. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from '../identity/wholeFile.ts'
import { plainBytes } from './blobFile.ts'
import { readBlobKey } from './blobKey.ts'
import { blobKeyFile, blobPlaces } from './blobPlaces.ts'
import { BlobDamaged, openReader } from './blobReader.ts'
import type { NamedBlobs } from './namedBlobs.ts'

/** `missing`: a record names it, and it has not arrived or is lost; `damaged`: not as it was written. */
export type BlobState = 'sound' | 'missing' | 'damaged'

export interface BlobFinding {
  readonly kind: Exclude<BlobState, 'sound'>
  readonly sha256: string
  readonly recordId: string
}

/**
 * Reads every blob that is named to its end.
 * @param folder the `blobs/` folder; may be in use
 */
export async function checkBlobs(
  folder: string,
  databaseKey: Uint8Array,
  named: NamedBlobs,
): Promise<readonly BlobFinding[]> {
  const key = readBlobKey(blobKeyFile(folder), databaseKey)
  const stateOf = async (sha256: string): Promise<BlobState> => {
    if (key === undefined) return 'missing'
    if (!(key instanceof Uint8Array)) return 'damaged' // nothing below a key that does not open can be read
    const { nameOf, placeOf } = blobPlaces(key)
    return checkBlobFile(join(folder, placeOf(nameOf(sha256))), key, sha256)
  }
  const findings: BlobFinding[] = []
  for (const [sha256, recordId] of named) {
    const kind = await stateOf(sha256)
    if (kind !== 'sound') findings.push({ kind, sha256, recordId })
  }
  return findings
}

/** Reads one file to its end: each chunk proves that it is the chunk of this blob as it was sealed. */
export async function checkBlobFile(file: string, key: Uint8Array, sha256: string): Promise<BlobState> {
  try {
    const size = plainBytes((await stat(file)).size)
    if (size === undefined) return 'damaged'
    for await (const _chunk of await openReader(file, key, { sha256, size }, 0, size)) {
      // proved before it is given out
    }
    return 'sound'
  } catch (error) {
    if (error instanceof BlobDamaged) return 'damaged'
    if (isMissing(error)) return 'missing'
    throw error
  }
}
