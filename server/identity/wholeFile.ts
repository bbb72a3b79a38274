/** Small files that are there as a whole or not at all, whatever happens meanwhile. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Only the owner may read them. */
const FILE_MODE = 0o600

/** Replaces the file and returns when it is on disk. */
export function writeWhole(file: string, text: string): void {
  const draft = `${file}.new`
  writeFileSync(draft, text, { mode: FILE_MODE, flush: true })
  renameSync(draft, file)
  syncFolder(dirname(file))
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** A new name is on disk only when its folder is. Windows has no such call, and NTFS logs names by itself. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
