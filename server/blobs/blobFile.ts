/**
 * The encrypted form of a blob on disk.
 *
 *     magic     8 bytes   "WSBLOB1\n"
 *     size      8 bytes   of the plaintext, big-endian
 *     salt     32 bytes   random
 *     chunks              64 KiB of plaintext each, the last one shorter; a tag of 16 bytes after each
 *
 * The chunks are the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: the nonce of a
 * chunk is its number and whether it is the last, so that none can be changed, moved, left out or added. The key is
 * derived from the salt, the size and the blob's name, so that it serves this one file only (nonces may start at 0) and
 * a file that was put in another's place does not open. Each chunk is proved before a byte of it is given out.
 */
import { hkdfSync, randomBytes } from 'node:crypto'
import { GCM_KEY_BYTES, GCM_NONCE_BYTES, GCM_TAG_BYTES, openGcm, sealGcm } from '../identity/gcm.ts'

export const CHUNK_BYTES = 64 * 1024
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + GCM_TAG_BYTES
const MAGIC = Buffer.from('WSBLOB1\n')
const SIZE_AT = MAGIC.length
const SALT_AT = SIZE_AT + 8
const SALT_BYTES = 32
export const HEADER_BYTES = SALT_AT + SALT_BYTES
const NOTHING = new Uint8Array()

export interface BlobId {
  /** Lower-case hexadecimal. */
  readonly sha256: string
  /** Of the plaintext, in bytes; at least 1. */
  readonly size: number
}

/** Seals and opens the chunks of one file. */
export interface ChunkCipher {
  seal(index: number, plain: Uint8Array): Buffer
  /** @returns `undefined` if this is not the chunk as it was sealed */
  open(index: number, sealed: Uint8Array): Buffer | undefined
}

export function chunkCount(size: number): number {
  return Math.ceil(size / CHUNK_BYTES)
}

/** How many bytes of plaintext the chunk has. */
export function chunkLength(size: number, index: number): number {
  return Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES)
}

/** Where the chunk begins in the file. */
export function chunkAt(index: number): number {
  return HEADER_BYTES + index * SEALED_CHUNK_BYTES
}

/** Of the whole file on disk, in bytes. */
export function fileBytes(size: number): number {
  return HEADER_BYTES + size + chunkCount(size) * GCM_TAG_BYTES
}

/** The other way; `undefined` if no blob has a file of this length. */
export function plainBytes(length: number): number | undefined {
  const payload = length - HEADER_BYTES
  const size = payload - Math.ceil(payload / SEALED_CHUNK_BYTES) * GCM_TAG_BYTES
  return size > 0 && fileBytes(size) === length ? size : undefined
}

export function createHeader(size: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header)
  header.writeBigUInt64BE(BigInt(size), SIZE_AT)
  randomBytes(SALT_BYTES).copy(header, SALT_AT)
  return header
}

/** The size that the header tells; `undefined` if it is none. It is proved only by opening a chunk. */
export function readHeader(header: Buffer): number | undefined {
  if (header.length !== HEADER_BYTES || !header.subarray(0, SIZE_AT).equals(MAGIC)) return undefined
  const size = Number(header.readBigUInt64BE(SIZE_AT))
  return Number.isSafeInteger(size) && size > 0 ? size : undefined
}

/** @param masterKey 32 bytes */
export function chunkCipher(masterKey: Uint8Array, { sha256, size }: BlobId, header: Buffer): ChunkCipher {
  const salt = header.subarray(SALT_AT)
  const key = new Uint8Array(hkdfSync('sha256', masterKey, salt, `wedsync blob 1 ${sha256} ${size}`, GCM_KEY_BYTES))
  const last = chunkCount(size) - 1
  const nonceOf = (index: number): Buffer => {
    const nonce = Buffer.alloc(GCM_NONCE_BYTES)
    nonce.writeUInt32BE(index, GCM_NONCE_BYTES - 5)
    nonce.writeUInt8(index === last ? 1 : 0, GCM_NONCE_BYTES - 1)
    return nonce
  }
  return {
    seal: (index, plain) => sealGcm(key, nonceOf(index), NOTHING, plain),
    open(index, sealed) {
      if (sealed.length !== chunkLength(size, index) + GCM_TAG_BYTES) return undefined
      return openGcm(key, nonceOf(index), NOTHING, sealed)
    },
  }
}
