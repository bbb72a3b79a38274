/** Puts the database of a backup where an install has its own. What was there is set aside, never written over. */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { err, ok, type Result } from '../../model/result.ts'
import { markFileOf } from '../changes/sqliteMark.ts'
import { prepareSqliteSchema } from '../changes/sqliteSchema.ts'
import { syncFolder } from '../identity/wholeFile.ts'
import { copyDatabase, type Database, openDatabase, openForReading } from '../storage/open.ts'
import { type BackupError, checkBackupFile, DATABASE_NAME, extract, type OpenedBackup } from './backupFile.ts'
import { contentOf } from './makeBackup.ts'

/** The database of an install, which no process has open. */
export interface DatabasePlace {
  readonly databaseFile: string
  readonly key: Uint8Array
}

export const ASIDE_FOLDER = 'damaged'

export interface Placed {
  /** Where the database that was here is now; absent if there was none. */
  readonly aside?: string
}

/**
 * Checks the backup, writes its database under the key of this place, checks that as well, and only then sets aside what
 * is here. The store that is opened next is a new incarnation, since its mark is gone.
 * @param nowMs ms since 1970 UTC, for the name of what is set aside
 */
export async function placeDatabase(
  { databaseFile, key }: DatabasePlace,
  backup: OpenedBackup,
  nowMs: number,
): Promise<Result<Placed, BackupError>> {
  const next = `${databaseFile}.new`
  rmSync(next, { force: true })
  try {
    const copied = await withBackupDatabase(backup, dirname(databaseFile), async (source) => {
      copyDatabase(source, backup.key, next, key)
    })
    if (!copied.ok) return copied
    const content = await contentOf(next, key)
    const { records, digest } = backup.manifest
    if (!content.ok || content.value.records !== records || content.value.digest !== digest) {
      return err({ kind: 'damaged', file: backup.file, detail: 'its database does not hold what it held' })
    }
    const aside = setAside(databaseFile, nowMs)
    renameSync(next, databaseFile)
    syncFolder(dirname(databaseFile))
    return ok(aside === undefined ? {} : { aside })
  } finally {
    rmSync(next, { force: true })
  }
}

/** Gives the database of a backup to read, unpacked into a file of the folder for as long as `work` takes. */
export async function withBackupDatabase<T>(
  backup: OpenedBackup,
  folder: string,
  work: (database: Database) => Promise<T>,
): Promise<Result<T, BackupError>> {
  const sound = await checkBackupFile(backup)
  if (!sound.ok) return sound
  const file = join(folder, `.${randomUUID()}.restore`)
  try {
    await extract(backup, DATABASE_NAME, file)
    const current = bringUpToDate(file, backup)
    if (!current.ok) return current
    const database = openForReading(file, backup.key)
    if (!database.ok) return err({ kind: 'damaged', file: backup.file, detail: database.error.detail })
    try {
      return ok(await work(database.value))
    } finally {
      database.value.close()
    }
  } finally {
    for (const left of [file, `${file}-wal`, `${file}-shm`]) rmSync(left, { force: true })
  }
}

/** A backup may be of an older program than the one that reads it. */
function bringUpToDate(file: string, { file: backupFile, key }: OpenedBackup): Result<void, BackupError> {
  const opened = openDatabase(file, key)
  if (!opened.ok) return err({ kind: 'damaged', file: backupFile, detail: opened.error.detail })
  try {
    const prepared = prepareSqliteSchema(opened.value)
    return prepared.ok ? prepared : err({ kind: 'unreadable', file: backupFile, detail: 'a newer WedSync made it' })
  } finally {
    opened.value.close()
  }
}

/**
 * Moves the database with its log and its mark into a folder of its own.
 * @returns the database where it is now; `undefined` if there was nothing to move
 */
function setAside(databaseFile: string, nowMs: number): string | undefined {
  const files = [databaseFile, `${databaseFile}-wal`, `${databaseFile}-shm`, markFileOf(databaseFile)].filter(
    existsSync,
  )
  if (files.length === 0) return undefined
  const time = new Date(nowMs).toISOString().replaceAll(':', '-')
  const folder = join(dirname(databaseFile), ASIDE_FOLDER, time)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const file of files) renameSync(file, join(folder, basename(file)))
  syncFolder(folder)
  return join(folder, basename(databaseFile))
}
