/**
 * `verify`: checks the data of an install, whether it runs or not. Exit 1 and one line per fault. It only reads, beside the
 * process that has the folder open, if there is one; where only the app has the key, that one reads.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type VerifyReport, verifyInstall } from '../../backup/verifyInstall.ts'
import { verifyReply } from '../../install/commandRoutes.ts'
import { EXIT, type Failure, failed, print, usageError } from '../exit.ts'
import { askApp, findInstall } from '../findInstall.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { startFailure } from '../startErrors.ts'

export const verifyOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of the install' },
}

export async function verify(options: ParsedOptions): Promise<Failure | undefined> {
  const dir = options.text('data')
  if (dir === undefined) return usageError('--data is missing: say which folder to check.')
  const found = findInstall(dir)
  if (!found.ok) return found.error
  if (found.value.kind === 'app') {
    const answered = await askApp(found.value.app, 'verify', {}, verifyReply, dir)
    return answered.ok ? report(answered.value, options) : answered.error
  }
  const { place } = found.value
  if (statSync(place.databaseFile).size === 0) {
    return failed(
      `The WedSync database in ${resolve(dir)} is empty: start the install, which puts back its last backup, or restore one.`,
    )
  }
  const verified = await verifyInstall(place)
  return verified.ok ? report(verified.value, options) : startFailure({ kind: 'database', error: verified.error })
}

function report({ findings, digests, toFetch }: VerifyReport, options: ParsedOptions): Failure | undefined {
  if (options.flag('json')) print(JSON.stringify({ ok: findings.length === 0, findings, digests, toFetch }))
  else {
    for (const { check, what } of findings) print(`${check}: ${what}`)
    for (const { scope, records, digest } of digests) print(`${scope}  ${records} records  ${digest.slice(0, 16)}`)
    if (toFetch > 0) print(`Photos and documents still to be fetched: ${toFetch}`)
    if (findings.length === 0) {
      print('Everything is as it should be: database, change order, history, audit, digests, photos and documents.')
    }
  }
  return findings.length === 0
    ? undefined
    : { code: EXIT.failed, message: `${findings.length} ${findings.length === 1 ? 'fault' : 'faults'} found.` }
}
