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
import { closeSync, copyFileSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type BetterSqlite3 from 'better-sqlite3'
import EncryptableConnection, { type EncryptableDatabase } from 'better-sqlite3-multiple-ciphers'
import { err, ok, type Result } from '../../model/result.ts'

/** An open connection; its API is that of better-sqlite3. */
export type Database = BetterSqlite3.Database

/** A prepared statement with the types of its parameters and of its rows. */
export type Statement<Parameters extends unknown[], Row = unknown> = BetterSqlite3.Statement<Parameters, Row>

export type OpenError =
  | { kind: 'damaged-or-wrong-key'; file: string; detail: string }
  | { kind: 'unreadable'; file: string; detail: string }

export type RekeyError = { kind: 'in-use' | 'failed'; detail: string }

const KEY_BYTES = 32
const BUSY_TIMEOUT_MS = 5_000
/** A burst may grow the log; it is cut back to this after a checkpoint. */
const LOG_LIMIT_BYTES = 64 * 1024 * 1024
/** Of decrypted pages in memory, at most. What is not kept is read and decrypted anew, and with random ids that is most of it. */
const CACHE_BYTES = 32 * 1024 * 1024

/**
 * Opens or creates the database. The caller closes it, after everything that uses it.
 *
 * A wrong key, a damaged first page and a file of another kind cannot be told apart: all are `damaged-or-wrong-key`,
 * and the database and its log keep every byte (`-shm`, which SQLite rebuilds at will, may appear). Only the schema is
 * read; damage further in is found by {@link checkIntegrity}.
 *
 * @param file path of the database; its folder must exist
 * @param key  32 random bytes
 */
export function openDatabase(file: string, key: Uint8Array): Result<Database, OpenError> {
  refuseOtherLengths(key)
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found !== undefined && !found.isFile()) return err({ kind: 'unreadable', file, detail: 'not a file' })
    if (found !== undefined && found.size > 0) {
      if (isNotEmpty(`${file}-journal`)) verifyKeyOnCopy(file, key)
      else verifyKey(file, key)
    } else if (isNotEmpty(`${file}-wal`)) {
      // SQLite takes an empty file for a new database and would delete the log, the only copy of what is in it.
      const detail = 'the database is missing or empty, but its log is not'
      return err({ kind: 'damaged-or-wrong-key', file, detail })
    }
    return ok(openForWriting(file, key))
  } catch (error) {
    return err(toOpenError(file, error))
  }
}

/** Opens a database that exists, also one that another process is writing to. Nothing can be written through it. */
export function openForReading(file: string, key: Uint8Array): Result<Database, OpenError> {
  try {
    const database = connect(file, key, true)
    try {
      // Temporary files are not encrypted.
      database.pragma('temp_store = MEMORY')
      database.prepare('SELECT count(*) FROM sqlite_master').get()
      return ok(database)
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    return err(toOpenError(file, error))
  }
}

/**
 * Writes a copy under another key: one moment of the database, without its log, on disk when this returns. Others may go
 * on writing to it meanwhile. Nothing is written that is not encrypted.
 * @param source open, under `sourceKey`
 * @param target must not exist; what is there after an error is not a database
 */
export function copyDatabase(source: Database, sourceKey: Uint8Array, target: string, targetKey: Uint8Array): void {
  source.prepare('VACUUM INTO ?').run(target)
  const copy = connect(target, sourceKey, false)
  try {
    // A journal would be for a copy that nobody needs if this fails.
    copy.pragma('journal_mode = MEMORY')
    copy.pragma('temp_store = MEMORY')
    const rawKey = rawKeyOf(targetKey)
    if (copy.rekey(rawKey) !== 0) throw new Error('the copy could not be given its own key')
    rawKey.fill(0)
  } finally {
    copy.close()
  }
  const descriptor = openSync(target, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Encrypts the whole database anew, on this connection and on disk. All or nothing: a rollback journal holds the old
 * pages until the last new one is written, so a kill on the way leaves the database under the old key. Blocks its
 * thread for as long as it takes to write the file, and needs as much space again.
 *
 * Write the new key to a safe place first, and forget the old one only afterwards.
 *
 * @returns `in-use` when a transaction is open or another connection has the file; nothing has changed then
 */
export function rekey(database: Database, key: Uint8Array): Result<void, RekeyError> {
  refuseOtherLengths(key)
  if (database.inTransaction) return err({ kind: 'in-use', detail: 'a transaction is open' })
  const rawKey = rawKeyOf(key)
  try {
    // Pages in a write-ahead log have the old key, and SQLite3MultipleCiphers refuses to change it while there is one.
    database.pragma('journal_mode = DELETE')
    // Whoever writes through a queue has SQLite wait less (`logSync.ts`), which is only right with a log.
    database.pragma('synchronous = FULL')
    const code = (database as EncryptableDatabase).rekey(rawKey)
    return code === 0 ? ok(undefined) : err({ kind: 'failed', detail: `SQLite result code ${code}` })
  } catch (error) {
    return err({ kind: isBusy(error) ? 'in-use' : 'failed', detail: describe(error) })
  } finally {
    rawKey.fill(0)
    database.pragma('journal_mode = WAL')
  }
}

/**
 * Reads the whole database and reports what is wrong with it, one line per finding; empty when it is sound.
 * Takes about as long as reading the file and blocks its thread meanwhile.
 * @param depth `quick` leaves out whether each index has exactly the entries of its table
 */
export function checkIntegrity(database: Database, depth: 'quick' | 'full' = 'full'): string[] {
  const check = depth === 'quick' ? 'quick_check' : 'integrity_check'
  try {
    const findings = database.prepare<[], string>(`PRAGMA ${check}`).pluck().all()
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

/**
 * A change of key that was killed leaves a rollback journal. It has to be rolled back before anything can be read, and
 * with the wrong key SQLite would take the journal for a torn one, delete it and leave the file half changed. So this
 * is tried on a copy first, and everything in it has to be sound: after half a change, both keys fit some pages.
 */
function verifyKeyOnCopy(file: string, key: Uint8Array): void {
  const folder = mkdtempSync(`${file}-check-`)
  try {
    const copy = join(folder, 'copy.db')
    copyFileSync(file, copy)
    copyFileSync(`${file}-journal`, `${copy}-journal`)
    const database = connect(copy, key, false)
    try {
      database.prepare('SELECT count(*) FROM sqlite_master').get()
      const [finding] = checkIntegrity(database)
      if (finding !== undefined) throw Object.assign(new Error(finding), { code: 'SQLITE_CORRUPT' })
    } finally {
      database.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
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
    // Negative: in KiB, not in pages.
    database.pragma(`cache_size = ${-CACHE_BYTES / 1024}`)
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

function connect(file: string, key: Uint8Array, readonly: boolean): EncryptableDatabase {
  const database = new EncryptableConnection(resolve(file), {
    readonly,
    fileMustExist: readonly,
    timeout: BUSY_TIMEOUT_MS,
  })
  const rawKey = rawKeyOf(key)
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

function refuseOtherLengths(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`the database key has ${key.length} bytes, not ${KEY_BYTES}`)
}

function rawKeyOf(key: Uint8Array): Buffer {
  return Buffer.from(`raw:${Buffer.from(key).toString('hex')}`)
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^SQLITE_(BUSY|LOCKED)/.test(String(error.code))
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
