/** What a store needs while it is in use: looking through, backups, forgetting what is old. All of it in the background. */
import { mkdirSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { viewRecord } from '../../model/merge/view.ts'
import type { Retention } from '../../model/sync/changeStore.ts'
import type { AuditLog } from '../audit/log.ts'
import { forgetOldEntries } from '../audit/retention.ts'
import { removeUnnamedBlobs, restoreBlobs } from '../backup/backupBlobs.ts'
import { openBackup } from '../backup/backupFile.ts'
import { Jobs } from '../backup/jobs.ts'
import { describeMakeBackupError } from '../backup/makeBackup.ts'
import { BACKUPS_FOLDER, backupName, isDue, listBackups, superfluous, type WeddingDay } from '../backup/rotation.ts'
import type { BlobDoor } from '../blobs/blobRoutes.ts'
import { RETENTION } from '../changes/retention.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import type { DataDir } from '../identity/dataDir.ts'
import type { Log } from '../log.ts'
import { describeFault } from '../rest/errors.ts'
import { noteDamage, type SoundStore } from './soundStore.ts'

export const KEEP_BACKUPS = 12

export interface UpkeepOptions {
  readonly dataDir: DataDir
  readonly sound: SoundStore
  /** Of the install, so that those that are lost come back from a backup. */
  readonly blobs?: Pick<BlobDoor, 'store' | 'index'>
  /** What is on record of the install; absent where nothing of it is to be forgotten. */
  readonly audit?: AuditLog
  readonly log: Log
  /** How many of the newest backups are kept, and one a day for as many days. 0 makes none. */
  readonly keepBackups?: number
  readonly retention?: Retention
  /** Wall clock, ms since 1970 UTC. */
  readonly now?: () => number
  /** Before the first round of what is not urgent; a program that just starts has better things to do. */
  readonly settleMs?: number
}

export interface Upkeep {
  /** Resolves when the store is found to be damaged: it has to be closed, and is repaired when it is opened again. */
  readonly damaged: Promise<void>
  /** Other work on the whole database takes its turn with that of the upkeep. */
  readonly jobs: Pick<Jobs, 'backup' | 'verify'>
  /** What goes wrong with backups, in words for a person. */
  problem(): string | undefined
  /** Does now whatever is due. */
  round(): Promise<void>
  stop(): Promise<void>
}

const SETTLE_MS = 30_000
const ROUND_MS = 5 * 60_000
const DAY_MS = 86_400_000

export function startUpkeep(options: UpkeepOptions): Upkeep {
  const { dataDir, sound, log, keepBackups = KEEP_BACKUPS, retention = RETENTION, now = Date.now } = options
  const { store, toCheck } = sound
  const { databaseFile, key: databaseKey } = dataDir
  const folder = join(dataDir.path, BACKUPS_FOLDER)
  const jobs = new Jobs()
  const { promise: damaged, resolve: tellDamaged } = Promise.withResolvers<void>()
  let problem: string | undefined
  let forgottenAtMs = 0
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  function foundDamage(detail: string): void {
    log('the database is damaged: it will be opened again and repaired', { detail })
    noteDamage(databaseFile, detail)
    tellDamaged()
  }

  async function check(depth: 'quick' | 'full'): Promise<void> {
    const checked = await jobs.check({ databaseFile, databaseKey, depth })
    if (checked && !checked.ok) foundDamage(checked.error)
  }

  async function backUp(): Promise<void> {
    const nowMs = now()
    const [last] = listBackups(folder)
    if (keepBackups === 0 || !isDue(last?.ms, nowMs, await weddingDays(store))) return
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await removeDrafts(folder)
    const out = join(folder, backupName(nowMs))
    const made = await jobs.backup({ databaseFile, databaseKey, out, blobs: 'beside', nowMs })
    if (!made) return
    if (!made.ok) {
      log('no backup was made', { why: made.error.kind })
      if (made.error.kind === 'source-damaged') foundDamage(made.error.findings[0] ?? 'it cannot be copied')
      problem = describeMakeBackupError(made.error)
      return
    }
    problem = undefined
    const { records, blobs: count, missingBlobs, damagedBlobs } = made.value
    log('backup made', { records, blobs: count, missingBlobs: missingBlobs.length, damagedBlobs: damagedBlobs.length })
    await putBlobsBack(out, damagedBlobs)
    dropSuperfluous()
  }

  /** What is gone from here or damaged, and is in a backup. */
  async function putBlobsBack(file: string, damagedBlobs: readonly string[]): Promise<void> {
    const backup = openBackup(file, [{ kind: 'key', key: databaseKey }])
    if (!options.blobs || !backup.ok) return
    const { store: blobs, index } = options.blobs
    for (const sha256 of damagedBlobs) await blobs.prove(sha256)
    const live = (await index.all()).filter(({ deletedMs }) => deletedMs === undefined)
    const named = new Set(live.flatMap(({ mentions }) => mentions.map(({ sha256 }) => sha256)))
    const { restored, stopped } = await restoreBlobs(backup.value, [...named], blobs, folder)
    if (restored > 0 || stopped !== undefined) log('blobs put back from a backup', { restored, stopped })
  }

  function dropSuperfluous(): void {
    const dropped = superfluous(listBackups(folder), keepBackups)
    for (const { file } of dropped) rmSync(file, { force: true })
    if (dropped.length === 0) return
    const kept = listBackups(folder).map(({ file }) => file)
    removeUnnamedBlobs(folder, kept, databaseKey)
  }

  async function forget(): Promise<void> {
    const nowMs = now()
    if (Math.abs(nowMs - forgottenAtMs) < DAY_MS) return
    forgottenAtMs = nowMs
    await store.history.forget(retention, nowMs)
    if (options.audit) await forgetOldEntries(options.audit, nowMs, noteAuditProblem)
  }

  function noteAuditProblem(fault: unknown): void {
    log('audit: old entries not forgotten', describeFault(fault))
  }

  async function round(): Promise<void> {
    await backUp()
    await forget()
  }

  /** A full disk or a folder that is away: told, and tried again in the next round. */
  async function keepRound(): Promise<void> {
    try {
      await round()
    } catch (error) {
      problem = `The upkeep of the database failed: ${error instanceof Error ? error.message : String(error)}`
      log('upkeep failed', { why: problem })
    }
    plan(ROUND_MS)
  }

  function plan(ms: number): void {
    if (isStopped) return
    timer = setTimeout(() => void keepRound(), ms)
    timer.unref()
  }

  const settleMs = options.settleMs ?? SETTLE_MS
  let checking: Promise<void> = Promise.resolve()
  const checkTimer = toCheck && setTimeout(() => (checking = check(toCheck)), toCheck === 'full' ? 0 : settleMs)
  plan(settleMs)

  return {
    damaged,
    jobs,
    problem: () => problem,
    round,
    async stop() {
      isStopped = true
      clearTimeout(checkTimer)
      clearTimeout(timer)
      await jobs.close()
      await checking
    },
  }
}

/** A process that was killed leaves its drafts behind. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\..*\.(copy|restore)$|\.new$/.test(name)) rmSync(join(folder, name), { force: true })
  }
}

/** The record of a wedding has the id of its scope. */
async function weddingDays({ changes }: SqliteStore): Promise<readonly WeddingDay[]> {
  const scopes = await changes.scopes()
  const records = await changes.records(scopes)
  return [...records.values()].flatMap((record): readonly WeddingDay[] => {
    const { date, timezone } = viewRecord(record).data
    if (record.table !== 'weddings' || typeof date !== 'string') return []
    return [{ date, ...(typeof timezone === 'string' && { timezone }) }]
  })
}
