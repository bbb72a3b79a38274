/**
 * Checks the data of an install, beside the process that has the folder open, if there is one. It only reads, and everything
 * is compared as it was at one moment.
 */
import { combinedDigest, scopeDigest } from '../../model/merge/digest.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { ScopePage } from '../../model/sync/changeStore.ts'
import { readHeads } from '../audit/head.ts'
import { openSqliteAudit } from '../audit/sqliteAudit.ts'
import { auditFaults } from '../audit/verify.ts'
import { type BlobFinding, checkBlobs } from '../blobs/blobCheck.ts'
import { blobsFolder } from '../blobs/blobPlaces.ts'
import { namedBlobs } from '../blobs/namedBlobs.ts'
import { openSqliteLog, recordTableOf } from '../changes/sqliteLog.ts'
import { openSqliteState } from '../changes/sqliteState.ts'
import type { DataPlace } from '../identity/dataDir.ts'
import { loadIdentity } from '../identity/identity.ts'
import { borderOfInstall } from '../identity/sealingKeys.ts'
import { type Database, type OpenError, openForReading } from '../storage/open.ts'
import { type Finding, inspect, type ScopeContent } from './inspect.ts'

export interface VerifyReport {
  readonly findings: Finding[]
  /** Of each scope, if nothing was found. */
  readonly digests: ScopeContent[]
  /** Photos and documents that have not arrived here yet. */
  readonly toFetch: number
}

/**
 * @param place of a database that is not empty
 * @returns what was found, or why the database cannot be read
 */
export async function verifyInstall(place: DataPlace): Promise<Result<VerifyReport, OpenError>> {
  const { path, databaseFile, key } = place
  const database = openForReading(databaseFile, key)
  if (!database.ok) return database
  try {
    const { findings, scopes } = await inspect(database.value)
    const damage = findings.find(({ check }) => check === 'database')
    if (damage) return err({ kind: 'damaged-or-wrong-key', file: databaseFile, detail: damage.what })
    const own = await ownFindings(database.value, path)
    const blobs = findings.length === 0 ? await blobFindings(database.value, place) : []
    const damagedBlobs = blobs.filter(({ kind }) => kind === 'damaged')
    own.push(
      ...damagedBlobs.map(({ sha256, recordId }): Finding => {
        return { check: 'blob', what: `the bytes ${sha256.slice(0, 16)} of ${recordId} are not as they were written` }
      }),
    )
    // A digest of what is not as it should be would only mislead.
    const isSound = findings.length === 0 && own.length === 0
    const digests = isSound ? await outsideDigests(database.value, scopes) : []
    return ok({ findings: [...findings, ...own], digests, toFetch: blobs.length - damagedBlobs.length })
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
async function blobFindings(database: Database, { path, key }: DataPlace): Promise<readonly BlobFinding[]> {
  const table = recordTableOf(database)
  if (table === undefined) return []
  return checkBlobs(blobsFolder(path), key, await namedBlobs(openSqliteLog(database, table)))
}

/** What it holds as `status` and a cloud name it: digests of the records as they look outside (`model/sealing`). */
async function outsideDigests(database: Database, scopes: readonly ScopeContent[]): Promise<ScopeContent[]> {
  const table = recordTableOf(database)
  const state = openSqliteState(database, Date.now)
  const identity = await loadIdentity(state)
  if (table === undefined || !identity) return [...scopes]
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
