/**
 * Opens the encrypted database file of an installation.
 *
 * Cipher: ChaCha20-Poly1305, one nonce and one authentication tag per page. It is the default of SQLite3MultipleCiphers
 * and so its best-tested scheme, it notices a changed page (AES-CBC without a tag would not), and it is fast without
 * AES instructions. The 32-byte key is used raw: it comes from a key store, so stretching it would only slow each open.
 *
 * A connection that writes is opened only after a read-only one has proved the key. Otherwise a failed open could still
 * end in a checkpoint, which folds the log into a database that we cannot read and deletes the log: with a damaged
 * first page that was measured, and it takes away what a repair would need.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type BetterSqlite3 from 'better-sqlite3'
import EncryptableDatabase from 'better-sqlite3-multiple-ciphers'
import { err, ok, type Result } from '../../model/result.ts'

/** An open connection; its API is that of better-sqlite3. */
export type Database = BetterSqlite3.Database

/** A prepared statement with the types of its parameters and of its rows. */
export type Statement<Parameters extends unknown[], Row = unknown> = BetterSqlite3.Statement<Parameters, Row>

export type OpenError =
  | { kind: 'damaged-or-wrong-key'; file: string; detail: string }
  | { kind: 'unreadable'; file: string; detail: string }

const KEY_BYTES = 32
const BUSY_TIMEOUT_MS = 5_000
/** A burst may grow the log; it is cut back to this after a checkpoint. */
const LOG_LIMIT_BYTES = 64 * 1024 * 1024

/**
 * Opens or creates the database. The caller closes it, after everything that uses it.
 *
 * A wrong key, a damaged first page and a file of another kind cannot be told apart: all are `damaged-or-wrong-key`, and
 * the database and its log keep every byte (`-shm`, which SQLite rebuilds at will, may appear). Only the schema is read;
 * damage further in is found by {@link checkIntegrity}.
 *
 * @param file path of the database; its folder must exist
 * @param key  32 random bytes
 */
export function openDatabase(file: string, key: Uint8Array): Result<Database, OpenError> {
  if (key.length !== KEY_BYTES) throw new RangeError(`the database key has ${key.length} bytes, not ${KEY_BYTES}`)
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found !== undefined && !found.isFile()) return err({ kind: 'unreadable', file, detail: 'not a file' })
    if (found !== undefined && found.size > 0) verifyKey(file, key)
    else if (isNotEmpty(`${file}-wal`)) {
      // SQLite takes an empty file for a new database and would delete the log, the only copy of what is in it.
      const detail = 'the database is missing or empty, but its log is not'
      return err({ kind: 'damaged-or-wrong-key', file, detail })
    }
    return ok(openForWriting(file, key))
  } catch (error) {
    return err(toOpenError(file, error))
  }
}

/**
 * Reads the whole database and reports what is wrong with it, one line per finding; empty when it is sound.
 * Takes about as long as reading the file and blocks its thread meanwhile.
 */
export function checkIntegrity(database: Database): string[] {
  try {
    const findings = database.prepare<[], string>('PRAGMA integrity_check').pluck().all()
    return findings.filter((finding) => finding !== 'ok')
  } catch (error) {
    // A page whose authentication tag does not fit ends the check with an error instead of a finding.
    return [describe(error)]
  }
}

function verifyKey(file: string, key: Uint8Array): void {
  const database = connect(file, key, true)
  try {
    database.prepare('SELECT count(*) FROM sqlite_master').get()
  } finally {
    database.close()
  }
}

function openForWriting(file: string, key: Uint8Array): Database {
  const database = connect(file, key, false)
  try {
    const journal: unknown = database.pragma('journal_mode = WAL', { simple: true })
    if (journal !== 'wal') throw new Error(`the file system does not allow write-ahead logging (${String(journal)})`)
    // In WAL mode SQLite's default would acknowledge commits that a power cut can take back.
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    // Temporary files are not encrypted.
    database.pragma('temp_store = MEMORY')
    database.pragma(`journal_size_limit = ${LOG_LIMIT_BYTES}`)
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function connect(file: string, key: Uint8Array, readonly: boolean): Database {
  const database = new EncryptableDatabase(resolve(file), {
    readonly,
    fileMustExist: readonly,
    timeout: BUSY_TIMEOUT_MS,
  })
  const rawKey = Buffer.from(`raw:${Buffer.from(key).toString('hex')}`)
  try {
    // Named, so that another default in a later release cannot make old files unreadable.
    database.pragma("cipher = 'chacha20'")
    // Through the function and not the pragma: SQL text may end up in logs and error messages.
    if (database.key(rawKey) !== 0) throw new Error('the key was not accepted')
    return database
  } catch (error) {
    database.close()
    throw error
  } finally {
    rawKey.fill(0)
  }
}

function isNotEmpty(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
}

function toOpenError(file: string, error: unknown): OpenError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const damaged = /^SQLITE_(NOTADB|CORRUPT|FORMAT|IOERR_CORRUPTFS|IOERR_DATA|IOERR_SHORT_READ)/.test(code)
  return { kind: damaged ? 'damaged-or-wrong-key' : 'unreadable', file, detail: describe(error) }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? `${String(error.code)}: ${error.message}` : error.message
}
