/** Secrets that commands take: from files or the environment, never as arguments, which everybody on a computer can read. */
import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '../../model/result.ts'
import type { OptionSpecs, ParsedOptions } from './options.ts'

export const passphraseOption: OptionSpecs = {
  'passphrase-file': { type: 'string', value: 'FILE', help: 'its first line is the passphrase; or WEDSYNC_PASSPHRASE' },
}

const MIN_CHARS = 10

/** @returns one line that says what is wrong, or the passphrase, if one was given */
export function passphraseFrom(options: ParsedOptions): Result<string | undefined, string> {
  const file = options.text('passphrase-file')
  if (file === undefined) return checked(process.env.WEDSYNC_PASSPHRASE, 'WEDSYNC_PASSPHRASE')
  const text = readText(file)
  return text.ok ? checked(text.value.split(/\r?\n/)[0], '--passphrase-file') : text
}

/** A key as `wedsync` writes it: 64 hexadecimal digits. */
export function keyFrom(file: string, option: string): Result<Uint8Array, string> {
  const text = readText(file)
  if (!text.ok) return text
  const hex = text.value.trim()
  return /^[0-9a-f]{64}$/i.test(hex) ? ok(Buffer.from(hex, 'hex')) : err(`${option}: ${file} is not a key of WedSync.`)
}

function checked(passphrase: string | undefined, from: string): Result<string | undefined, string> {
  if (passphrase === undefined || passphrase.length >= MIN_CHARS) return ok(passphrase)
  return err(`${from}: a passphrase has at least ${MIN_CHARS} characters.`)
}

function readText(file: string): Result<string, string> {
  try {
    return ok(readFileSync(file, 'utf8'))
  } catch (error) {
    return err(`${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`)
  }
}
