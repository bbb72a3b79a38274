/**
 * A lock that the operating system drops with the process, however it ends: an exclusive transaction on an empty SQLite
 * file. So nobody has to guess from a process id whether its owner is alive, or has been replaced by another program.
 *
 * Nothing else may open this file in the same process, not even to read it: outside Windows, closing any handle of a
 * file drops all the locks that the process has on it. (SQLite itself knows and closes later, so a second
 * {@link acquireLock} does no harm.)
 */
import Database from 'better-sqlite3-multiple-ciphers'
import { err, ok, type Result } from '../../model/result.ts'

export interface Lock {
  release(): void
}

export type LockError = { readonly kind: 'held' } | { readonly kind: 'failed'; readonly detail: string }

/** Keeps the connections of held locks from the garbage collector, which would close them. */
const held = new Set<object>()

/** Does not wait. The file is created if it is missing, and stays afterwards: removing it would let two in at once. */
export function acquireLock(file: string): Result<Lock, LockError> {
  let connection: InstanceType<typeof Database> | undefined
  try {
    connection = new Database(file, { timeout: 0 })
    connection.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    connection?.close()
    if (!(error instanceof Error)) throw error
    const code = 'code' in error ? String(error.code) : ''
    return err(code.startsWith('SQLITE_BUSY') ? { kind: 'held' } : { kind: 'failed', detail: error.message })
  }
  const owned = connection
  held.add(owned)
  return ok({
    release: () => {
      held.delete(owned)
      owned.close()
    },
  })
}
