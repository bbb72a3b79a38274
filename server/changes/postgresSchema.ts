/** How an older database becomes a current one, and which epoch it has. */

import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Queries, Sql } from './postgresConnection.ts'
import { MIGRATIONS } from './postgresMigrations.ts'
import { parseRows } from './postgresRows.ts'

/** Any number that no other program uses on the same database for an advisory lock. */
const MIGRATION_LOCK = 7_339_117_201

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
