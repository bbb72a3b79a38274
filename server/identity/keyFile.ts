/** The key of the database as a file, for installs without an operating system's key store. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { APP_FOLDER, SEALED_KEY_FILE } from '../../model/dataFolder.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { isMissing, writeWhole } from './wholeFile.ts'

export type KeyError =
  | { readonly kind: 'key-missing'; readonly file: string }
  /** The app keeps it in the operating system's key store, and there is none beside the database. */
  | { readonly kind: 'key-in-store'; readonly dir: string }
  | { readonly kind: 'key-malformed'; readonly file: string; readonly detail: string }

export const KEY_BYTES = 32

/**
 * Reads the key without changing anything.
 * @param database the file that was encrypted with it
 * @returns `undefined` if there is no key and nothing yet that would need one
 */
export function readKeyFile(file: string, database: string): Result<Uint8Array | undefined, KeyError> {
  const text = readText(file)
  if (text === undefined) {
    // A database without its key is worth keeping: the key may be in a backup. A new key would seal its fate.
    const hasDatabase = existsSync(database) || existsSync(`${database}-wal`)
    if (!hasDatabase) return ok(undefined)
    const dir = dirname(file)
    const isInStore = existsSync(join(dir, APP_FOLDER, SEALED_KEY_FILE))
    return err(isInStore ? { kind: 'key-in-store', dir } : { kind: 'key-missing', file })
  }
  const hex = text.trim()
  if (!/^[0-9a-f]*$/i.test(hex)) return malformed(file, 'it holds something else than hexadecimal digits')
  if (hex.length !== 2 * KEY_BYTES) return malformed(file, `it holds ${hex.length} digits, not ${2 * KEY_BYTES}`)
  return ok(Buffer.from(hex, 'hex'))
}

/** Makes a key and returns it when it is on disk. Only for the holder of the folder's lock. */
export function createKeyFile(file: string): Uint8Array {
  const key = randomBytes(KEY_BYTES)
  writeWhole(file, `${key.toString('hex')}\n`)
  return key
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function malformed(file: string, detail: string): Result<never, KeyError> {
  return err({ kind: 'key-malformed', file, detail })
}
