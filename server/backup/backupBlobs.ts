/**
 * The bytes of photos and documents in backups. The file that a person takes away has them all in it. The backups that an
 * install makes by itself share one folder beside them, in which each file stands once, since it never changes:
 *
 *     backups/wedsync-….backup     the database, and the key of the blobs
 *     backups/blobs/3f/3f…         a blob; removed when no backup names it any more
 */
import { randomUUID } from 'node:crypto'
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type BlobSource, type BlobsPutBack, blobFilesFor, putBlobsBack } from '../blobs/blobBackup.ts'
import { checkBlobFile } from '../blobs/blobCheck.ts'
import { readBlobKey, writeBlobKey } from '../blobs/blobKey.ts'
import { blobsFolder } from '../blobs/blobPlaces.ts'
import type { BlobStore } from '../blobs/blobStore.ts'
import { namedBlobs } from '../blobs/namedBlobs.ts'
import { openSqliteLog, recordTableOf } from '../changes/sqliteLog.ts'
import { syncFolder } from '../identity/wholeFile.ts'
import { openForReading } from '../storage/open.ts'
import { type BackupSource, extract, type OpenedBackup, openBackup } from './backupFile.ts'

const PREFIX = 'blobs/'
const KEY_NAME = `${PREFIX}key`

export interface BlobOrder {
  readonly databaseFile: string
  readonly databaseKey: Uint8Array
  /** The copy of the database that goes into the backup, and the key of both. */
  readonly copy: string
  readonly key: Uint8Array
  readonly out: string
  readonly where: 'inside' | 'beside'
}

export interface CollectedBlobs {
  /** What goes into the file. */
  readonly inside: readonly BackupSource[]
  /** Names of what is beside it. */
  readonly beside: readonly string[]
  readonly count: number
  readonly missing: readonly string[]
  readonly damaged: readonly string[]
  /** When the backup is written, or is not. */
  removeDrafts(): void
}

/** What the records of the copy name, each read to its end first: what is not as it was written goes into no backup. */
export async function collectBlobs(order: BlobOrder): Promise<CollectedBlobs> {
  const { databaseFile, databaseKey, copy, key, out, where } = order
  const named = await namedIn(copy, key)
  const shared = where === 'beside' ? blobsFolder(dirname(out)) : undefined
  const isShared = (name: string): boolean => shared !== undefined && existsSync(join(shared, name))
  const found = await blobFilesFor(blobsFolder(dirname(databaseFile)), named, databaseKey, isShared)
  const drafts = join(dirname(out), `.${randomUUID()}.copy`)
  const lost: string[] = []
  if (shared !== undefined && found.key) {
    for (const source of found.files) {
      if (!isShared(source.name) && !(await share(source, found.key, shared, drafts))) lost.push(source.sha256)
    }
  }
  const files = found.files.filter(({ sha256 }) => !lost.includes(sha256))
  const entries = files.map(({ name, path }) => ({ name: `${PREFIX}${name}`, path }))
  if (found.key) writeBlobKey(drafts, found.key, key)
  return {
    inside: [...(found.key ? [{ name: KEY_NAME, path: drafts }] : []), ...(shared === undefined ? entries : [])],
    beside: shared === undefined ? [] : entries.map(({ name }) => name),
    count: files.length,
    missing: found.missing,
    damaged: [...found.damaged, ...lost],
    removeDrafts: () => rmSync(drafts, { force: true }),
  }
}

async function namedIn(copy: string, key: Uint8Array): Promise<readonly string[]> {
  const database = openForReading(copy, key)
  if (!database.ok) throw new Error(`the copy that was just checked cannot be read: ${database.error.detail}`)
  try {
    const table = recordTableOf(database.value)
    return table === undefined ? [] : [...(await namedBlobs(openSqliteLog(database.value, table))).keys()]
  } finally {
    database.value.close()
  }
}

/** Copies the file under its name when it is on disk and reads as it should. @returns whether it does */
async function share(source: BlobSource, key: Uint8Array, shared: string, draft: string): Promise<boolean> {
  // A file system that can share the blocks of two files does; what is written to one of them is not seen in the other.
  copyFileSync(source.path, draft, constants.COPYFILE_FICLONE)
  const handle = await open(draft, 'r+')
  await handle.sync()
  await handle.close()
  if ((await checkBlobFile(draft, key, source.sha256)) !== 'sound') return false
  const to = join(shared, source.name)
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  renameSync(draft, to)
  syncFolder(dirname(to))
  return true
}

/** Removes what no backup of the folder names. If one of them cannot be read, everything stays. */
export function removeUnnamedBlobs(folder: string, backups: readonly string[], databaseKey: Uint8Array): void {
  const named = new Set<string>()
  for (const file of backups) {
    const opened = openBackup(file, [{ kind: 'key', key: databaseKey }])
    if (!opened.ok) return
    for (const name of opened.value.manifest.beside) named.add(basename(name))
  }
  const shared = blobsFolder(folder)
  if (!existsSync(shared)) return
  for (const part of readdirSync(shared)) {
    for (const name of readdirSync(join(shared, part))) {
      if (!named.has(name)) rmSync(join(shared, part, name))
    }
  }
}

/**
 * Puts the bytes of photos and documents back that are not here.
 * @param hashes  what is wanted, SHA-256
 * @param scratch a folder with room for one of them
 */
export async function restoreBlobs(
  backup: OpenedBackup,
  hashes: readonly string[],
  store: BlobStore,
  scratch: string,
): Promise<BlobsPutBack> {
  const names = new Set(backup.manifest.files.map(({ name }) => name))
  const draft = join(scratch, `.${randomUUID()}.restore`)
  async function unpacked<T>(name: string, work: (path: string) => T): Promise<Awaited<T>> {
    try {
      await extract(backup, name, draft)
      return await work(draft)
    } finally {
      rmSync(draft, { force: true })
    }
  }
  const wanted = hashes.filter((sha256) => store.size(sha256) === undefined)
  const key = names.has(KEY_NAME) ? await unpacked(KEY_NAME, (path) => readBlobKey(path, backup.key)) : undefined
  if (!(key instanceof Uint8Array)) return { restored: 0, missing: wanted }
  return putBlobsBack(
    {
      key,
      async withFile(name, work) {
        const entry = `${PREFIX}${name}`
        if (names.has(entry)) return unpacked(entry, work)
        const beside = join(dirname(backup.file), entry)
        return existsSync(beside) ? work(beside) : undefined
      },
    },
    wanted,
    store,
  )
}
