import { err, type Result } from '../../model/result.ts'
import { openSqliteStore, type SqliteStore } from '../changes/sqlite.ts'
import type { DataDir } from '../identity/dataDir.ts'
import { checkIntegrity, type OpenError, openDatabase } from '../storage/open.ts'

/**
 * Opens the store of an install, after every page of its file was read: a store that is damaged further in would open,
 * fail somewhere in the day, and be written to meanwhile.
 */
export async function openSoundStore({ databaseFile, key }: DataDir): Promise<Result<SqliteStore, OpenError>> {
  const database = openDatabase(databaseFile, key)
  if (!database.ok) return database
  const [detail] = checkIntegrity(database.value)
  database.value.close()
  if (detail !== undefined) return err({ kind: 'damaged-or-wrong-key', file: databaseFile, detail })
  return openSqliteStore(databaseFile, key)
}
