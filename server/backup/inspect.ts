/**
 * Looks a database through: its pages, the order of its changes, every record against its history. Needs no more than a
 * connection that may read, so that it works on a backup, and on a database that an install is writing to.
 */
import { combinedDigest, scopeDigest } from '../../model/merge/digest.ts'
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import { decodeVectors } from '../changes/recordAt.ts'
import { openSqliteLog, recordTableOf, type SqliteLog } from '../changes/sqliteLog.ts'
import { SQLITE_SCHEMA_VERSION } from '../changes/sqliteSchema.ts'
import { type VersionsOf, versionReader } from '../changes/sqliteVersions.ts'
import { checkIntegrity, type Database } from '../storage/open.ts'

export interface Finding {
  readonly check: 'database' | 'version' | 'change order' | 'record' | 'history' | 'identity' | 'audit' | 'blob'
  readonly what: string
}

export interface ScopeContent {
  readonly scope: string
  readonly records: number
  readonly digest: string
}

export interface Inspection {
  /** Empty if everything is as it should be. */
  readonly findings: readonly Finding[]
  /** What it holds; empty if the database cannot be read. */
  readonly scopes: readonly ScopeContent[]
}

const PAGE = 500

/** All of it in one transaction, that is, one moment of the database. */
export async function inspect(database: Database): Promise<Inspection> {
  database.exec('BEGIN')
  try {
    const pages = checkIntegrity(database).map((what): Finding => ({ check: 'database', what }))
    // What cannot be read cannot be compared.
    if (pages.length > 0) return { findings: pages, scopes: [] }
    return await inspectContent(database)
  } finally {
    database.exec('ROLLBACK')
  }
}

async function inspectContent(database: Database): Promise<Inspection> {
  const table = recordTableOf(database)
  const version = Number(database.pragma('user_version', { simple: true }))
  if (table === undefined || version !== SQLITE_SCHEMA_VERSION) {
    const what = `it has version ${version} and this program needs ${SQLITE_SCHEMA_VERSION}: start the install once`
    return { findings: table === undefined && version === 0 ? [] : [{ check: 'version', what }], scopes: [] }
  }
  const findings: Finding[] = []
  const scopes: ScopeContent[] = []
  const log = openSqliteLog(database, table)
  const versionsOf = versionReader(database, table)
  for (const scope of await log.scopes()) {
    const records = readScope(log, scope, findings)
    if (!records) continue
    findings.push(...(await checkOrder(log, scope, records)))
    findings.push(...checkHistory(versionsOf, records))
    scopes.push({ scope, records: records.length, digest: combinedDigest(scopeDigest(records)) })
  }
  return { findings, scopes }
}

/** `undefined` if one of them cannot be read: then the rest of the scope cannot be compared either. */
function readScope(log: SqliteLog, scope: string, findings: Finding[]): readonly CausalRecord[] | undefined {
  try {
    return [...log.inScope(scope)]
  } catch (error) {
    findings.push({ check: 'record', what: `in ${scope}: ${messageOf(error)}` })
    return undefined
  }
}

/** The log of a scope has every record of it once, in growing order, and nothing else. */
async function checkOrder(
  log: SqliteLog,
  scope: string,
  records: readonly CausalRecord[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const note = (what: string) => findings.push({ check: 'change order', what })
  const seen = new Set<string>()
  let seq = 0
  for (let more = true; more; ) {
    const page = await log.changesSince(scope, seq, { limit: PAGE })
    for (const change of page.changes) {
      if (change.seq <= seq) note(`${change.seq} comes after ${seq} in ${scope}`)
      seq = change.seq
      if (seen.has(change.record.id)) note(`${change.record.id} appears twice`)
      seen.add(change.record.id)
    }
    more = page.more
  }
  if (seq !== log.headOf(scope)) note(`the log of ${scope} ends at ${seq} and says that it ends elsewhere`)
  for (const { id } of records) if (!seen.has(id)) note(`${id} is missing`)
  return findings
}

/** The latest version that history knows of a record is the record. */
function checkHistory(versionsOf: VersionsOf, records: readonly CausalRecord[]): readonly Finding[] {
  return records.flatMap((record): readonly Finding[] => {
    const [latest] = versionsOf(record.id)
    const name = `version ${recordVersion(record)} of ${record.id}`
    if (!latest) return [{ check: 'history', what: `${name} is missing` }]
    return isVersionOf(latest.vectors, record) ? [] : [{ check: 'history', what: `${name} differs from the record` }]
  })
}

function isVersionOf(text: string, record: CausalRecord): boolean {
  const vectors = decodeVectors(text)
  return (
    vectors.size === record.units.size &&
    [...record.units].every(([readClass, { vector }]) => {
      const known = vectors.get(readClass)
      return known?.size === vector.size && [...vector].every(([actor, counter]) => known.get(actor) === counter)
    })
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
