/**
 * Waits for the disk in place of SQLite: the log of a database is a file like any other, and whoever has it brought to the disk
 * does so for all that was written to it.
 */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'
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
 * A shorter wait than this is one for the thread: the way to the pool of the system's threads and back takes as long, and whoever
 * comes meanwhile hardly notices.
 */
const SHORT_MS = 0.5

/**
 * Brings the log of one database to the disk: in the thread if the last wait was short, and else in the pool. A wait in the pool
 * lasts until the thread comes back to it, so it is short only while the disk is quick *and* nobody else makes use of the thread.
 */
export class LogSync {
  readonly #database: Database
  /** Of the first one nothing is known. */
  #lastMs = Number.POSITIVE_INFINITY

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Brings to the disk whatever was committed before the call.
   * @param done told the reason if it may not be there; called at once or later
   */
  sync(done: (problem: Error | undefined) => void): void {
    const startMs = performance.now()
    const end = (problem: Error | undefined): void => {
      this.#lastMs = performance.now() - startMs
      done(problem)
    }
    let log: number
    try {
      // Each time anew: it is another file when the key was changed. SQLite holds no lock on it that closing would release.
      log = openSync(`${this.#database.name}-wal`, 'r+')
    } catch (thrown) {
      end(asError(thrown))
      return
    }
    if (this.#lastMs < SHORT_MS) end(syncNow(log))
    else
      fdatasync(log, (problem) => {
        closeSync(log)
        end(problem ?? undefined)
      })
  }
}

function syncNow(log: number): Error | undefined {
  try {
    fdatasyncSync(log)
    return undefined
  } catch (thrown) {
    return asError(thrown)
  } finally {
    closeSync(log)
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
