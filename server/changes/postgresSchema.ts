/**
 * The tables of the store, and how an older database becomes a current one.
 *
 * Documents are `text`: `jsonb` refuses `\u0000`, which a person's value may contain, and reorders keys; `json` would
 * accept it and fail as soon as anything looks inside. Ids are `text` too, since to `uuid` two spellings of one id are
 * equal and to every other replica they are two records. Collation "C" compares bytes, as `compareText` does.
 */

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { COMMIT_FUNCTION } from './postgresCommit.ts'
import type { Queries, Sql } from './postgresConnection.ts'
import { parseRows } from './postgresRows.ts'

/** Any number that no other program uses on the same database for an advisory lock. */
const MIGRATION_LOCK = 7_339_117_201

/** Each entry takes the database from the version of its index to the next. Entries are never changed, only added. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE scopes (
       scope   text COLLATE "C" PRIMARY KEY,
       seq     bigint NOT NULL DEFAULT 0,       -- of the latest change; 0 as long as the scope holds no record
       team    text COLLATE "C",                -- who claimed it first
       changed timestamptz NOT NULL DEFAULT clock_timestamp()
     )`,
    'CREATE INDEX scopes_team ON scopes (team, scope)',
    `CREATE TABLE records (
       id     text COLLATE "C" PRIMARY KEY,
       scope  text COLLATE "C" NOT NULL,
       tbl    text COLLATE "C" NOT NULL,
       seq    bigint NOT NULL,
       origin text COLLATE "C",                 -- epoch of the peer whose state this is, unaltered
       doc    text NOT NULL
     )`,
    'CREATE UNIQUE INDEX records_seq ON records (scope, seq)',
    'CREATE INDEX records_table ON records (scope, tbl, id)',
    `CREATE TABLE versions (
       record_id text COLLATE "C" NOT NULL,
       seq       bigint NOT NULL,
       version   bigint NOT NULL,
       vectors   text NOT NULL,
       at        bigint NOT NULL,               -- ms since 1970 UTC
       PRIMARY KEY (record_id, seq)
     )`,
    // One record's values are written under the lock of its scope, so the order of `id` is the order of commits.
    `CREATE TABLE history (
       id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       record_id text COLLATE "C" NOT NULL,
       value     text NOT NULL,
       at        bigint NOT NULL                -- ms since 1970 UTC
     )`,
    'CREATE INDEX history_record ON history (record_id, id)',
    'CREATE TABLE state (key text COLLATE "C" PRIMARY KEY, value text NOT NULL)',
  ],
  [
    // Of the commit that took the value away; null for one that lost at once. Values of before were not numbered: those
    // that were replaced count as taken away by the first commit at their time or after it.
    'ALTER TABLE history ADD COLUMN seq bigint',
    `UPDATE history SET seq = (
       SELECT min(seq) FROM versions WHERE versions.record_id = history.record_id AND versions.at >= history.at
     ) WHERE value LIKE '%"replacedBy":%'`,
    'CREATE INDEX history_time ON history (at)',
    'CREATE INDEX versions_time ON versions (at)',
    'CREATE INDEX versions_number ON versions (record_id, version)',
    'ALTER TABLE state ADD COLUMN changed timestamptz NOT NULL DEFAULT clock_timestamp()',
    // Which database the epoch was made for.
    'ALTER TABLE schema_version ADD COLUMN made_for text',
  ],
  [COMMIT_FUNCTION],
  [
    // The replies of batches are long, and PostgreSQL's own compression takes more time for one than all else that is done to keep it.
    // Where the server was built without lz4, it stays.
    `DO $body$ BEGIN
       IF EXISTS (SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
         ALTER TABLE state ALTER COLUMN value SET COMPRESSION lz4;
       END IF;
     END $body$`,
  ],
]

const versionRow = z.object({ version: z.number().int(), epoch: z.string() })
const madeForRow = z.object({ made_for: z.string().nullable() })
const databaseRow = z.object({ database: z.string() })

/**
 * Creates or migrates the tables. Any number of processes may do so at once: they take turns.
 * @param isSetBack somebody says that the database was set back to an earlier state, where it cannot be noticed
 * @returns the epoch of the store, a new one if the database turns out to be a restored one
 * @throws if a newer program has migrated the database
 */
export async function prepareSchema(sql: Sql, isSetBack = false): Promise<string> {
  return sql.transaction(async (transaction) => {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    const [encoding] = parseRows(
      z.object({ encoding: z.string() }),
      await transaction.query(`SELECT current_setting('server_encoding') AS encoding`),
    )
    if (encoding?.encoding !== 'UTF8') throw new Error(`the database must be in UTF8, not ${encoding?.encoding}`)
    await transaction.query('CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL, epoch text NOT NULL)')
    const [found] = parseRows(versionRow, await transaction.query('SELECT version, epoch FROM schema_version'))
    const { version, epoch } = found ?? { version: 0, epoch: mintEpoch() }
    if (!found) await transaction.query('INSERT INTO schema_version VALUES (0, $1)', [epoch])
    if (version > MIGRATIONS.length) {
      throw new Error(`the database has version ${version}; this program knows ${MIGRATIONS.length}`)
    }
    for (const migration of MIGRATIONS.slice(version)) {
      for (const statement of migration) await transaction.query(statement)
    }
    if (version < MIGRATIONS.length)
      await transaction.query('UPDATE schema_version SET version = $1', [MIGRATIONS.length])
    return currentEpoch(transaction, epoch, isSetBack)
  })
}

/**
 * A restored database remembers an earlier moment, and its counters would give out numbers and dots that others have
 * seen. So an epoch is made for one database on one server on one timeline: a dump that is read in again is another
 * database, another server has another identifier, and recovery to a moment, as well as a standby that takes over, begins
 * a new timeline. What leaves no trace is a copy of all files of the server that is put back; whoever does that says so
 * (`cloud --restored`).
 */
async function currentEpoch(transaction: Queries, epoch: string, isSetBack: boolean): Promise<string> {
  const [known] = parseRows(madeForRow, await transaction.query('SELECT made_for FROM schema_version'))
  const [found] = parseRows(
    databaseRow,
    await transaction.query(
      `SELECT concat_ws(' ', system.system_identifier, place.oid, point.timeline_id) AS database
       FROM pg_control_system() AS system, pg_control_checkpoint() AS point, pg_database AS place
       WHERE place.datname = current_database()`,
    ),
  )
  const database = found?.database ?? ''
  if (!isSetBack && known?.made_for === database) return epoch
  const next = !isSetBack && known?.made_for === null ? epoch : mintEpoch()
  await transaction.query('UPDATE schema_version SET epoch = $1, made_for = $2', [next, database])
  return next
}

const EPOCH_BYTES = 8

function mintEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString('base64url')
}
