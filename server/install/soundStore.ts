/**
 * Opens the store of an install, and repairs what is found to be damaged:
 *
 *     damaged, missing or empty ──► the newest good backup in its place ──► + what can be read of the damaged file
 *              │                    (new epoch, new actor)                     + what peers have, by the next session
 *              └─ set aside in damaged/
 *
 * A store with backups is opened at once and looked through afterwards (`upkeep.ts`); what is found then is noted in a
 * file beside it and repaired here at the next opening. A store without a backup is looked through first: were it
 * damaged, writing to it could only make things worse. Where no backup is good, nothing is changed.
 */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { openBackup } from '../backup/backupFile.ts'
import { type Placed, placeDatabase } from '../backup/placeDatabase.ts'
import { BACKUPS_FOLDER, type BackupName, listBackups } from '../backup/rotation.ts'
import { salvage } from '../backup/salvage.ts'
import { openSqliteStore, type SqliteStore } from '../changes/sqlite.ts'
import { markFileOf } from '../changes/sqliteMark.ts'
import type { DataDir } from '../identity/dataDir.ts'
import { writeWhole } from '../identity/wholeFile.ts'
import type { Log } from '../log.ts'
import { checkIntegrity, type OpenError, openForReading } from '../storage/open.ts'

export interface SoundStore {
  readonly store: SqliteStore
  /** How thoroughly it has still to be looked through: not at all if that was done already. */
  readonly toCheck: 'quick' | 'full' | undefined
}

export async function openSoundStore(dataDir: DataDir, log: Log): Promise<Result<SoundStore, OpenError>> {
  const { path } = dataDir
  const backups = listBackups(join(path, BACKUPS_FOLDER))
  const known = knownDamage(dataDir, backups)
  if (known) return repair(dataDir, backups, known, log)
  const opened = await open(dataDir)
  if (!opened.ok) return opened.error.kind === 'unreadable' ? opened : repair(dataDir, backups, opened.error, log)
  if (opened.value.isCopy) log('the data folder was copied or put back from a copy: it goes on as a store of its own')
  const toCheck = backups.length === 0 ? undefined : opened.value.wasUnclean ? 'full' : 'quick'
  return ok({ store: opened.value, toCheck })
}

/** Notes what was found while the store was in use, for the next opening to repair. */
export function noteDamage(databaseFile: string, detail: string): void {
  writeWhole(damageFileOf(databaseFile), `${detail}\n`)
}

function damageFileOf(databaseFile: string): string {
  return `${databaseFile}-damaged`
}

/** What keeps the store from being opened as it is. */
function knownDamage({ databaseFile, key }: DataDir, backups: readonly BackupName[]): OpenError | undefined {
  const damaged = (detail: string): OpenError => ({ kind: 'damaged-or-wrong-key', file: databaseFile, detail })
  if (sizeOf(databaseFile) === 0) {
    // A new install has neither. Beginning anew would look like it, and everything would seem to be gone.
    const wasThere = existsSync(markFileOf(databaseFile)) || backups.length > 0
    return wasThere ? damaged('it is missing or empty, and was not always') : undefined
  }
  const noted = existsSync(damageFileOf(databaseFile)) ? readFileSync(damageFileOf(databaseFile), 'utf8') : undefined
  if (noted === undefined && backups.length > 0) return undefined
  const database = openForReading(databaseFile, key)
  if (!database.ok) return database.error.kind === 'unreadable' ? undefined : database.error
  const [finding] = checkIntegrity(database.value)
  database.value.close()
  return finding === undefined ? undefined : damaged(finding)
}

async function open({ databaseFile, key }: DataDir): Promise<Result<SqliteStore, OpenError>> {
  try {
    const opened = await openSqliteStore(databaseFile, key)
    if (opened.ok) rmSync(damageFileOf(databaseFile), { force: true })
    return opened
  } catch (error) {
    if (!isDamage(error)) throw error
    return err({ kind: 'damaged-or-wrong-key', file: databaseFile, detail: error.message })
  }
}

/** What SQLite says about a page that is not what it wrote. */
export function isDamage(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^SQLITE_(CORRUPT|NOTADB|FORMAT|IOERR_(DATA|CORRUPTFS|SHORT_READ))/.test(code)
}

async function repair(
  dataDir: DataDir,
  backups: readonly BackupName[],
  damage: OpenError,
  log: Log,
): Promise<Result<SoundStore, OpenError>> {
  const placed = await placeNewestGood(dataDir, backups, log)
  if (!placed) return err(damage)
  const { backup, aside } = placed
  const opened = await openSqliteStore(dataDir.databaseFile, dataDir.key)
  if (!opened.ok) return opened
  rmSync(damageFileOf(dataDir.databaseFile), { force: true })
  const { changes, state } = opened.value
  const saved = aside === undefined ? undefined : await salvage(aside, dataDir.key, changes)
  log('a backup was put in the place of the damaged database', {
    damage: damage.detail,
    madeAt: new Date(backup.ms).toISOString(),
    aside,
    recovered: saved?.recovered,
    isWhole: saved?.isWhole,
  })
  await keepNotice(state, sentence(backup, saved), Date.now())
  return ok({ store: opened.value, toCheck: undefined })
}

async function placeNewestGood(
  dataDir: DataDir,
  backups: readonly BackupName[],
  log: Log,
): Promise<(Placed & { readonly backup: BackupName }) | undefined> {
  for (const backup of backups) {
    const opened = openBackup(backup.file, [{ kind: 'key', key: dataDir.key }])
    const placed = opened.ok ? await placeDatabase(dataDir, opened.value, Date.now()) : opened
    if (placed.ok) return { ...placed.value, backup }
    log('a backup is of no use', { file: backup.file, why: placed.error.kind })
  }
  return undefined
}

function sentence(backup: BackupName, saved: { readonly recovered: number; readonly isWhole: boolean } | undefined) {
  const time = new Date(backup.ms).toISOString().slice(0, 16).replace('T', ' ')
  const what = `The database on this device was damaged, so the backup of ${time} UTC took its place`
  if (!saved) return `${what}; what was changed since then comes back from the other devices.`
  const changes = saved.recovered === 1 ? '1 newer record was' : `${saved.recovered} newer records were`
  const kept = saved.recovered === 0 ? '' : ` and ${changes} saved from the damaged file`
  const rest = saved.isWhole
    ? ''
    : ' What cannot be read of it comes back from the other devices, as far as they have it.'
  return `${what}${kept}; the damaged file is kept in the folder "damaged".${rest}`
}

const NOTICE = 'notice'
const NOTICE_MS = 24 * 3_600_000
const notice = z.object({ text: z.string(), atMs: z.number() })

async function keepNotice(state: StateStore, text: string, nowMs: number): Promise<void> {
  await state.set(NOTICE, { text, atMs: nowMs })
}

/** What people are to be told about this device's store: for a day. */
export async function currentNotice(state: StateStore, nowMs: number): Promise<string | undefined> {
  const known = notice.optional().parse(await state.get(NOTICE))
  return known && nowMs - known.atMs < NOTICE_MS ? known.text : undefined
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
