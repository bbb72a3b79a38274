/**
 * `verify`: checks the data of an install, whether it runs or not. Exit 1 and one line per fault. It only reads, beside the
 * process that has the folder open, if there is one: everything is compared as it was at one moment.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { combinedDigest, scopeDigest } from '../../../model/merge/digest.ts'
import type { ScopePage } from '../../../model/sync/changeStore.ts'
import { readHeads } from '../../audit/head.ts'
import { openSqliteAudit } from '../../audit/sqliteAudit.ts'
import { auditFaults } from '../../audit/verify.ts'
import { type Finding, inspect, type ScopeContent } from '../../backup/inspect.ts'
import { type BlobFinding, checkBlobs } from '../../blobs/blobCheck.ts'
import { blobsFolder } from '../../blobs/blobPlaces.ts'
import { namedBlobs } from '../../blobs/namedBlobs.ts'
import { openSqliteLog, recordTableOf } from '../../changes/sqliteLog.ts'
import { openSqliteState } from '../../changes/sqliteState.ts'
import { lookIntoDataDir } from '../../identity/dataDir.ts'
import { loadIdentity } from '../../identity/identity.ts'
import { borderOfInstall } from '../../identity/sealingKeys.ts'
import { type Database, openForReading } from '../../storage/open.ts'
import { EXIT, type Failure, failed, print, usageError } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { startFailure } from '../startErrors.ts'

export const verifyOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of the install' },
}

export async function verify(options: ParsedOptions): Promise<Failure | undefined> {
  const dir = options.text('data')
  if (dir === undefined) return usageError('--data is missing: say which folder to check.')
  const dataDir = lookIntoDataDir(dir)
  if (!dataDir.ok) return startFailure({ kind: 'data-dir', error: dataDir.error })
  if (!dataDir.value) return failed(`There is no WedSync database in ${resolve(dir)}.`)
  const { databaseFile, key } = dataDir.value
  if (statSync(databaseFile).size === 0) {
    return failed(
      `The WedSync database in ${resolve(dir)} is empty: start the install, which puts back its last backup, or restore one.`,
    )
  }
  const database = openForReading(databaseFile, key)
  if (!database.ok) return startFailure({ kind: 'database', error: database.error })
  try {
    const { findings, scopes } = await inspect(database.value)
    const damage = findings.find(({ check }) => check === 'database')
    if (damage) {
      const error = { kind: 'damaged-or-wrong-key', file: databaseFile, detail: damage.what } as const
      return startFailure({ kind: 'database', error })
    }
    const own = await ownFindings(database.value, dataDir.value.path)
    const blobs = findings.length === 0 ? await blobFindings(database.value, dataDir.value) : []
    const damagedBlobs = blobs.filter(({ kind }) => kind === 'damaged')
    own.push(
      ...damagedBlobs.map(({ sha256, recordId }): Finding => {
        return { check: 'blob', what: `the bytes ${sha256.slice(0, 16)} of ${recordId} are not as they were written` }
      }),
    )
    // A digest of what is not as it should be would only mislead.
    const isSound = findings.length === 0 && own.length === 0
    const digests = isSound ? await outsideDigests(database.value, scopes) : []
    return report({ findings: [...findings, ...own], digests, toFetch: blobs.length - damagedBlobs.length }, options)
  } finally {
    database.value.close()
  }
}

/** The other checks are also made of every backup; who the install is and what it has on record concern only itself. */
async function ownFindings(database: Database, folder: string): Promise<Finding[]> {
  try {
    const identity = await loadIdentity(openSqliteState(database, Date.now))
    const hasAudit = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'audit'`).get() !== undefined
    if (!hasAudit) return []
    const faults = await auditFaults(openSqliteAudit(database), identity && readHeads(folder, identity))
    return faults.map((what) => ({ check: 'audit', what }))
  } catch (error) {
    return [{ check: 'identity', what: error instanceof Error ? error.message : String(error) }]
  }
}

/** Every photo and document that a record names, read to its end; as of the moment after that of the records. */
async function blobFindings(
  database: Database,
  { path, key }: { readonly path: string; readonly key: Uint8Array },
): Promise<readonly BlobFinding[]> {
  const table = recordTableOf(database)
  if (table === undefined) return []
  return checkBlobs(blobsFolder(path), key, await namedBlobs(openSqliteLog(database, table)))
}

/** What it holds as `status` and a cloud name it: digests of the records as they look outside (`model/sealing`). */
async function outsideDigests(database: Database, scopes: readonly ScopeContent[]): Promise<readonly ScopeContent[]> {
  const table = recordTableOf(database)
  const state = openSqliteState(database, Date.now)
  const identity = await loadIdentity(state)
  if (table === undefined || !identity) return scopes
  const log = openSqliteLog(database, table)
  const records = {
    async inScope(scope: string, { table: wanted }: ScopePage = {}) {
      return [...log.inScope(scope)].filter((record) => wanted === undefined || record.table === wanted)
    },
  }
  const { outline } = await borderOfInstall(identity, records, state)
  return scopes.map(({ scope, ...content }) => {
    const outside = [...log.inScope(scope)].map(outline)
    return { scope, ...content, digest: combinedDigest(scopeDigest(outside)) }
  })
}

interface Report {
  readonly findings: readonly Finding[]
  readonly digests: readonly ScopeContent[]
  /** Photos and documents that have not arrived here yet. */
  readonly toFetch: number
}

function report({ findings, digests, toFetch }: Report, options: ParsedOptions): Failure | undefined {
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
