/**
 * A blob that is still arriving. Whatever was cut, what is on disk is a row of whole chunks: each is written when it is
 * full, sealed, and counts from then on. It is not synced chunk by chunk, since a sender asks how much is here before
 * it goes on; after a power cut that is less.
 */
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import {
  type BlobId,
  CHUNK_BYTES,
  type ChunkCipher,
  chunkAt,
  chunkCipher,
  chunkCount,
  chunkLength,
  createHeader,
  fileBytes,
  HEADER_BYTES,
  readHeader,
  SEALED_CHUNK_BYTES,
} from './blobFile.ts'

const FILE_MODE = 0o600

export interface Draft {
  /** Bytes of plaintext that need not be sent again. */
  received(): number
  /** Takes the bytes that follow. Throws what the disk says; what was received before that stays. */
  write(bytes: Uint8Array): Promise<void>
  /** Forgets a chunk that was not filled. */
  dropRest(): void
  /** When everything is received: syncs and closes. @returns whether the bytes are those that the name promised */
  finish(): Promise<boolean>
  close(): Promise<void>
}

/** Goes on with the draft in this file, or begins one. */
export async function openDraft(file: string, masterKey: Uint8Array, id: BlobId): Promise<Draft> {
  const handle = await openOrCreate(file)
  try {
    const resumed = await resume(handle, masterKey, id)
    return draftOf(handle, id, resumed ?? (await begin(handle, masterKey, id)))
  } catch (error) {
    await handle.close()
    throw error
  }
}

interface State {
  readonly cipher: ChunkCipher
  readonly hash: Hash
  chunks: number
}

function draftOf(handle: FileHandle, { sha256, size }: BlobId, state: State): Draft {
  const rest = Buffer.allocUnsafe(CHUNK_BYTES)
  let restLength = 0

  async function writeChunk(plain: Uint8Array): Promise<void> {
    const sealed = state.cipher.seal(state.chunks, plain)
    const { bytesWritten } = await handle.write(sealed, 0, sealed.length, chunkAt(state.chunks))
    if (bytesWritten !== sealed.length) throw Object.assign(new Error('the disk took only a part'), { code: 'ENOSPC' })
    state.hash.update(plain)
    state.chunks += 1
  }

  return {
    received: () => Math.min(size, state.chunks * CHUNK_BYTES),
    async write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const wanted = chunkLength(size, state.chunks)
        if (wanted <= 0) throw new RangeError('more bytes than the blob has')
        const taken = bytes.subarray(at, at + wanted - restLength)
        rest.set(taken, restLength)
        restLength += taken.length
        at += taken.length
        if (restLength < wanted) return
        await writeChunk(rest.subarray(0, wanted))
        restLength = 0
      }
    },
    dropRest() {
      restLength = 0
    },
    async finish() {
      const isRight = state.hash.copy().digest('hex') === sha256
      if (isRight) {
        await handle.truncate(fileBytes(size))
        await handle.sync()
      }
      await handle.close()
      return isRight
    },
    close: () => handle.close(),
  }
}

async function openOrCreate(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r+')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    return open(file, 'wx+', FILE_MODE)
  }
}

async function begin(handle: FileHandle, masterKey: Uint8Array, id: BlobId): Promise<State> {
  const header = createHeader(id.size)
  await handle.truncate(0)
  await handle.write(header, 0, header.length, 0)
  return { cipher: chunkCipher(masterKey, id, header), hash: createHash('sha256'), chunks: 0 }
}

/** Reads what is there, up to the first chunk that a crash has left half written. `undefined` if there is nothing. */
async function resume(handle: FileHandle, masterKey: Uint8Array, id: BlobId): Promise<State | undefined> {
  const header = Buffer.alloc(HEADER_BYTES)
  const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0)
  if (bytesRead < HEADER_BYTES || readHeader(header) !== id.size) return undefined
  const state: State = { cipher: chunkCipher(masterKey, id, header), hash: createHash('sha256'), chunks: 0 }
  const sealed = Buffer.allocUnsafe(SEALED_CHUNK_BYTES)
  while (state.chunks < chunkCount(id.size)) {
    const { bytesRead: length } = await handle.read(sealed, 0, sealed.length, chunkAt(state.chunks))
    const plain = state.cipher.open(state.chunks, sealed.subarray(0, length))
    if (!plain) break
    state.hash.update(plain)
    state.chunks += 1
  }
  return state
}
