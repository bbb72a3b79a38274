/**
 * The folder with everything an install has. One process has it open at a time.
 *
 *     wedsync.db     the encrypted database
 *     key            its key, hexadecimal, unless an operating system's key store has it
 *     lock           locked while a process has the folder open
 *     holder.json    which process that is
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { err, ok, type Result, unreachable } from '../../model/result.ts'
import { type Holder, readHolder, removeHolder, writeHolder } from './holder.ts'
import { createKeyFile, KEY_BYTES, type KeyError, readKeyFile } from './keyFile.ts'
import { acquireLock } from './lock.ts'

/** What it takes to read the database of a folder. */
export interface DataPlace {
  /** Absolute. */
  readonly path: string
  readonly databaseFile: string
  readonly key: Uint8Array
}

export interface DataDir extends DataPlace {
  /** Tells whoever tries the folder next what runs here. */
  describeHolder(about: Pick<Holder, 'role' | 'url' | 'commandSecret'>): void
  /** After everything that uses the folder. */
  close(): void
}

export type DataDirError =
  | { readonly kind: 'in-use'; readonly dir: string; readonly holder: Holder | undefined }
  | { readonly kind: 'not-writable'; readonly dir: string; readonly detail: string }
  | KeyError

export interface DataDirOptions {
  /** Supplies the 32-byte key in place of the key file. What it throws is passed on. */
  readonly keyProvider?: (dir: string) => Uint8Array
}

const FOLDER_MODE = 0o700

/** Opens or creates the folder. When it refuses, nothing in it has changed. */
export function openDataDir(dir: string, { keyProvider }: DataDirOptions = {}): Result<DataDir, DataDirError> {
  const files = filesOf(resolve(dir))
  try {
    mkdirSync(files.path, { recursive: true, mode: FOLDER_MODE })
    if (keyProvider === undefined && !existsSync(files.lock)) {
      // Without a lock file nobody has the folder open, so a key that is not as it should be is noticed in time to
      // leave no lock file behind.
      const key = readKeyFile(files.key, files.database)
      if (!key.ok) return key
    }
    const lock = acquireLock(files.lock)
    if (!lock.ok) {
      if (lock.error.kind === 'held') return err({ kind: 'in-use', dir: files.path, holder: readHolder(files.holder) })
      return err({ kind: 'not-writable', dir: files.path, detail: lock.error.detail })
    }
    return openLocked(files, lock.value.release, keyProvider)
  } catch (error) {
    if (!isFileError(error)) throw error
    return err({ kind: 'not-writable', dir: files.path, detail: error.message })
  }
}

/**
 * Finds what is needed to read the database, also while a process has the folder open. Changes nothing.
 * @returns `undefined` if there is no database
 */
export function lookIntoDataDir(dir: string): Result<DataPlace | undefined, DataDirError> {
  const { path, database, key: keyFile } = filesOf(resolve(dir))
  if (!existsSync(database)) return ok(undefined)
  const key = readKeyFile(keyFile, database)
  if (!key.ok) return key
  return ok(key.value && { path, databaseFile: database, key: key.value })
}

/** Which process has the folder open, or had when it was killed. */
export function holderOf(dir: string): Holder | undefined {
  return readHolder(filesOf(resolve(dir)).holder)
}

/** One line for a person: what is wrong and what to do. */
export function describeDataDirError(error: DataDirError): string {
  switch (error.kind) {
    case 'in-use':
      return `${error.dir} is in use by ${describeHolder(error.holder)}: stop that first, or choose another folder.`
    case 'not-writable':
      return `${error.dir} cannot be used (${error.detail}): check that it is a folder you may write to and that the disk has room, or choose another one.`
    case 'key-missing':
      return `${error.file} is missing, and the database beside it cannot be read without it: put the key file back from a backup.`
    case 'key-in-store':
      return `The key of the database in ${error.dir} is in this computer's key store, which only the app can open: wedsync app --data ${error.dir}`
    case 'key-malformed':
      return `${error.file} is not a database key (${error.detail}): put the right key file back from a backup.`
    default:
      return unreachable(error)
  }
}

interface Files {
  readonly path: string
  readonly database: string
  readonly key: string
  readonly lock: string
  readonly holder: string
}

function filesOf(path: string): Files {
  return {
    path,
    database: join(path, 'wedsync.db'),
    key: join(path, 'key'),
    lock: join(path, 'lock'),
    holder: join(path, 'holder.json'),
  }
}

function openLocked(
  files: Files,
  release: () => void,
  keyProvider: DataDirOptions['keyProvider'],
): Result<DataDir, DataDirError> {
  let isOpen = false
  try {
    const key = keyProvider === undefined ? keyFromFile(files) : keyFromProvider(files, keyProvider)
    if (!key.ok) return key
    const self: Holder = { pid: process.pid, startedAt: new Date().toISOString() }
    writeHolder(files.holder, self)
    isOpen = true
    return ok({
      path: files.path,
      databaseFile: files.database,
      key: key.value,
      describeHolder: (about) => writeHolder(files.holder, { ...self, ...about }),
      close: () => {
        try {
          removeHolder(files.holder)
        } finally {
          release()
        }
      },
    })
  } finally {
    if (!isOpen) release()
  }
}

function keyFromFile(files: Files): Result<Uint8Array, KeyError> {
  const key = readKeyFile(files.key, files.database)
  return key.ok ? ok(key.value ?? createKeyFile(files.key)) : key
}

function keyFromProvider(files: Files, keyProvider: (dir: string) => Uint8Array): Result<Uint8Array, KeyError> {
  const key = keyProvider(files.path)
  if (key.length === KEY_BYTES) return ok(key)
  const detail = `the key store gave ${key.length} bytes, not ${KEY_BYTES}`
  return err({ kind: 'key-malformed', file: files.key, detail })
}

function describeHolder(holder: Holder | undefined): string {
  if (holder === undefined) return 'another process'
  const { pid, startedAt, role, url } = holder
  return `process ${pid} (${role ?? 'starting'}${url === undefined ? '' : ` at ${url}`}, since ${startedAt})`
}

/** What the operating system refuses, as opposed to a bug. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
