import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Only the owner may read it. */
const FILE_MODE = 0o600

/** Replaces the file as a whole, and returns when it is on disk. */
export function writeWhole(file: string, bytes: Uint8Array): void {
  const draft = `${file}.new`
  writeFileSync(draft, bytes, { mode: FILE_MODE, flush: true })
  renameSync(draft, file)
  // A new name is on disk only when its folder is. Windows has no such call.
  if (process.platform === 'win32') return
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
