/**
 * The key under which an install keeps its blobs: random, and kept in the blobs' folder wrapped under a key derived from
 * the database's. So the database can get another key, or blobs go into a backup under one, without a blob being
 * written anew.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isMissing, writeWhole } from '../identity/wholeFile.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ALGORITHM = 'aes-256-gcm'
const FORMAT = 'wedsync-blob-key-1'

/** A wrapped key is there, and this database key does not open it. */
export interface BlobKeyError {
  readonly kind: 'blob-key-unreadable'
  readonly file: string
}

/** @returns the key; `undefined` if there is no such file; an error if it does not open */
export function readBlobKey(file: string, databaseKey: Uint8Array): Uint8Array | BlobKeyError | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  return unwrap(text.trim(), databaseKey) ?? { kind: 'blob-key-unreadable', file }
}

export function createBlobKey(): Uint8Array {
  return randomBytes(KEY_BYTES)
}

/** Writes the key, wrapped; returns when it is on disk. */
export function writeBlobKey(file: string, key: Uint8Array, databaseKey: Uint8Array): void {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, wrappingKey(databaseKey), nonce).setAAD(Buffer.from(FORMAT))
  const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
  writeWhole(file, `${FORMAT} ${wrapped.toString('base64url')}\n`)
}

function unwrap(text: string, databaseKey: Uint8Array): Uint8Array | undefined {
  const [format, encoded = ''] = text.split(' ')
  const wrapped = Buffer.from(encoded, 'base64url')
  if (format !== FORMAT || wrapped.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv(ALGORITHM, wrappingKey(databaseKey), wrapped.subarray(0, NONCE_BYTES))
  decipher.setAAD(Buffer.from(FORMAT)).setAuthTag(wrapped.subarray(-TAG_BYTES))
  const key = decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    decipher.final()
    return key
  } catch {
    return undefined // the tag does not fit
  }
}

function wrappingKey(databaseKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', databaseKey, new Uint8Array(0), 'wedsync wrapped blob key 1', KEY_BYTES))
}
