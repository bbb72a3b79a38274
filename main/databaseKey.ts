/**
 * Where the key of the database is: in `key.safe`, encrypted by the operating system's key store, or in the file `key`
 * beside the database, as for an install without a window. Never in both: a key file that is there is the one that the
 * database was made with, since nothing writes a key file for a database that already has another key.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SEALED_KEY_FILE } from '../model/dataFolder.ts'
import { err, ok, type Result, unreachable } from '../model/result.ts'
import { writeWhole } from './wholeFile.ts'

/** The part of Electron's `safeStorage` that is used. */
export interface KeyStore {
  isAsyncEncryptionAvailable(): Promise<boolean>
  encryptStringAsync(plainText: string): Promise<Buffer>
  decryptStringAsync(encrypted: Buffer): Promise<{ readonly result: string; readonly shouldReEncrypt: boolean }>
  /** Linux only. */
  getSelectedStorageBackend(): string
}

export type DatabaseKey =
  | { readonly kind: 'key-store'; readonly hex: string }
  /** The server reads or makes the key file itself, and says so when a database has lost it. */
  | { readonly kind: 'key-file'; readonly reason: 'already-there' | 'no-key-store' | 'database-without-key' }

export type DatabaseKeyError = {
  readonly kind: 'key-store-closed' | 'not-a-key'
  readonly file: string
  readonly detail: string
}

export interface DatabaseKeyOptions {
  readonly keyStore: KeyStore
  readonly platform: NodeJS.Platform
  readonly dataDir: string
  /** Electron's own folder, where `key.safe` is. */
  readonly userData: string
}

const KEY_BYTES = 32

export async function databaseKey(options: DatabaseKeyOptions): Promise<Result<DatabaseKey, DatabaseKeyError>> {
  const { keyStore, dataDir, userData } = options
  const file = join(userData, SEALED_KEY_FILE)
  if (existsSync(join(dataDir, 'key'))) return ok({ kind: 'key-file', reason: 'already-there' })
  const isAvailable = await hasKeyStore(options)
  if (existsSync(file)) {
    if (isAvailable) return readSealed(keyStore, file)
    return err({ kind: 'key-store-closed', file, detail: 'there is none, or it is locked' })
  }
  if (existsSync(join(dataDir, 'wedsync.db'))) return ok({ kind: 'key-file', reason: 'database-without-key' })
  if (!isAvailable) return ok({ kind: 'key-file', reason: 'no-key-store' })
  return createSealed(keyStore, file)
}

/** One line for a person: what is wrong and what to do. */
export function describeDatabaseKeyError({ kind, file, detail }: DatabaseKeyError): string {
  switch (kind) {
    case 'key-store-closed':
      return `The key of the database is in this computer's key store (Keychain, Credential Manager or keyring), which cannot be read now (${detail}). Unlock it, or log in the way you did when WedSync first ran, and start again. Nothing was changed.`
    case 'not-a-key':
      return `${file} does not hold the key of the database (${detail}). Nothing was changed. Put the folder back from a backup, or join the team again with a new folder.`
    default:
      return unreachable(kind)
  }
}

async function hasKeyStore({ keyStore, platform }: DatabaseKeyOptions): Promise<boolean> {
  if (!(await keyStore.isAsyncEncryptionAvailable())) return false
  // Without a keyring Chromium "encrypts" with a password that is in its source code. A key file is no worse and honest.
  return platform !== 'linux' || !['basic_text', 'unknown'].includes(keyStore.getSelectedStorageBackend())
}

async function readSealed(keyStore: KeyStore, file: string): Promise<Result<DatabaseKey, DatabaseKeyError>> {
  const sealed = readFileSync(file)
  let opened: Awaited<ReturnType<KeyStore['decryptStringAsync']>>
  try {
    opened = await keyStore.decryptStringAsync(sealed)
  } catch (cause) {
    return err({ kind: 'key-store-closed', file, detail: cause instanceof Error ? cause.message : String(cause) })
  }
  const { result: hex, shouldReEncrypt } = opened
  if (!/^[0-9a-f]*$/.test(hex) || hex.length !== 2 * KEY_BYTES) {
    return err({ kind: 'not-a-key', file, detail: `${hex.length} characters that are not a key` })
  }
  if (shouldReEncrypt) writeWhole(file, await keyStore.encryptStringAsync(hex))
  return ok({ kind: 'key-store', hex })
}

async function createSealed(keyStore: KeyStore, file: string): Promise<Result<DatabaseKey, DatabaseKeyError>> {
  const hex = randomBytes(KEY_BYTES).toString('hex')
  let sealed: Buffer
  try {
    sealed = await keyStore.encryptStringAsync(hex)
    // A key store that cannot give back what it took would cost the whole database: ask before anything depends on it.
    const { result } = await keyStore.decryptStringAsync(sealed)
    if (result !== hex) return err({ kind: 'key-store-closed', file, detail: 'it gives back something else' })
  } catch (cause) {
    return err({ kind: 'key-store-closed', file, detail: cause instanceof Error ? cause.message : String(cause) })
  }
  writeWhole(file, sealed)
  return ok({ kind: 'key-store', hex })
}
