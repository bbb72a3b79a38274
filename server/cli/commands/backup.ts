/**
 * `backup`: one encrypted file with everything of an install, photos and documents too, whether it runs or not. It opens with the database key of
 * this install, and, since that may be lost with the laptop, with a passphrase, or else with a key that is written into a
 * file beside it.
 */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { err, ok, type Result } from '../../../model/result.ts'
import { type BackupMade, type BackupOrder, describeMakeBackupError, makeBackup } from '../../backup/makeBackup.ts'
import type { DataPlace } from '../../identity/dataDir.ts'
import { writeWhole } from '../../identity/wholeFile.ts'
import { backupReply } from '../../install/commandRoutes.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import { askApp, findInstall } from '../findInstall.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { passphraseFrom, passphraseOption } from '../secrets.ts'

export const backupOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of the install' },
  out: { type: 'string', value: 'FILE', help: 'the backup; one that is there is replaced' },
  ...passphraseOption,
}

export async function backup(options: ParsedOptions): Promise<Failure | undefined> {
  const [dir, out] = [options.text('data'), options.text('out')]
  if (dir === undefined) return usageError('--data is missing: say which folder to back up.')
  if (out === undefined) return usageError('--out is missing: say which file to write.')
  const passphrase = passphraseFrom(options)
  if (!passphrase.ok) return usageError(passphrase.error)
  const file = resolve(out)
  if (!existsSync(dirname(file))) return usageError(`--out: there is no folder ${dirname(file)}.`)
  const found = findInstall(dir)
  if (!found.ok) return found.error
  const order = { out: file, ...(passphrase.value !== undefined && { passphrase: passphrase.value }) }
  const made =
    found.value.kind === 'app'
      ? await askApp(found.value.app, 'backup', order, backupReply, dir)
      : await backUpHere(found.value.place, order)
  if (!made.ok) return made.error
  const { records, digest, keyHex, blobs, missingBlobs, damagedBlobs } = made.value
  const keyFile = passphrase.value === undefined ? keyFileOf(file) : undefined
  if (keyFile !== undefined) writeWhole(keyFile, `${keyHex}\n`)
  if (options.flag('json')) {
    const bytes = { blobs, missingBlobs, damagedBlobs }
    print(JSON.stringify({ file, records, digest, ...bytes, ...(keyFile !== undefined && { keyFile }) }))
    return undefined
  }
  print(`${records} records and ${files(blobs)} are in ${file}, which was read again and is as it was written.`)
  if (missingBlobs.length > 0) print(`${files(missingBlobs.length)} had not arrived here yet, and are not in it.`)
  if (damagedBlobs.length > 0) {
    print(`${files(damagedBlobs.length)} are damaged here, and are not in it: \`wedsync verify\` names them.`)
  }
  print(
    keyFile === undefined
      ? 'It opens with the passphrase, and in the folder of this install without it.'
      : `On another computer it opens with ${keyFile}: keep the two apart, since whoever has both can read everything.`,
  )
  return undefined
}

type Made = Omit<BackupMade, 'key'> & { readonly keyHex: string }

async function backUpHere(
  { databaseFile, key: databaseKey }: DataPlace,
  order: Pick<BackupOrder, 'out' | 'passphrase'>,
): Promise<Result<Made, Failure>> {
  const made = await makeBackup({ ...order, databaseFile, databaseKey, blobs: 'inside', nowMs: Date.now() })
  if (!made.ok) return err(failed(describeMakeBackupError(made.error)))
  const { key, ...told } = made.value
  return ok({ ...told, keyHex: Buffer.from(key).toString('hex') })
}

/** Photos and documents, counted. */
function files(count: number): string {
  return count === 1 ? '1 file' : `${count} files`
}

export function keyFileOf(backupFile: string): string {
  return `${backupFile}.key`
}
