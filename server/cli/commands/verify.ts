/** `verify`: checks the data of an install that is not running. Exit 1 and one line per fault. */
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { combinedDigest, scopeDigest } from '../../../model/merge/digest.ts'
import { type CausalRecord, recordVersion } from '../../../model/merge/record.ts'
import { readHeads } from '../../audit/head.ts'
import { openSqliteAudit } from '../../audit/sqliteAudit.ts'
import { auditFaults } from '../../audit/verify.ts'
import type { SqliteStore } from '../../changes/sqlite.ts'
import { openDataDir } from '../../identity/dataDir.ts'
import { loadIdentity } from '../../identity/identity.ts'
import { borderOfInstall } from '../../identity/sealingKeys.ts'
import { openSoundStore } from '../../install/soundStore.ts'
import { EXIT, type Failure, failed, print, usageError } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { startFailure } from '../startErrors.ts'

export const verifyOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of the install' },
}

const PAGE = 500

interface Finding {
  readonly check: string
  readonly what: string
}

export async function verify(options: ParsedOptions): Promise<Failure | undefined> {
  const dir = options.text('data')
  if (dir === undefined) return usageError('--data is missing: say which folder to check.')
  const file = statSync(join(resolve(dir), 'wedsync.db'), { throwIfNoEntry: false })
  if (!file) return failed(`There is no WedSync database in ${resolve(dir)}.`)
  // Opening it would make it a new and faultless one.
  if (file.size === 0) return failed(`The WedSync database in ${resolve(dir)} is empty: put back a backup of it.`)
  const dataDir = openDataDir(dir)
  if (!dataDir.ok) return startFailure({ kind: 'data-dir', error: dataDir.error })
  try {
    const store = await openSoundStore(dataDir.value)
    if (!store.ok) return startFailure({ kind: 'database', error: store.error })
    try {
      return await report(await inspect(store.value, dataDir.value.path), store.value, options)
    } finally {
      await store.value.close()
    }
  } finally {
    dataDir.value.close()
  }
}

async function inspect(store: SqliteStore, dataDir: string): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const scope of await store.changes.scopes()) {
    findings.push(...(await checkLog(store, scope)))
    for (const record of await store.changes.inScope(scope)) findings.push(...(await checkRecord(store, record)))
  }
  const identity = await loadIdentity(store.state)
  for (const what of await auditFaults(openSqliteAudit(store.database), identity && readHeads(dataDir, identity))) {
    findings.push({ check: 'audit', what })
  }
  return findings
}

/** The log of a scope has every record of it once, in growing order, and nothing else. */
async function checkLog({ changes }: SqliteStore, scope: string): Promise<readonly Finding[]> {
  const seen = new Set<string>()
  const findings: Finding[] = []
  let seq = 0
  for (let more = true; more; ) {
    const page = await changes.changesSince(scope, seq, { limit: PAGE })
    for (const change of page.changes) {
      if (change.seq <= seq)
        findings.push({ check: 'change order', what: `${change.seq} comes after ${seq} in ${scope}` })
      seq = change.seq
      if (seen.has(change.record.id))
        findings.push({ check: 'change order', what: `${change.record.id} appears twice` })
      seen.add(change.record.id)
    }
    more = page.more
  }
  const records = await changes.inScope(scope)
  for (const { id } of records) if (!seen.has(id)) findings.push({ check: 'change order', what: `${id} is missing` })
  return findings
}

/** The history knows the current version of the record, with the same vectors. */
async function checkRecord({ history }: SqliteStore, record: CausalRecord): Promise<readonly Finding[]> {
  const vectors = await history.vectorsAt(record.id, { version: recordVersion(record) })
  if (!vectors) return [{ check: 'history', what: `version ${recordVersion(record)} of ${record.id} is missing` }]
  const same = [...record.units].every(([readClass, unit]) => {
    const known = vectors.get(readClass)
    return (
      known?.size === unit.vector.size && [...unit.vector].every(([actor, counter]) => known.get(actor) === counter)
    )
  })
  return same
    ? []
    : [{ check: 'history', what: `version ${recordVersion(record)} of ${record.id} differs from the record` }]
}

async function report(
  findings: readonly Finding[],
  { changes, state }: SqliteStore,
  options: ParsedOptions,
): Promise<Failure | undefined> {
  const digests: { scope: string; records: number; digest: string }[] = []
  if (findings.length === 0) {
    const identity = await loadIdentity(state)
    // As a cloud sees the records, as in `status`.
    const border = identity && (await borderOfInstall(identity, changes, state))
    for (const scope of await changes.scopes()) {
      const records = await changes.inScope(scope)
      digests.push({
        scope,
        records: records.length,
        digest: combinedDigest(scopeDigest(border ? records.map(border.outline) : records)),
      })
    }
  }
  if (options.flag('json')) print(JSON.stringify({ ok: findings.length === 0, findings, digests }))
  else {
    for (const { check, what } of findings) print(`${check}: ${what}`)
    for (const { scope, records, digest } of digests) print(`${scope}  ${records} records  ${digest.slice(0, 16)}`)
    if (findings.length === 0) print('Everything is as it should be: database, change order, history, audit, digests.')
  }
  return findings.length === 0
    ? undefined
    : { code: EXIT.failed, message: `${findings.length} ${findings.length === 1 ? 'fault' : 'faults'} found.` }
}
