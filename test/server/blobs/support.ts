/** Blobs for tests: bytes that are the same at every run, and stores that vanish with their test. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Result } from '../../../model/result.ts'
import type { BlobId } from '../../../server/blobs/blobFile.ts'
import { type BlobStore, openBlobStore } from '../../../server/blobs/blobStore.ts'

export const MIB = 1024 * 1024
export const KEY = Buffer.alloc(32, 7)

export interface Sample extends BlobId {
  readonly bytes: Buffer
}

/** Random bytes, so that any of them would be recognised on disk. */
export function sampleBlob(size: number): Sample {
  const bytes = randomBytes(size)
  return { bytes, size, sha256: createHash('sha256').update(bytes).digest('hex') }
}

export function folderForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-blobs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function storeForTest(
  options: { readonly folder?: string; readonly quotaBytes?: number; readonly key?: Uint8Array } = {},
): Promise<BlobStore & { readonly folder: string }> {
  const { folder = folderForTest(), quotaBytes = 500 * MIB, key = KEY } = options
  const store = await openBlobStore({ folder, key, quotaBytes })
  onTestFinished(() => store.close())
  return { ...store, folder }
}

export async function put(store: BlobStore, { bytes, ...id }: Sample): Promise<void> {
  const written = await store.write(id, 0, [bytes])
  if (!written.ok || !written.value.whole) throw new Error(`not stored: ${JSON.stringify(written)}`)
}

/** All bytes of a blob, or the error. */
export async function readAll(
  store: BlobStore,
  sha256: string,
  range?: { readonly start: number; readonly end: number },
): Promise<Buffer | string> {
  const reading = await store.read(sha256, range)
  if (!reading.ok) return reading.error.kind
  const chunks: Uint8Array[] = []
  for await (const chunk of reading.value.bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export function kindOf(result: Result<unknown, { readonly kind: string }>): string {
  return result.ok ? 'ok' : result.error.kind
}

/** Every file below the folder, with its bytes. */
export function filesBelow(folder: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file, readFileSync(file)]),
  )
}
