/**
 * The file of a backup:
 *
 *     WEDSYNC-BACKUP 1\n
 *     {"madeAt":"2027-06-12T14:00:00.000Z","slots":[…],"manifest":{"nonce":"…","wrapped":"…"}}\n
 *     the bytes of its files, one after the other
 *
 * The manifest is encrypted, and bound to the line that it stands in: it lists the files with their sizes and SHA-256 and
 * says what the database holds. The files are encrypted by themselves: `wedsync.db` is a SQLite database under the key of
 * the backup. The bytes of photos and documents are encrypted files already: `blobs/key` is their key, wrapped under that of
 * the backup, and `blobs/3f/3f…` is one of them, as further entries of the list. Backups that stand side by side share
 * them: then `beside` names what is in the folder `blobs` next to the file (`backupBlobs.ts`).
 */
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import { syncFolder } from '../identity/wholeFile.ts'
import { candidateKeys, derive, type KeySlot, keySlot, type Opener, openBytes, sealBytes } from './keySlots.ts'

/** A file that goes into a backup, as it is. */
export interface BackupSource {
  /** Its name in the backup. */
  readonly name: string
  /** Where it is now. */
  readonly path: string
}

const MAGIC = 'WEDSYNC-BACKUP 1\n'
const MAX_HEADER_BYTES = 16 * 1024 * 1024
export const DATABASE_NAME = 'wedsync.db'

const header = z.strictObject({
  madeAt: z.iso.datetime(),
  slots: z.array(keySlot).max(20),
  manifest: z.strictObject({ nonce: z.base64url(), wrapped: z.base64url() }),
})

const manifest = z.object({
  files: z.array(z.object({ name: z.string(), bytes: z.int().min(0), sha256: z.string() })),
  /** Names of further files, which are not in this one but in the folder beside it. Absent in older backups. */
  beside: z.array(z.string().regex(/^blobs\/[0-9a-f]{2}\/[0-9a-f]{64}$/)).default([]),
  /** Of all scopes together. */
  records: z.int().min(0),
  /** Over the digests of all scopes: equal content has an equal digest. */
  digest: z.string(),
})
export type Manifest = z.infer<typeof manifest>

export type BackupError =
  | { readonly kind: 'unreadable'; readonly file: string; readonly detail: string }
  | { readonly kind: 'no-backup'; readonly file: string }
  | { readonly kind: 'wrong-key'; readonly file: string }
  | { readonly kind: 'damaged'; readonly file: string; readonly detail: string }

export interface OpenedBackup {
  readonly file: string
  /** ISO 8601, UTC. */
  readonly madeAt: string
  readonly key: Uint8Array
  readonly manifest: Manifest
  /** Where the first file begins. */
  readonly offset: number
}

export interface NewBackup {
  readonly madeAt: string
  readonly key: Uint8Array
  readonly slots: readonly KeySlot[]
  readonly sources: readonly BackupSource[]
  readonly beside?: readonly string[]
  readonly content: Pick<Manifest, 'records' | 'digest'>
}

/** Writes the file under a temporary name and puts it in place when it is on disk as a whole. */
export async function writeBackupFile(
  file: string,
  { madeAt, key, slots, sources, beside = [], content }: NewBackup,
): Promise<void> {
  const files: Manifest['files'] = []
  for (const { name, path } of sources) {
    files.push({ name, bytes: (await stat(path)).size, sha256: await sha256Of(path) })
  }
  const open = JSON.stringify({ madeAt, slots })
  const sealed = sealBytes(derive(key, 'manifest'), Buffer.from(JSON.stringify({ files, beside, ...content })), open)
  const line = JSON.stringify(header.parse({ madeAt, slots, manifest: sealed }))
  const draft = `${file}.new`
  try {
    await pipeline(partsOf(`${MAGIC}${line}\n`, sources), createWriteStream(draft, { mode: 0o600, flush: true }))
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  syncFolder(dirname(file))
}

async function* partsOf(head: string, sources: readonly BackupSource[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head)
  for (const { path } of sources) yield* createReadStream(path)
}

/** Reads the head of the file and tries what the openers give, in their order. */
export function openBackup(file: string, openers: readonly Opener[]): Result<OpenedBackup, BackupError> {
  const head = readHead(file)
  if (!head.ok) return head
  const { offset, open, slots, sealed, madeAt } = head.value
  for (const opener of openers) {
    for (const key of candidateKeys(slots, opener)) {
      const bytes = openBytes(derive(key, 'manifest'), sealed, open)
      if (!bytes) continue
      return ok({ file, madeAt, key, manifest: manifest.parse(JSON.parse(bytes.toString())), offset })
    }
  }
  return err({ kind: 'wrong-key', file })
}

interface Head {
  readonly offset: number
  /** What the manifest is bound to. */
  readonly open: string
  readonly madeAt: string
  readonly slots: readonly KeySlot[]
  readonly sealed: { readonly nonce: string; readonly wrapped: string }
}

function readHead(file: string): Result<Head, BackupError> {
  let bytes: Buffer
  try {
    bytes = readStart(file)
  } catch (error) {
    return err({ kind: 'unreadable', file, detail: error instanceof Error ? error.message : String(error) })
  }
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return err({ kind: 'no-backup', file })
  const end = bytes.indexOf('\n', MAGIC.length)
  const parsed = end < 0 ? undefined : parseHeader(bytes.toString('utf8', MAGIC.length, end))
  if (!parsed) return err({ kind: 'damaged', file, detail: 'its first lines are not what they were' })
  const { madeAt, slots, manifest: sealed } = parsed
  return ok({ offset: end + 1, open: JSON.stringify({ madeAt, slots }), madeAt, slots, sealed })
}

function parseHeader(line: string): z.infer<typeof header> | undefined {
  try {
    return header.safeParse(JSON.parse(line)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The first two lines and whatever comes with them. */
function readStart(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    let bytes = Buffer.alloc(0)
    for (let size = 65_536; size <= MAX_HEADER_BYTES; size *= 4) {
      bytes = Buffer.alloc(size)
      const read = readSync(descriptor, bytes, 0, size, 0)
      bytes = bytes.subarray(0, read)
      if (read < size || bytes.indexOf('\n', MAGIC.length) >= 0) break
    }
    return bytes
  } finally {
    closeSync(descriptor)
  }
}

/** Whether every file of the backup is there as it was written. */
export async function checkBackupFile({
  file,
  manifest: { files },
  offset,
}: OpenedBackup): Promise<Result<void, BackupError>> {
  let start = offset
  for (const { name, bytes, sha256 } of files) {
    if ((await sha256Of(file, start, bytes)) !== sha256) {
      return err({ kind: 'damaged', file, detail: `${name} in it is not what was written` })
    }
    start += bytes
  }
  if ((await stat(file)).size !== start)
    return err({ kind: 'damaged', file, detail: 'there is more in it than was written' })
  return ok(undefined)
}

/** Takes one file out of the backup. */
export async function extract(
  { file, manifest: { files }, offset }: OpenedBackup,
  name: string,
  to: string,
): Promise<void> {
  const index = files.findIndex((each) => each.name === name)
  const found = files[index]
  if (!found) throw new Error(`there is no ${name} in the backup`)
  const start = files.slice(0, index).reduce((sum, { bytes }) => sum + bytes, offset)
  const source = createReadStream(file, { start, end: start + found.bytes - 1 })
  await pipeline(source, createWriteStream(to, { mode: 0o600 }))
}

async function sha256Of(path: string, start = 0, bytes?: number): Promise<string> {
  const hash = createHash('sha256')
  if (bytes === 0) return hash.digest('hex')
  await pipeline(createReadStream(path, { start, ...(bytes !== undefined && { end: start + bytes - 1 }) }), hash)
  return hash.digest('hex')
}
