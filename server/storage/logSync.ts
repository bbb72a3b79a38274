/**
 * Waits for the disk in place of SQLite, in a thread of the system's pool: the log of a database is a file like any other,
 * and whoever has it brought to the disk does so for all that was written to it.
 */
import { closeSync, fdatasync, openSync } from 'node:fs'
import type { Database } from './open.ts'

/** `PRAGMA synchronous = FULL`, as a number. */
const FULL = 2

/** Whether a COMMIT on this connection waits for the disk with a write-ahead log, which alone can be done without it. */
export function syncsOnCommit(database: Database): boolean {
  if (database.memory) return false
  const journal: unknown = database.pragma('journal_mode', { simple: true })
  const level: unknown = database.pragma('synchronous', { simple: true })
  return journal === 'wal' && level === FULL
}

/**
 * Brings to the disk whatever was committed before the call.
 * @param done called later, with the reason if it may not be there
 */
export function syncLog(database: Database, done: (problem: Error | undefined) => void): void {
  let log: number
  try {
    // Each time anew: it is another file when the key was changed. SQLite holds no lock on it that closing would release.
    log = openSync(`${database.name}-wal`, 'r+')
  } catch (thrown) {
    setImmediate(done, thrown instanceof Error ? thrown : new Error(String(thrown)))
    return
  }
  fdatasync(log, (problem) => {
    closeSync(log)
    done(problem ?? undefined)
  })
}
