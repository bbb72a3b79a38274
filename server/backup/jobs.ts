/** Work on a whole database, in a thread of its own with a connection of its own, while the install goes on. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { err, ok, type Result, unreachable } from '../../model/result.ts'
import type { DataPlace } from '../identity/dataDir.ts'
import { checkIntegrity, type OpenError, openForReading } from '../storage/open.ts'
import { type BackupMade, type BackupOrder, type MakeBackupError, makeBackup } from './makeBackup.ts'
import { type VerifyReport, verifyInstall } from './verifyInstall.ts'
import { WORKER_FILE } from './workerFile.ts'

export interface CheckOrder {
  readonly databaseFile: string
  readonly databaseKey: Uint8Array
  readonly depth: 'quick' | 'full'
}

export type Job =
  | { readonly kind: 'backup'; readonly order: BackupOrder }
  | { readonly kind: 'check'; readonly order: CheckOrder }
  | { readonly kind: 'verify'; readonly order: DataPlace }

type Made = Result<BackupMade, MakeBackupError>
/** The first thing that is wrong with the database. */
type Checked = Result<void, string>
type Verified = Result<VerifyReport, OpenError>

export async function runJob(job: Job): Promise<Made | Checked | Verified> {
  switch (job.kind) {
    case 'backup':
      return makeBackup(job.order)
    case 'check':
      return check(job.order)
    case 'verify':
      return verifyInstall(job.order)
    default:
      return unreachable(job)
  }
}

function check({ databaseFile, databaseKey, depth }: CheckOrder): Checked {
  const database = openForReading(databaseFile, databaseKey)
  // A folder that is away is not damage, and whoever writes to it notices.
  if (!database.ok) return database.error.kind === 'unreadable' ? ok(undefined) : err(database.error.detail)
  try {
    const [finding] = checkIntegrity(database.value, depth)
    return finding === undefined ? ok(undefined) : err(finding)
  } finally {
    database.value.close()
  }
}

/** One job after the other: two at once would only take the disk from each other. */
export class Jobs {
  #last: Promise<unknown> = Promise.resolve()
  #running: Worker | undefined
  #isClosed = false

  /** `undefined` if it was closed before the job was done. */
  backup(order: BackupOrder): Promise<Made | undefined> {
    return this.#inTurn({ kind: 'backup', order })
  }

  /** `undefined` if it was closed before the job was done. */
  check(order: CheckOrder): Promise<Checked | undefined> {
    return this.#inTurn({ kind: 'check', order })
  }

  /** `undefined` if it was closed before the job was done. */
  verify(place: DataPlace): Promise<Verified | undefined> {
    return this.#inTurn({ kind: 'verify', order: place })
  }

  /** Ends what is running: nothing that counts was replaced yet. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running?.terminate()
    await this.#last
  }

  #inTurn<T>(job: Job): Promise<T | undefined> {
    const result = this.#last.then(() => this.#run<T>(job))
    this.#last = result.catch(() => undefined) // told to its own caller
    return result
  }

  async #run<T>(job: Job): Promise<T | undefined> {
    if (this.#isClosed) return undefined
    const worker = new Worker(WORKER_FILE, { workerData: job })
    this.#running = worker
    try {
      const answer = once(worker, 'message').then(([message]: readonly T[]) => message)
      const ended = once(worker, 'exit').then(() => undefined)
      // A thread that throws rejects both.
      const [first] = await Promise.all([Promise.race([answer, ended]), ended])
      return first
    } finally {
      this.#running = undefined
    }
  }
}
