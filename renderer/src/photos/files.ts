/** The bytes of photos and documents as a page handles them, whether it is an install's window or a tablet. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { BlobTable } from '../../../model/blobs/mentions.ts'

export interface BlobFiles {
  /**
   * Keeps bytes so that they are not lost any more, whatever happens to this page.
   * @param place where the record that will name them belongs
   */
  keep(bytes: Blob, name: string, place: BlobPlace): Promise<void>
  /** The bytes, from wherever they are; `undefined` if they have not arrived yet. */
  load(name: string): Promise<Blob | undefined>
}

export interface BlobPlace {
  readonly wedding: string
  readonly table: BlobTable
}

/** SHA-256 in lower-case hexadecimal, read in parts: a film is not held in memory as a whole. */
export async function nameOf(bytes: Blob): Promise<string> {
  const hash = sha256.create()
  const reader = bytes.stream().getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) hash.update(part.value)
  return bytesToHex(hash.digest())
}
