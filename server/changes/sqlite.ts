import { statSync } from 'node:fs'
import { createRxDatabase, type RxCollection } from 'rxdb'
import { z } from 'zod'
import { recordOf } from '../../model/database/recordOf.ts'
import { RECORDS, type RecordDocument, recordSchema } from '../../model/database/recordSchema.ts'
import { type RxRecordStore, rxRecordStore } from '../../model/database/rxRecordStore.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { ChangeFunction, ChangeStore, History, StateStore } from '../../model/sync/changeStore.ts'
import { startCheckpoints } from '../storage/checkpoints.ts'
import { type CommitQueue, commitQueueOf } from '../storage/commitQueue.ts'
import { type Database, type OpenError, openDatabase } from '../storage/open.ts'
import { getRxStorageSqlite, type SqliteCommit } from '../storage/rxStorage.ts'
import { ACTORS, newActor } from './actors.ts'
import { openSqliteHistory, type SqliteHistory } from './sqliteHistory.ts'
import { forgetOld, indexLog, openSqliteLog } from './sqliteLog.ts'
import { renewMark } from './sqliteMark.ts'
import { prepareSqliteSchema } from './sqliteSchema.ts'
import { openSqliteState } from './sqliteState.ts'
import { StorageError, storageErrorOf } from './storageError.ts'

type Collections = { [RECORDS]: RxCollection<RecordDocument> }

export interface SqliteStore {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly history: History
  readonly updateWith: UpdateWith
  /** For the window, which reads and writes the same tables through RxDB's remote storage. */
  readonly rxStorage: ReturnType<typeof getRxStorageSqlite>
  readonly database: Database
  /** The file turned out to be a copy, or set back, so the store has a new epoch and will have a new actor. */
  readonly isCopy: boolean
  /** Whoever had it open last did not close it. */
  readonly wasUnclean: boolean
  close(): Promise<void>
}

/**
 * As `update` of a store, and in the same commit whatever else `alongside` writes to the database. It may run again if the commit is
 * tried again, and does not run where nothing is written; if it throws, the update does, and nothing is committed.
 * @returns whether anything was committed
 */
export type UpdateWith = (ids: readonly string[], change: ChangeFunction, alongside: () => void) => Promise<boolean>

export interface SqliteOptions {
  /** Wall clock, ms since 1970 UTC. */
  readonly now?: () => number
}

/**
 * The store of an install: one encrypted SQLite file that holds the RxDB collection, its change log, its history and
 * small facts.
 * @param key 32 bytes
 */
export async function openSqliteStore(
  file: string,
  key: Uint8Array,
  { now = Date.now }: SqliteOptions = {},
): Promise<Result<SqliteStore, OpenError>> {
  // SQLite removes its log when the last connection closes.
  const wasUnclean = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  const opened = openDatabase(file, key)
  if (!opened.ok) return opened
  const database = opened.value
  try {
    const prepared = prepareSqliteSchema(database)
    if (!prepared.ok) {
      const { found, known } = prepared.error
      const detail = `a newer WedSync wrote it: it has version ${found}, and this program knows ${known}`
      database.close()
      return err({ kind: 'unreadable', file, detail })
    }
    return ok(await openParts({ file, key, database, wasUnclean, now }))
  } catch (error) {
    database.close()
    throw storageErrorOf(error)
  }
}

interface OpenedFile {
  readonly file: string
  readonly key: Uint8Array
  readonly database: Database
  readonly wasUnclean: boolean
  readonly now: () => number
}

async function openParts({ file, key, database, wasUnclean, now }: OpenedFile): Promise<SqliteStore> {
  const history = openSqliteHistory(database, now)
  const checkInPlace = guardPlace(file)
  const checkpoints = startCheckpoints(database, { file, key })
  const state = guarded(openSqliteState(database, now), checkInPlace)
  const alongside = new Map<string, () => void>()
  const rxStorage = getRxStorageSqlite({
    database,
    onCommit: (commit) => {
      checkInPlace()
      alongside.get(commit.context)?.()
      noteHistory(history, commit, now())
      checkpoints.note(commit.rows.length)
    },
  })
  const rxDatabase = await createRxDatabase<Collections>({
    name: 'wedsync',
    storage: rxStorage,
    multiInstance: false,
    eventReduce: true,
  })
  try {
    await rxDatabase.addCollections({ [RECORDS]: { schema: recordSchema } })
    const collection = rxDatabase[RECORDS]
    const { tableName } = internals.parse(collection.storageInstance.internals)
    indexLog(database, tableName)
    const log = openSqliteLog(database, tableName)
    const { isCopy } = await renewMark(file, state)
    if (isCopy) await forgetEpoch(state)
    if (wasUnclean) await retireActors(state)
    const records = rxRecordStore(collection)
    return {
      changes: sqliteChangeStore(records, log, commitQueueOf(database), await epochOf(state)),
      updateWith: updaterWith(records, alongside),
      state,
      history: {
        ...history,
        weddingAt: async (scope, ms) => log.weddingAt(scope, ms),
        forget: (retention, nowMs) => forgetOld(database, retention, nowMs),
      },
      rxStorage,
      database,
      isCopy,
      wasUnclean,
      async close() {
        await rxDatabase.close()
        await checkpoints.close()
        database.close()
      },
    }
  } catch (error) {
    // Or its name would count as taken for the rest of the process, and a repaired file could not be opened.
    await rxDatabase.close()
    throw error
  }
}

const internals = z.object({ tableName: z.string().regex(/^\w+$/) })

const EPOCH = 'epoch'

async function epochOf(state: StateStore): Promise<string> {
  const known = await state.get(EPOCH)
  if (known !== undefined) return z.string().parse(known)
  const epoch = newActor()
  await state.set(EPOCH, epoch)
  return epoch
}

/** The next opening is of a new incarnation: its epoch is new, and so is every actor that edits through it. */
export async function forgetEpoch(state: StateStore): Promise<void> {
  await state.set(EPOCH, undefined)
}

/**
 * After a power cut the end of the log may be missing, if the disk had promised more than it kept, and peers may have seen
 * what is missing. An actor that went on counting would give out its dots again; so nobody edits under an actor of before.
 */
async function retireActors(state: StateStore): Promise<void> {
  for (const key of (await state.list(ACTORS)).keys()) await state.set(key, undefined)
}

/**
 * A file that was removed can still be written to, and all of it is gone when the process ends. So every write looks
 * first whether the file is still in its place; that takes some microseconds.
 */
function guardPlace(file: string): () => void {
  const inodeOf = () => statSync(file, { bigint: true, throwIfNoEntry: false })?.ino
  const inode = inodeOf()
  return () => {
    if (inodeOf() !== inode) throw new StorageError('gone')
  }
}

function guarded(state: StateStore, check: () => void): StateStore {
  return {
    ...state,
    async set(key, value) {
      check()
      try {
        await state.set(key, value)
      } catch (error) {
        throw storageErrorOf(error)
      }
    },
  }
}

function noteHistory(history: SqliteHistory, { collectionName, rows }: SqliteCommit, nowMs: number): void {
  if (collectionName !== RECORDS) return
  for (const { previous, previousSeq, document, seq } of rows) {
    // Rows of this collection have its shape: RxDB has checked the document against the schema.
    const before = previous === undefined ? undefined : recordOf(previous as RecordDocument)
    history.note(before, recordOf(document as RecordDocument), { seq, before: previousSeq }, nowMs)
  }
}

/** @param alongside where `onCommit` finds what is to go into a commit, by the name that the storage is told of it */
function updaterWith(records: RxRecordStore, alongside: Map<string, () => void>): UpdateWith {
  let count = 0
  return async (ids, change, write) => {
    const context = `wedsync and more ${++count}`
    alongside.set(context, write)
    try {
      return await records.updateAs(context, ids, change)
    } catch (error) {
      throw storageErrorOf(error)
    } finally {
      alongside.delete(context)
    }
  }
}

/** @param queue by which the log is read: a peer that had seen a change which a power cut then takes back would miss the next */
function sqliteChangeStore(
  records: RxRecordStore,
  { scopes, headOf, changesSince, countSince }: ReturnType<typeof openSqliteLog>,
  queue: CommitQueue,
  epoch: string,
): ChangeStore {
  /** Every request asks for them. No scope is ever lost again, and this process makes all the commits. */
  const known = new Set<string>()
  let sorted: readonly string[] | undefined
  const heads = new Map<string, number>()
  let allRead = false
  records.subscribe((scope) => {
    if (!known.has(scope)) sorted = undefined
    known.add(scope)
    heads.delete(scope)
  })
  // At once and not after waiting: many ask when they hear of one commit, and only the first is to look.
  function latest(scope: string): number {
    const seq = heads.get(scope) ?? headOf(scope)
    heads.set(scope, seq)
    return seq
  }

  return {
    ...records,
    async update(ids, change) {
      try {
        await records.update(ids, change)
      } catch (error) {
        throw storageErrorOf(error)
      }
    },
    epoch,
    async scopes() {
      // Not before somebody asks: a damaged file is opened first and looked at then.
      if (!allRead) {
        for (const scope of await queue.readCommitted(scopes)) known.add(scope)
        sorted = undefined
        allRead = true
      }
      sorted ??= [...known].sort()
      return sorted
    },
    head: (scope) => queue.readCommitted(() => latest(scope)),
    heads: (wanted) =>
      queue.readCommitted(
        () => new Map(wanted.map((scope) => [scope, latest(scope)] as const).filter(([, seq]) => seq > 0)),
      ),
    changesSince: async (scope, seq, options) => queue.readCommitted(() => changesSince(scope, seq, options)),
    countSince: async (scope, seq, except) => queue.readCommitted(() => countSince(scope, seq, except)),
  }
}
