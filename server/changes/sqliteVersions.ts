/**
 * The versions of every record, in the order of their commits. Each has the place of the one before it, and a record's own place in the
 * log is that of its latest:
 *
 *     records   id → seq
 *     versions  seq → before → before → …
 *
 * So whatever a commit writes of them lies at the end of one tree. By record they lay on as many pages as the commit had records, and
 * were a third of all that pushes wrote (decision 0057).
 */
import type { Database } from '../storage/open.ts'
import { decodeVectors, type Vectors } from './recordAt.ts'

export interface Version {
  /** Its place in the change log. */
  readonly seq: number
  /** Of the version before it, which may have been forgotten; null if it was the first. */
  readonly before: number | null
  /** As `recordVersion` counts. */
  readonly version: number
  /** When it was committed, ms since 1970 UTC. */
  readonly at: number
  /** As `encodeVectors` gave them. */
  readonly vectors: string
}

/** The versions of a record, the latest first. */
export type VersionsOf = (recordId: string) => Generator<Version>

export type AddVersion = (recordId: string, version: Version) => void

export function versionWriter(database: Database): AddVersion {
  const add = database.prepare<[number, string, number | null, number, number, string]>(
    'INSERT INTO versions (seq, record_id, before, version, at, vectors) VALUES (?, ?, ?, ?, ?, ?)',
  )
  return (recordId, { seq, before, version, at, vectors }) => add.run(seq, recordId, before, version, at, vectors)
}

/** @param table of the records, as `recordTableOf` names it */
export function versionReader(database: Database, table: string): VersionsOf {
  const latest = database.prepare<[string], number>(`SELECT seq FROM ${table} WHERE id = ?`).pluck()
  const at = database.prepare<[number], Version>('SELECT seq, before, version, at, vectors FROM versions WHERE seq = ?')
  return function* versionsOf(recordId) {
    for (let seq = latest.get(recordId) ?? null; seq !== null; ) {
      const version = at.get(seq)
      if (!version) return
      yield version
      seq = version.before
    }
  }
}

/** Of the latest version that is as asked for. */
export function vectorsOf(versions: Iterable<Version>, isIt: (version: Version) => boolean): Vectors | undefined {
  for (const version of versions) if (isIt(version)) return decodeVectors(version.vectors)
  return undefined
}

const FORGET_BATCH = 500

/**
 * Takes out the versions before the horizon, but for the last of each record: it is what the record was at the horizon.
 * @returns one step, of some milliseconds: whether there may be more to do
 */
export function versionForgetter(database: Database, horizon: number): () => boolean {
  const next = database.prepare<[number], Pick<Version, 'seq' | 'before' | 'at'>>(
    `SELECT seq, before, at FROM versions WHERE seq > ? ORDER BY seq LIMIT ${FORGET_BATCH}`,
  )
  const remove = database
    .prepare<[number], number | null>('DELETE FROM versions WHERE seq = ? RETURNING before')
    .pluck()
  let last = Number.NEGATIVE_INFINITY
  const step = database.transaction((): boolean => {
    const versions = next.all(last)
    for (const { seq, before, at } of versions) {
      last = seq
      // With all that lie behind: a clock may have been set back, and nobody would find them any more.
      for (let old = at < horizon ? before : null; old !== null; ) old = remove.get(old) ?? null
    }
    return versions.length === FORGET_BATCH
  })
  return () => step.immediate()
}
