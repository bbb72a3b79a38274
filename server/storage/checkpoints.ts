/**
 * Folds the log of a database back into it, in a thread of its own. SQLite does so in the commit that finds the log long
 * enough, and everybody waits meanwhile; with a cipher, which takes every page apart and puts it together again, that was a
 * fifth of all the work of a busy server. The connection itself still does it where the thread is behind, and has only
 * the rest to do then: the log stays bounded whatever becomes of the thread.
 */
import { Worker } from 'node:worker_threads'
import { CHECKPOINT_WORKER_FILE } from './checkpointWorkerFile.ts'
import type { Database } from './open.ts'

/** A store that hardly writes needs no thread: as many rows are written before it starts. */
const ROWS_TO_START = 1_000
/**
 * Then it is asked after as many, which is a thousand pages or more. The more rows, the more of them are the same pages again, and
 * the longer the disk is busy with them while a commit waits for it.
 */
const ROWS_TO_ASK = 200
/**
 * How many pages of 4 kB the log has when the connection folds it back: by SQLite's own choice, and with a thread, which then is
 * far behind. It holds the main thread for as long as that takes.
 */
const USUAL_PAGES = 1_000
const PAGES_TO_HELP = 16_000

/** What the thread is given. */
export interface CheckpointPlace {
  readonly file: string
  readonly key: Uint8Array
}

export interface Checkpoints {
  /** To be told of rows that are written. */
  note(rows: number): void
  /** Ends the thread and its connection. To be awaited before the database is closed. */
  close(): Promise<void>
}

/** @param onProblem told once if the thread cannot do its work; the connection then does all of it */
export function startCheckpoints(
  database: Database,
  place: CheckpointPlace,
  onProblem: (problem: Error) => void = (problem) => process.emitWarning(problem),
): Checkpoints {
  let rows = 0
  let worker: Worker | undefined
  let isAtWork = false
  let isOver = false

  function start(): Worker {
    const started = new Worker(CHECKPOINT_WORKER_FILE, { workerData: place })
    // It must not keep a process alive that has nothing else to do.
    started.unref()
    started.on('message', () => {
      isAtWork = false
    })
    started.once('error', (problem) => {
      isOver = true
      worker = undefined
      if (database.open) database.pragma(`wal_autocheckpoint = ${USUAL_PAGES}`)
      onProblem(problem)
    })
    database.pragma(`wal_autocheckpoint = ${PAGES_TO_HELP}`)
    return started
  }

  return {
    note(written) {
      rows += written
      if (isOver || isAtWork || rows < (worker ? ROWS_TO_ASK : ROWS_TO_START)) return
      rows = 0
      isAtWork = true
      worker ??= start()
      worker.postMessage('checkpoint')
    },
    async close() {
      isOver = true
      if (!worker) return
      const { promise: ended, resolve: end } = Promise.withResolvers<unknown>()
      // Also if it fails just now.
      worker.once('exit', end)
      // Now the process does have something to do: it would end here, before the database is closed.
      worker.ref()
      worker.postMessage('close')
      await ended
      worker = undefined
    },
  }
}
