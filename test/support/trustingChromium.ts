/** A Chromium whose person has installed an authority, as the hub's page about trust says. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { type ChromiumOptions, launchChromium } from './chromium.ts'

const hasCertutil = spawnSync('certutil', ['-H']).error === undefined
if (!hasCertutil)
  process.stdout.write('No certutil (libnss3-tools): trust of the authority is given to Chromium by a flag\n')

/**
 * @param authority in PEM
 * @param home an empty folder
 */
export async function trustingChromium(
  authority: Buffer,
  home: string,
  { args = [], ...options }: ChromiumOptions,
): Promise<Browser> {
  if (!hasCertutil) {
    const key = new X509Certificate(authority).publicKey.export({ type: 'spki', format: 'der' })
    const hash = createHash('sha256').update(key).digest('base64')
    return launchChromium({ ...options, args: [...args, `--ignore-certificate-errors-spki-list=${hash}`] })
  }
  const database = join(home, '.pki/nssdb')
  mkdirSync(database, { recursive: true })
  const file = join(home, 'wedsync.crt')
  writeFileSync(file, authority)
  execFileSync('certutil', ['-d', `sql:${database}`, '-N', '--empty-password'])
  execFileSync('certutil', ['-d', `sql:${database}`, '-A', '-t', 'C,,', '-n', 'WedSync hub', '-i', file])
  return launchChromium({ ...options, args, home })
}
