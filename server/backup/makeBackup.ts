/** A backup of a running install: copied, checked, written, and read again. Blocks its thread; see `worker.ts`. */
import { createHash, randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { err, ok, type Result } from '../../model/result.ts'
import { copyDatabase, type OpenError, openForReading } from '../storage/open.ts'
import { type CollectedBlobs, collectBlobs } from './backupBlobs.ts'
import {
  type BackupError,
  checkBackupFile,
  DATABASE_NAME,
  type Manifest,
  openBackup,
  writeBackupFile,
} from './backupFile.ts'
import { inspect } from './inspect.ts'
import { installSlot, newBackupKey, passphraseSlot } from './keySlots.ts'

export interface BackupOrder {
  readonly databaseFile: string
  /** Of the database. */
  readonly databaseKey: Uint8Array
  /** What is there is replaced when the new one is complete. */
  readonly out: string
  readonly passphrase?: string
  /** Where the bytes of photos and documents go: into the file, or once for all backups into the folder beside it. */
  readonly blobs: 'inside' | 'beside'
  /** Ms since 1970 UTC. */
  readonly nowMs: number
}

export interface BackupMade {
  readonly file: string
  readonly records: number
  readonly digest: string
  /** Opens this backup and nothing else. */
  readonly key: Uint8Array
  /** How many photos and documents it has the bytes of. */
  readonly blobs: number
  /** SHA-256 of those that records name and that are not here, or not as they were written. */
  readonly missingBlobs: readonly string[]
  readonly damagedBlobs: readonly string[]
}

export type MakeBackupError =
  /** What was to be copied is not sound, so it is no backup either. */
  | { readonly kind: 'source-damaged'; readonly findings: readonly string[] }
  | { readonly kind: 'source-unreadable'; readonly error: OpenError }
  | { readonly kind: 'not-as-written'; readonly error: BackupError }
  | { readonly kind: 'not-writable'; readonly file: string; readonly detail: string }

export async function makeBackup(order: BackupOrder): Promise<Result<BackupMade, MakeBackupError>> {
  const { databaseFile, databaseKey, out, passphrase, nowMs, blobs: where } = order
  const source = openForReading(databaseFile, databaseKey)
  if (!source.ok) return err({ kind: 'source-unreadable', error: source.error })
  const key = newBackupKey()
  // Beside the backup: there is room for it if there is room for the backup itself, and it is the same disk.
  const copy = join(dirname(out), `.${randomUUID()}.copy`)
  let blobs: CollectedBlobs | undefined
  try {
    copyDatabase(source.value, databaseKey, copy, key)
    const content = await contentOf(copy, key)
    if (!content.ok) return content
    const slots = [
      installSlot(key, databaseKey),
      ...(passphrase === undefined ? [] : [passphraseSlot(key, passphrase)]),
    ]
    blobs = await collectBlobs({ databaseFile, databaseKey, copy, key, out, where })
    const sources = [{ name: DATABASE_NAME, path: copy }, ...blobs.inside]
    const madeAt = new Date(nowMs).toISOString()
    await writeBackupFile(out, { madeAt, key, slots, sources, beside: blobs.beside, content: content.value })
    const written = openBackup(out, [{ kind: 'key', key }])
    const checked = written.ok ? await checkBackupFile(written.value) : written
    if (!checked.ok) return err({ kind: 'not-as-written', error: checked.error })
    const { count, missing, damaged } = blobs
    return ok({ file: out, ...content.value, key, blobs: count, missingBlobs: missing, damagedBlobs: damaged })
  } catch (error) {
    return failureOf(error, out)
  } finally {
    source.value.close()
    blobs?.removeDrafts()
    rmSync(copy, { force: true })
  }
}

/** What the copy holds, if it is sound. The bytes that are checked here are the ones that go into the file. */
export async function contentOf(
  file: string,
  key: Uint8Array,
): Promise<Result<Pick<Manifest, 'records' | 'digest'>, MakeBackupError>> {
  const copy = openForReading(file, key)
  if (!copy.ok) return err({ kind: 'source-damaged', findings: [copy.error.detail] })
  try {
    const { findings, scopes } = await inspect(copy.value)
    if (findings.length > 0) {
      return err({ kind: 'source-damaged', findings: findings.map(({ check, what }) => `${check}: ${what}`) })
    }
    const digest = createHash('sha256')
    for (const scope of scopes) digest.update(`${scope.scope} ${scope.digest}\n`)
    const records = scopes.reduce((sum, scope) => sum + scope.records, 0)
    return ok({ records, digest: digest.digest('hex') })
  } finally {
    copy.value.close()
  }
}

function failureOf(error: unknown, file: string): Result<never, MakeBackupError> {
  if (!(error instanceof Error) || !('code' in error)) throw error
  const code = String(error.code)
  const detail = error.message
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_(DATA|CORRUPTFS|SHORT_READ|READ))/.test(code)) {
    return err({ kind: 'source-damaged', findings: [`${code}: ${detail}`] })
  }
  return err({ kind: 'not-writable', file, detail })
}

/** One line for a person: what is wrong and what to do. */
export function describeMakeBackupError(error: MakeBackupError): string {
  switch (error.kind) {
    case 'source-damaged':
      return `The database is damaged, so no backup was made of it (${error.findings[0]}). Start the install, which repairs it from the last good backup.`
    case 'source-unreadable':
      return `The database ${error.error.file} cannot be read (${error.error.detail}). No backup was made.`
    case 'not-as-written':
      return `${describeBackupError(error.error)} It was just written: the disk does not keep what it is given. Use another one.`
    case 'not-writable':
      return `${error.file} cannot be written (${error.detail}). Check that its folder exists and has room.`
  }
}

export function describeBackupError(error: BackupError): string {
  switch (error.kind) {
    case 'unreadable':
      return `${error.file} cannot be read (${error.detail}).`
    case 'no-backup':
      return `${error.file} is not a backup of WedSync.`
    case 'wrong-key':
      return `${error.file} does not open with any key that is at hand: name the key file that was written beside it with --key, or give its passphrase with --passphrase-file.`
    case 'damaged':
      return `${error.file} is damaged: ${error.detail}.`
  }
}
