/**
 * The key under which an install keeps its blobs: random, and kept in the blobs' folder wrapped under a key derived from
 * the database's. So the database can get another key, or blobs go into a backup under one, without a blob being
 * written anew.
 */
import { hkdfSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GCM_KEY_BYTES, GCM_NONCE_BYTES, GCM_TAG_BYTES, openGcm, sealGcm } from '../identity/gcm.ts'
import { isMissing, writeWhole } from '../identity/wholeFile.ts'

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
  return randomBytes(GCM_KEY_BYTES)
}

/** Writes the key, wrapped; returns when it is on disk. */
export function writeBlobKey(file: string, key: Uint8Array, databaseKey: Uint8Array): void {
  const nonce = randomBytes(GCM_NONCE_BYTES)
  const wrapped = Buffer.concat([nonce, sealGcm(wrappingKey(databaseKey), nonce, Buffer.from(FORMAT), key)])
  writeWhole(file, `${FORMAT} ${wrapped.toString('base64url')}\n`)
}

function unwrap(text: string, databaseKey: Uint8Array): Uint8Array | undefined {
  const [format, encoded = ''] = text.split(' ')
  const wrapped = Buffer.from(encoded, 'base64url')
  if (format !== FORMAT || wrapped.length !== GCM_NONCE_BYTES + GCM_KEY_BYTES + GCM_TAG_BYTES) return undefined
  const [nonce, sealed] = [wrapped.subarray(0, GCM_NONCE_BYTES), wrapped.subarray(GCM_NONCE_BYTES)]
  return openGcm(wrappingKey(databaseKey), nonce, Buffer.from(FORMAT), sealed)
}

function wrappingKey(databaseKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', databaseKey, new Uint8Array(0), 'wedsync wrapped blob key 1', GCM_KEY_BYTES))
}
