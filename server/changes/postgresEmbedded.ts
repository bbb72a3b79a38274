/**
 * PGlite: PostgreSQL compiled to WebAssembly, in this process. What it leaves out, and a store needs, is added here:
 *
 * - *fsync.* PGlite starts with `-F`, and the file system under it has no fsync: a commit would be safe from a kill but
 *   not from a power cut (electric-sql/pglite#1107). We start it without `-F` and add the call. Directories cannot be
 *   synced this way; on journaling file systems the fsync of a new file carries its name along.
 * - *A lock.* Two processes that open one folder would ruin it, and PGlite does not notice.
 * - *Upkeep.* It has no checkpointer and no autovacuum, so its log and its dead rows would grow until the next start.
 */
import { fsyncSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import Database from 'better-sqlite3-multiple-ciphers'
import { asError, type OnProblem, type Sql } from './postgresConnection.ts'

const TRANSACTIONS_BETWEEN_UPKEEP = 2_000
/** EIO in WASI, which makes PostgreSQL stop rather than believe that something is on disk. */
const INPUT_OUTPUT_ERROR = 29

/**
 * Opens the database in `dataDir`, which is created if missing, or one in memory.
 * @throws if another process has the folder open
 */
export async function openEmbedded(dataDir: string | undefined, onProblem: OnProblem): Promise<Sql> {
  if (dataDir === undefined) return sqlOf(await PGlite.create(), () => undefined, onProblem)
  const folder = resolve(dataDir)
  const unlock = lockFolder(folder)
  try {
    const files = new SyncedFiles(folder, onProblem)
    const startParams = PGlite.defaultStartParams.filter((parameter) => parameter !== '-F')
    // Of the methods that PostgreSQL has, only this one reaches the call that `SyncedFiles` adds.
    startParams.push('-c', 'fsync=on', '-c', 'wal_sync_method=fsync')
    return sqlOf(await PGlite.create({ fs: files, startParams }), unlock, onProblem)
  } catch (error) {
    unlock()
    throw error
  }
}

function sqlOf(database: PGlite, unlock: () => void, onProblem: OnProblem): Sql {
  let transactions = 0
  let upkeep = Promise.resolve()
  return {
    async query(text, parameters = []) {
      const { rows } = await database.query<unknown>(text, [...parameters])
      return rows
    },
    async transaction(work) {
      const result = await database.transaction((transaction) =>
        work({
          query: async (text, parameters = []) => (await transaction.query<unknown>(text, [...parameters])).rows,
        }),
      )
      transactions += 1
      if (transactions % TRANSACTIONS_BETWEEN_UPKEEP === 0) {
        upkeep = upkeep.then(() => tidy(database)).catch((error) => onProblem(asError(error)))
      }
      return result
    },
    async close() {
      await upkeep
      try {
        await database.close()
      } finally {
        unlock()
      }
    },
  }
}

async function tidy(database: PGlite): Promise<void> {
  await database.query('VACUUM (ANALYZE)')
  await database.query('CHECKPOINT')
}

/**
 * The lock is one that the operating system takes back when the process ends, however it ends: an open transaction on a
 * small SQLite file beside the folder (Node has no `flock`, and a file with a process id in it can be stale).
 */
function lockFolder(folder: string): () => void {
  mkdirSync(dirname(folder), { recursive: true })
  const lock = new Database(`${folder}.lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new Error(`the database in ${folder} is open in another process`, { cause })
  }
  return () => lock.close()
}

class SyncedFiles extends NodeFS {
  readonly #onProblem: OnProblem

  constructor(folder: string, onProblem: OnProblem) {
    super(folder)
    this.#onProblem = onProblem
  }

  override async init(...[database, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(database, options)
    const addFsync: NonNullable<typeof emscriptenOpts.preRun>[number] = ({ NODEFS }) => {
      if (!hasStreamOperations(NODEFS)) throw new Error('this release of PGlite keeps its files in another way')
      NODEFS.stream_ops.fsync = (stream) => this.#fsync(stream)
    }
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addFsync] } }
  }

  #fsync(stream: { readonly nfd?: number }): number {
    // Only files have a descriptor of the host.
    if (stream.nfd === undefined) return 0
    try {
      fsyncSync(stream.nfd)
      return 0
    } catch (error) {
      this.#onProblem(asError(error))
      return INPUT_OUTPUT_ERROR
    }
  }
}

interface StreamOperations {
  stream_ops: { fsync?: (stream: { readonly nfd?: number }) => number }
}

function hasStreamOperations(files: object): files is StreamOperations {
  return 'stream_ops' in files && typeof files.stream_ops === 'object' && files.stream_ops !== null
}
