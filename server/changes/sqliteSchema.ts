/** The tables beside RxDB's in the file of an install, and how those of an older program become current ones. */
import { err, ok, type Result } from '../../model/result.ts'
import type { Database } from '../storage/open.ts'
import { recordTableOf } from './sqliteLog.ts'

/**
 * Each entry takes the file from the version of its index to the next. Entries are never changed, only added. Some need the
 * table of the records, which a new file does not have yet.
 */
const MIGRATIONS: readonly (string | ((records: string | undefined) => string))[] = [
  `CREATE TABLE IF NOT EXISTS history (
     id INTEGER PRIMARY KEY, record_id TEXT NOT NULL, entry TEXT NOT NULL, at INTEGER NOT NULL
   );
   CREATE INDEX IF NOT EXISTS history_by_record ON history (record_id, id);
   CREATE TABLE IF NOT EXISTS versions (
     record_id TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, vectors TEXT NOT NULL,
     PRIMARY KEY (record_id, version)
   ) WITHOUT ROWID;
   CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,

  // Versions in the order of their commits, values with the commit that took them away (null: it lost at once), and the
  // time of every fact, so that all of them can be forgotten in time. Times are ms since 1970 UTC.
  `ALTER TABLE versions RENAME TO old_versions;
   CREATE TABLE versions (
     id INTEGER PRIMARY KEY, record_id TEXT NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, vectors TEXT NOT NULL
   );
   INSERT INTO versions (record_id, version, at, vectors)
     SELECT record_id, version, at, (
       SELECT json_group_array(json_array(class.key, (
         SELECT json_group_array(json_array(counter.key, counter.value)) FROM json_each(class.value) AS counter
       ))) FROM json_each(old_versions.vectors) AS class
     ) FROM old_versions ORDER BY at, version;
   DROP TABLE old_versions;
   CREATE INDEX versions_by_record ON versions (record_id, id);
   CREATE INDEX versions_by_number ON versions (record_id, version);
   CREATE INDEX versions_by_time ON versions (at);
   ALTER TABLE history ADD COLUMN commit_id INTEGER;
   UPDATE history SET commit_id = (
     SELECT min(id) FROM versions WHERE versions.record_id = history.record_id AND versions.at >= history.at
   ) WHERE entry LIKE '%"replacedBy":%';
   CREATE INDEX history_by_time ON history (at);
   ALTER TABLE state ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
   UPDATE state SET at = CAST(unixepoch('subsec') * 1000 AS INTEGER);`,

  // One tree for versions, in the order of their `seq`, and no index by time: a single write that waits for the disk waits
  // for every page it touches. The old ids stay in order before all numbers to come, since every row that was ever
  // written has counted both on. `commit_id` is such a number from here on.
  `ALTER TABLE versions RENAME TO old_versions;
   CREATE TABLE versions (
     record_id TEXT NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, vectors TEXT NOT NULL,
     PRIMARY KEY (record_id, seq)
   ) WITHOUT ROWID;
   INSERT INTO versions (record_id, seq, version, at, vectors)
     SELECT record_id, id, version, at, vectors FROM old_versions ORDER BY record_id, id;
   DROP TABLE old_versions;
   DROP INDEX history_by_time;`,

  // Facts in the order of their first writing, with an index of their keys beside them: some are replies of many pages, and
  // in a tree by key every search on its way compares whole ones. The value comes last, so that times are found before it.
  `ALTER TABLE state RENAME TO old_state;
   CREATE TABLE state (key TEXT PRIMARY KEY, at INTEGER NOT NULL, value TEXT NOT NULL);
   INSERT INTO state (key, at, value) SELECT key, at, value FROM old_state ORDER BY key;
   DROP TABLE old_state;`,

  chainVersions,
]

/** So far below zero that places which were given out so far stay in their order, and are in nobody's way. */
const FORMER = 2 ** 40

/**
 * Versions in the order of all commits, each with the place of the one before it; a record's latest has the place of the record.
 * In the oldest files the two had been counted apart, so those that are not the latest get places of their own.
 */
function chainVersions(records: string | undefined): string {
  const carryOver = `
   CREATE TEMP TABLE latest (id TEXT PRIMARY KEY, former INTEGER NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO latest SELECT record_id, max(old_versions.seq), records.seq
     FROM old_versions JOIN ${records} AS records ON records.id = record_id GROUP BY record_id;
   INSERT INTO versions SELECT place, record_id, lag(place) OVER (PARTITION BY record_id ORDER BY place), version, at, vectors
     FROM (
       SELECT iif(seq = former, latest.place, seq - ${FORMER}) AS place, record_id, version, at, vectors
       FROM old_versions JOIN latest ON latest.id = record_id
     );
   UPDATE history SET commit_id = iif(commit_id = former, place, commit_id - ${FORMER})
     FROM latest WHERE latest.id = record_id AND commit_id IS NOT NULL;
   DROP TABLE latest;`
  return `
   ALTER TABLE versions RENAME TO old_versions;
   CREATE TABLE versions (
     seq INTEGER PRIMARY KEY, record_id TEXT NOT NULL, before INTEGER, version INTEGER NOT NULL, at INTEGER NOT NULL,
     vectors TEXT NOT NULL
   );
   ${records === undefined ? '' : carryOver}
   DROP TABLE old_versions;`
}

/** The file was written by a newer program than this one, which would not understand all of it. */
export interface NewerSchema {
  readonly found: number
  readonly known: number
}

/** Creates or migrates the tables. */
export function prepareSqliteSchema(database: Database): Result<void, NewerSchema> {
  const migrate = database.transaction((): Result<void, NewerSchema> => {
    const version = Number(database.pragma('user_version', { simple: true }))
    if (version > MIGRATIONS.length) return err({ found: version, known: MIGRATIONS.length })
    if (version === MIGRATIONS.length) return ok(undefined)
    const records = recordTableOf(database)
    for (const migration of MIGRATIONS.slice(version)) {
      database.exec(typeof migration === 'string' ? migration : migration(records))
    }
    database.pragma(`user_version = ${MIGRATIONS.length}`)
    return ok(undefined)
  })
  return migrate.immediate()
}

export const SQLITE_SCHEMA_VERSION = MIGRATIONS.length
