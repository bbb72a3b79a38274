/**
 * The store of the cloud: records, change log, history and small facts in PostgreSQL. With an address it shares a server
 * with any number of other processes; without one it runs PGlite inside this process, on the same SQL.
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { compareText } from '../../model/merge/vector.ts'
import type { ChangeStore, History, StateStore } from '../../model/sync/changeStore.ts'
import { grouped } from './grouped.ts'
import { postgresChangeStore } from './postgresChanges.ts'
import { connectToServer, type OnProblem, type Queries, type Sql } from './postgresConnection.ts'
import { openEmbedded } from './postgresEmbedded.ts'
import { postgresHistory } from './postgresHistory.ts'
import { Announcer, ChangeListener } from './postgresListener.ts'
import { readTogether } from './postgresRead.ts'
import { fromColumn, parseRows, toArray, toColumn } from './postgresRows.ts'
import { prepareSchema } from './postgresSchema.ts'

export interface PostgresOptions {
  /** `postgres://…`; without it the database is embedded, for this process alone. */
  readonly databaseUrl?: string
  /** Folder of the embedded database; without it, it is in memory. */
  readonly dataDir?: string
  /** Told of trouble that mends itself, such as a lost connection. By default a warning of the process. */
  readonly onProblem?: OnProblem
  /** Wall clock for `History`, ms since 1970 UTC. */
  readonly now?: () => number
  /** The database was set back to an earlier state in a way that cannot be noticed: the store gets a new epoch. */
  readonly isSetBack?: boolean
}

export interface PostgresStore {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly history: History
  /** The database, for what a server notes of its own work. */
  readonly sql: Sql
  /**
   * Puts a fact in the place of another. Of several that try at once, in whatever process, one succeeds.
   * @param before as `state.get` gave it
   * @returns false if something else stands there, or nothing; it is left as it is then
   */
  replaceFact(key: string, before: unknown, after: unknown): Promise<boolean>
  /** The team that the scope belongs to. */
  teamOf(scope: string): Promise<string | undefined>
  /**
   * Gives scopes to a team. A scope belongs to the first team that claims it, for good.
   * @returns the scopes that belong to another team, if any; the rest is claimed all the same
   */
  claimScopes(team: string, scopes: readonly string[]): Promise<'ok' | { readonly foreign: readonly string[] }>
  scopesOf(team: string): Promise<readonly string[]>
  /** Waits for what is running. The caller closes what it opened. */
  close(): Promise<void>
}

const SENDER_BYTES = 6

/**
 * Opens the store; creates or migrates its tables, also when several processes do so at once.
 * @throws if the database cannot be reached, is open in another process (embedded), or is of a newer version
 */
export async function openPostgresStore(options: PostgresOptions = {}): Promise<PostgresStore> {
  const { databaseUrl, dataDir, now = Date.now } = options
  const onProblem = options.onProblem ?? ((problem) => process.emitWarning(problem))
  const sql =
    databaseUrl === undefined ? await openEmbedded(dataDir, onProblem) : connectToServer(databaseUrl, onProblem)
  try {
    const epoch = await prepareSchema(sql, options.isSetBack)
    const announcer = new Announcer()
    const scopesOf = readTogether((teams) => scopesOfAll(sql, teams))
    const sender = randomBytes(SENDER_BYTES).toString('base64url')
    const listener =
      databaseUrl === undefined ? undefined : await ChangeListener.start({ databaseUrl, sender, announcer, onProblem })
    return {
      changes: postgresChangeStore({ sql, epoch, announcer, sender, now }),
      state: postgresState(sql),
      history: postgresHistory(sql, now),
      sql,
      replaceFact: (key, before, after) => replaceFact(sql, key, before, after),
      teamOf: (scope) => teamOf(sql, scope),
      claimScopes: (team, scopes) => claimScopes(sql, team, scopes),
      scopesOf: async (team) => (await scopesOf([team])).get(team) ?? [],
      async close() {
        await listener?.close()
        await sql.close()
      },
    }
  } catch (error) {
    await sql.close()
    throw error
  }
}

const teamRow = z.object({ team: z.string().nullable() })
const scopeRow = z.object({ scope: z.string() })
const scopesRow = z.object({ team: z.string(), scopes: z.array(z.string()) })
const stateRow = z.object({ key: z.string(), value: z.string() })

async function teamOf(sql: Queries, scope: string): Promise<string | undefined> {
  const [row] = parseRows(teamRow, await sql.query('SELECT team FROM scopes WHERE scope = $1', [toColumn(scope)]))
  return row?.team === null || row === undefined ? undefined : fromColumn(row.team)
}

async function claimScopes(
  sql: Sql,
  team: string,
  scopes: readonly string[],
): Promise<'ok' | { readonly foreign: readonly string[] }> {
  // In sorted order, as everybody locks them (see `postgresUpdate.ts`).
  const claimed = [...new Set(scopes)].sort(compareText).map(toColumn)
  // `DO UPDATE` takes the lock of a row that exists, so the answer below is what stays true. A team that owns it already
  // writes the same again.
  const rows = await sql.query(
    `INSERT INTO scopes AS old (scope, team) SELECT unnest($2::text[]), $1
     ON CONFLICT (scope) DO UPDATE SET team = coalesce(old.team, excluded.team)
     RETURNING scope, team`,
    [toColumn(team), claimed],
  )
  const foreign = parseRows(scopeRow.extend({ team: z.string() }), rows)
    .filter((row) => row.team !== toColumn(team))
    .map(({ scope }) => fromColumn(scope))
  return foreign.length === 0 ? 'ok' : { foreign }
}

async function scopesOfAll(sql: Queries, teams: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await sql.query(
    `SELECT team, array_agg(scope ORDER BY scope) AS scopes FROM scopes WHERE team = ANY($1::text[]) GROUP BY team`,
    [toArray(teams.map(toColumn))],
  )
  return new Map(parseRows(scopesRow, rows).map(({ team, scopes }) => [fromColumn(team), scopes.map(fromColumn)]))
}

async function replaceFact(sql: Queries, key: string, before: unknown, after: unknown): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE state SET value = $3, changed = clock_timestamp() WHERE key = $1 AND value::jsonb = $2::jsonb RETURNING 1`,
    [toColumn(key), JSON.stringify(before), JSON.stringify(after)],
  )
  return rows.length > 0
}

function postgresState(sql: Queries): StateStore {
  const facts = readTogether((keys) => readFacts(sql, keys))
  const write = grouped((written: readonly Fact[]) => writeFacts(sql, written), MAX_FACTS)
  return {
    async get(key) {
      const text = (await facts([key])).get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    async set(key, value) {
      const text: string | undefined = JSON.stringify(value)
      if (text === undefined) {
        // `undefined` is what `get` answers for a key that is not there.
        await sql.query('DELETE FROM state WHERE key = $1', [toColumn(key)])
        return
      }
      await write([key, text])
    },
    async list(prefix) {
      const rows = await sql.query('SELECT key, value FROM state WHERE starts_with(key, $1) ORDER BY key', [
        toColumn(prefix),
      ])
      return new Map(parseRows(stateRow, rows).map(({ key, value }) => [fromColumn(key), JSON.parse(value)]))
    },
  }
}

async function readFacts(sql: Queries, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await sql.query('SELECT key, value FROM state WHERE key = ANY($1::text[])', [
    toArray(keys.map(toColumn)),
  ])
  return new Map(parseRows(stateRow, rows).map(({ key, value }) => [fromColumn(key), value]))
}

const MAX_FACTS = 64
/** Its key, and its value as JSON. */
type Fact = readonly [key: string, text: string]

/** Of two for one key the later one counts. */
async function writeFacts(sql: Queries, facts: readonly Fact[]): Promise<readonly undefined[]> {
  // In sorted order, so that two processes that write the same keys wait for each other and not in a circle.
  const last = [...new Map(facts)].sort(([a], [b]) => compareText(a, b))
  const places = roundUp(last.length)
  const values = Array.from({ length: places }, (_, n) => `($${2 * n + 1}::text, $${2 * n + 2}::text)`).join(', ')
  await sql.query(
    `INSERT INTO state (key, value) SELECT key, value FROM (VALUES ${values}) AS fact (key, value) WHERE key IS NOT NULL
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed = clock_timestamp()`,
    Array.from({ length: places }, (_, n) => last[n]).flatMap((fact) =>
      fact ? [toColumn(fact[0]), fact[1]] : [null, null],
    ),
  )
  return []
}

/** To a power of two, so that there are only a few statements to be prepared. */
function roundUp(count: number): number {
  return 2 ** Math.ceil(Math.log2(count))
}
