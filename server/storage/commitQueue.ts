import type BetterSqlite3 from 'better-sqlite3'
import { LogSync, syncsOnCommit } from './logSync.ts'
import type { Database } from './open.ts'

/** What runs in a transaction of the queue, and what is done with its result once that is on disk. */
export type Write<T> = {
  readonly run: () => T
  /** Called after COMMIT and before the promise of the write resolves, in the order of the writes. */
  readonly announce?: (result: T) => void
  /** Something to wait for before the write can run, such as the bytes of a Blob. Later calls wait too. */
  readonly ready?: Promise<unknown>
}

type Entry = {
  readonly isWrite: boolean
  isReady: boolean
  /** Does the work and keeps the result, or throws. May be called again after a rollback. */
  readonly run: () => void
  readonly settle: () => void
  readonly fail: (error: unknown) => void
}

/**
 * Runs what is asked of one connection, in the order of the calls, and commits writes in groups.
 *
 *     call ─► [ write  write  read  write ] ─► BEGIN  write  write  write  COMMIT ─► disk ─► announce, resolve ─► read
 *
 * A commit that is safe from a power cut waits for the disk. All writes called until the event loop gets to the queue
 * share one, each in a savepoint of its own: one that throws is taken back alone. Nobody hears of a write before it is
 * on disk. The thread goes on meanwhile: SQLite only writes its log, and the queue has it brought to the disk.
 *
 * A read runs at once if nothing is in its way. Otherwise it runs after the writes that were called before it, and also after
 * those that were committed with them: its result is never older than an event that its caller has seen, and never from a
 * commit that a power cut could still take back.
 */
export class CommitQueue {
  readonly #database: Database
  /** Made once: it costs more than the work of a small write. */
  readonly #run: BetterSqlite3.Transaction<(write: Entry) => void>
  readonly #entries: Entry[] = []
  /** Reads that wait for the disk alone. */
  readonly #behindDisk: Entry[] = []
  /** By which the disk is waited for; absent where SQLite does so in its COMMIT, if at all. */
  readonly #log: LogSync | undefined
  #isScheduled = false
  #isSyncing = false
  #isSettling = false
  /** Why nothing can be written any more. */
  #broken: Error | undefined

  constructor(database: Database) {
    this.#database = database
    this.#log = syncsOnCommit(database) ? new LogSync(database) : undefined
    // The log is still written in the order of the commits, so a power cut leaves all of them up to some moment.
    if (this.#log) database.pragma('synchronous = NORMAL')
    this.#run = database.transaction((write: Entry) => write.run())
  }

  /**
   * Calls from an event handler wait until the event has reached everybody; those from inside a transaction, for its
   * end.
   */
  read<T>(run: () => T): Promise<T> {
    if (!this.#isIdle || this.#isSettling || this.#database.inTransaction) return this.#enqueue(false, { run })
    return this.#now(run)
  }

  #now<T>(run: () => T): Promise<T> {
    return new Promise((resolve) => resolve(run()))
  }

  /** As `read`, for whoever need not see what was called before: it waits for no more than what is on its way to the disk. */
  readCommitted<T>(run: () => T): Promise<T> {
    if (!this.#isSyncing) return this.#isSettling || this.#database.inTransaction ? this.read(run) : this.#now(run)
    return new Promise((resolve, reject) => {
      this.#behindDisk.push(entryOf(false, { run }, resolve, reject))
    })
  }

  write<T>(write: Write<T>): Promise<T> {
    return this.#enqueue(true, write)
  }

  /** Resolves when everything called so far has ended. */
  async idle(): Promise<void> {
    if (!this.#isIdle) await this.#enqueue(false, { run: () => undefined }).catch(() => undefined)
  }

  get #isIdle(): boolean {
    return this.#entries.length === 0 && !this.#isSyncing
  }

  #enqueue<T>(isWrite: boolean, write: Write<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry = entryOf(isWrite, write, resolve, reject)
      this.#entries.push(entry)
      const goOn = (): void => {
        entry.isReady = true
        this.#schedule()
      }
      if (entry.isReady) this.#schedule()
      else {
        write.ready?.then(goOn, (error: unknown) => {
          reject(error)
          this.#entries.splice(this.#entries.indexOf(entry), 1)
          this.#schedule()
        })
      }
    })
  }

  /** Not in a microtask: callers that were waiting for the last commit get the chance to join the next one together. */
  #schedule(): void {
    // Behind the disk comes whatever was called meanwhile.
    if (this.#isScheduled || this.#isSyncing) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const unready = this.#entries.findIndex(({ isReady }) => !isReady)
    const batch = this.#entries.splice(0, unready === -1 ? this.#entries.length : unready)
    if (this.#database.inTransaction) {
      const message = 'a transaction was left open on the database; this operation would become part of it'
      for (const entry of batch) entry.fail(new Error(message))
      return
    }
    const firstWrite = batch.findIndex(({ isWrite }) => isWrite)
    const written = firstWrite === -1 ? [] : batch.splice(firstWrite)
    answer(batch)
    const committed = this.#commit(written.filter(({ isWrite }) => isWrite))
    const reads = written.filter(({ isWrite }) => !isWrite)
    if (committed.length > 0 && this.#log) this.#finishOnDisk(this.#log, committed, reads)
    else this.#finish(committed, reads)
  }

  #finishOnDisk(log: LogSync, committed: readonly Entry[], reads: readonly Entry[]): void {
    this.#isSyncing = true
    log.sync((problem) => {
      this.#isSyncing = false
      if (problem) this.#break(problem, committed)
      this.#finish(problem ? [] : committed, reads)
      if (this.#entries.length > 0) this.#schedule()
    })
  }

  #finish(committed: readonly Entry[], reads: readonly Entry[]): void {
    this.#isSettling = true
    for (const entry of committed) attempt(entry, entry.settle)
    this.#isSettling = false
    answer(this.#behindDisk.splice(0))
    answer(reads)
  }

  /**
   * A system that could not bring pages to the disk may forget them, and say of the next ones that they are there: behind a
   * hole in the log, where nobody finds them again. So nothing is promised any more until the database is opened anew.
   */
  #break(cause: Error, committed: readonly Entry[]): void {
    this.#broken = new Error('the disk did not take what was written, so nothing more is written until a restart', {
      cause,
    })
    for (const entry of committed) entry.fail(this.#broken)
  }

  /** @returns the writes that are committed; the others have failed */
  #commit(writes: readonly Entry[]): readonly Entry[] {
    if (this.#broken) {
      for (const write of writes) write.fail(this.#broken)
      return []
    }
    if (writes.length <= 1) return writes.filter((write) => this.#commitAlone(write))
    const done: Entry[] = []
    const thrown = new Map<Entry, unknown>()
    const group = this.#database.transaction(() => {
      for (const write of writes) {
        try {
          // Within a transaction it is a savepoint.
          this.#run(write)
          done.push(write)
        } catch (error) {
          // Some errors, such as a full disk, end the whole transaction.
          if (!this.#database.inTransaction) throw error
          thrown.set(write, error)
        }
      }
    })
    try {
      group.immediate()
    } catch {
      // Nothing of the group was kept. Whoever is to blame, the others have not had their chance yet.
      return writes.filter((write) => this.#commitAlone(write))
    }
    for (const [write, error] of thrown) write.fail(error)
    return done
  }

  /** Immediate: conflicts are decided by what is read, so nobody else may write between that and our write. */
  #commitAlone(write: Entry): boolean {
    return attempt(write, () => this.#run.immediate(write))
  }
}

function entryOf<T>(
  isWrite: boolean,
  { run, announce, ready }: Write<T>,
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
): Entry {
  let outcome: { readonly value: T } | undefined
  return {
    isWrite,
    isReady: ready === undefined,
    run: () => {
      outcome = { value: run() }
    },
    settle: () => {
      if (outcome === undefined) throw new Error('settled before it has run')
      announce?.(outcome.value)
      resolve(outcome.value)
    },
    fail: reject,
  }
}

function answer(reads: readonly Entry[]): void {
  for (const read of reads) if (attempt(read, read.run)) read.settle()
}

function attempt(entry: Entry, step: () => void): boolean {
  try {
    step()
    return true
  } catch (error) {
    entry.fail(error)
    return false
  }
}

const queues = new WeakMap<Database, CommitQueue>()

/** The one queue of a connection. */
export function commitQueueOf(database: Database): CommitQueue {
  const queue = queues.get(database) ?? new CommitQueue(database)
  queues.set(database, queue)
  return queue
}
