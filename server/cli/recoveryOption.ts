/** The words of a recovery kit on the command line; `--recover` brings a team back with them, and from the cloud. */
import { existsSync, readFileSync } from 'node:fs'
import { err, ok, type Result } from '../../model/result.ts'
import { readWords } from '../identity/recovery.ts'
import type { InstallOptions } from '../install/install.ts'

/**
 * @param text the words of a recovery kit, or a file of them
 * @param cloudUrl the cloud that has the records of the team
 */
export function recoveryFrom(
  text: string | undefined,
  cloudUrl: string | undefined,
): Result<InstallOptions['recover'], string> {
  if (text === undefined) return ok(undefined)
  if (cloudUrl === undefined)
    return err('--recover needs --cloud beside it: the cloud that has the records of the team.')
  const words = wordsFrom(text)
  // Not quoted: they are a secret, even with a slip in them.
  return words
    ? ok({ words, cloudUrl })
    : err('--recover takes the 24 words of a recovery kit in their order; one of them is wrong.')
}

/** @param text the words of a recovery kit, or a file of them. `undefined` if they are not those of a kit */
export function wordsFrom(text: string): Uint8Array | undefined {
  return readWords(existsSync(text) ? readFileSync(text, 'utf8') : text)
}
