/**
 * The tables of the store, and how an older database becomes a current one.
 *
 * Documents are `text`: `jsonb` refuses `\u0000`, which a person's value may contain, and reorders keys; `json` would
 * accept it and fail as soon as anything looks inside. Ids are `text` too, since to `uuid` two spellings of one id are
 * equal and to every other replica they are two records. Collation "C" compares bytes, as `compareText` does.
 */

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Sql } from './postgresConnection.ts'
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
]

const versionRow = z.object({ version: z.number().int(), epoch: z.string() })

/**
 * Creates or migrates the tables. Any number of processes may do so at once: they take turns.
 * @returns the epoch of the store
 * @throws if a newer program has migrated the database
 */
export async function prepareSchema(sql: Sql): Promise<string> {
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
    return epoch
  })
}

const EPOCH_BYTES = 8

function mintEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString('base64url')
}
