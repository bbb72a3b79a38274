/** Stores, data folders and backups of them for tests. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { makeBackup } from '../../../server/backup/makeBackup.ts'
import { BACKUPS_FOLDER, backupName } from '../../../server/backup/rotation.ts'
import type { SqliteStore } from '../../../server/changes/sqlite.ts'
import { type DataDir, openDataDir } from '../../../server/identity/dataDir.ts'
import { openSoundStore, type SoundStore } from '../../../server/install/soundStore.ts'
import { guest } from '../changes/people.ts'
import { write } from '../changes/storeCalls.ts'

export interface Folders {
  make(): string
  cleanUp(): void
}

export function temporary(name: string): Folders {
  const root = mkdtempSync(join(tmpdir(), `wedsync-${name}-`))
  return { make: () => mkdtempSync(join(root, 'data-')), cleanUp: () => rmSync(root, { recursive: true, force: true }) }
}

export function quiet(): void {}

/** Opens the folder, runs `work` with its store, and closes both. */
export async function withStore<T>(dir: string, work: (sound: SoundStore, dataDir: DataDir) => Promise<T>): Promise<T> {
  const dataDir = openDataDir(dir)
  if (!dataDir.ok) throw new Error(dataDir.error.kind)
  try {
    const opened = await openSoundStore(dataDir.value, quiet)
    if (!opened.ok) throw new Error(opened.error.detail)
    try {
      return await work(opened.value, dataDir.value)
    } finally {
      await opened.value.store.close()
    }
  } finally {
    dataDir.value.close()
  }
}

export async function addGuests({ changes }: SqliteStore, scope: string, names: readonly string[]): Promise<void> {
  await write(changes, ...names.map((name) => ({ record: guest(scope, { name }) })))
}

export async function guestNames({ changes }: SqliteStore, scope: string): Promise<readonly string[]> {
  return namesOf(await changes.inScope(scope))
}

export function namesOf(records: readonly CausalRecord[]): readonly string[] {
  return records
    .map(viewRecord)
    .filter(({ deleted }) => !deleted)
    .map(({ data }) => String(data.name))
    .sort()
}

/** A backup in the folder's own rotation. @returns its file */
export async function backUp({ path, databaseFile, key }: DataDir, nowMs = Date.now()): Promise<string> {
  mkdirSync(join(path, BACKUPS_FOLDER), { recursive: true })
  const out = join(path, BACKUPS_FOLDER, backupName(nowMs))
  const made = await makeBackup({ databaseFile, databaseKey: key, out, blobs: 'beside', nowMs })
  if (!made.ok) throw new Error(made.error.kind)
  return out
}
