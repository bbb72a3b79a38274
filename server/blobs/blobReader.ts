/** Reads a range of an encrypted blob, chunk by chunk. */
import { type FileHandle, open } from 'node:fs/promises'
import {
  type BlobId,
  CHUNK_BYTES,
  type ChunkCipher,
  chunkAt,
  chunkCipher,
  fileBytes,
  HEADER_BYTES,
  readHeader,
  SEALED_CHUNK_BYTES,
} from './blobFile.ts'

/** The file is not as it was written. */
export class BlobDamaged extends Error {
  constructor() {
    super('a stored blob is damaged')
    this.name = 'BlobDamaged'
  }
}

/**
 * Proves the first chunk of the range, so that most damage is known before anything is given out; the rest is proved chunk
 * by chunk. What is returned opens the file when it is read from.
 * @param end not included
 */
export async function openReader(
  file: string,
  masterKey: Uint8Array,
  id: BlobId,
  start: number,
  end: number,
): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(file, 'r')
  try {
    const cipher = await checkHeader(handle, masterKey, id)
    await readChunk(handle, cipher, Math.floor(start / CHUNK_BYTES))
  } finally {
    await handle.close()
  }
  return chunks(file, masterKey, id, start, end)
}

async function checkHeader(handle: FileHandle, masterKey: Uint8Array, id: BlobId): Promise<ChunkCipher> {
  const header = Buffer.alloc(HEADER_BYTES)
  const { size } = await handle.stat()
  await readFully(handle, header, 0)
  if (readHeader(header) !== id.size || size !== fileBytes(id.size)) throw new BlobDamaged()
  return chunkCipher(masterKey, id, header)
}

async function* chunks(
  file: string,
  masterKey: Uint8Array,
  id: BlobId,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    const cipher = await checkHeader(handle, masterKey, id)
    for (let index = Math.floor(start / CHUNK_BYTES); index * CHUNK_BYTES < end; index++) {
      const base = index * CHUNK_BYTES
      const chunk = await readChunk(handle, cipher, index)
      yield chunk.subarray(Math.max(0, start - base), end - base)
    }
  } finally {
    await handle.close()
  }
}

async function readChunk(handle: FileHandle, cipher: ChunkCipher, index: number): Promise<Buffer> {
  const sealed = Buffer.allocUnsafe(SEALED_CHUNK_BYTES)
  const length = await readFully(handle, sealed, chunkAt(index))
  const plain = cipher.open(index, sealed.subarray(0, length))
  if (!plain) throw new BlobDamaged()
  return plain
}

async function readFully(handle: FileHandle, into: Buffer, position: number): Promise<number> {
  try {
    return (await handle.read(into, 0, into.length, position)).bytesRead
  } catch (error) {
    // A sector that cannot be read is damage like any other.
    if (error instanceof Error && 'code' in error && error.code === 'EIO') throw new BlobDamaged()
    throw error
  }
}
