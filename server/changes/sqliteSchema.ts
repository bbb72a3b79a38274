/** The tables beside RxDB's in the file of an install, and how those of an older program become current ones. */
import { err, ok, type Result } from '../../model/result.ts'
import type { Database } from '../storage/open.ts'

/** Each entry takes the file from the version of its index to the next. Entries are never changed, only added. */
const MIGRATIONS: readonly string[] = [
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
]

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
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
    database.pragma(`user_version = ${MIGRATIONS.length}`)
    return ok(undefined)
  })
  return migrate.immediate()
}

export const SQLITE_SCHEMA_VERSION = MIGRATIONS.length
