/** Whether the blobs of an install are as its records say. */
import type { BlobIndex } from '../../model/blobs/blobIndex.ts'
import { BlobDamaged } from './blobReader.ts'
import type { BlobStore } from './blobStore.ts'

export interface BlobFinding {
  /** `missing`: a record names it, and it has not arrived or is lost; `damaged`: not as it was written, and set aside. */
  readonly kind: 'missing' | 'damaged'
  readonly sha256: string
  readonly recordId: string
}

/** Reads every blob that a live record names, to its end. */
export async function checkBlobs(store: BlobStore, index: BlobIndex): Promise<readonly BlobFinding[]> {
  const findings: BlobFinding[] = []
  const checked = new Map<string, BlobFinding['kind'] | 'sound'>()
  for (const { id, mentions, deletedMs } of await index.all()) {
    if (deletedMs !== undefined) continue
    for (const { sha256 } of mentions) {
      const kind = checked.get(sha256) ?? (await checkOne(store, sha256))
      checked.set(sha256, kind)
      if (kind !== 'sound') findings.push({ kind, sha256, recordId: id })
    }
  }
  return findings
}

async function checkOne(store: BlobStore, sha256: string): Promise<BlobFinding['kind'] | 'sound'> {
  const reading = await store.read(sha256)
  if (!reading.ok) return reading.error.kind === 'damaged' ? 'damaged' : 'missing'
  try {
    for await (const _chunk of reading.value.bytes) {
      // each chunk is proved before it is given out
    }
    return 'sound'
  } catch (error) {
    if (error instanceof BlobDamaged) return 'damaged'
    throw error
  }
}
