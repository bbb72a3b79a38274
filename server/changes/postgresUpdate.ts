/**
 * `update`, in three steps that repeat until nobody was faster:
 *
 * 1. Read the records without a lock and let `change` decide. That tells which scopes are concerned.
 * 2. Lock the rows of those scopes in sorted order. Every change of a scope holds this lock from before it takes a `seq`
 *    until it has committed, so `seq` becomes visible in its own order, and two updates cannot wait for each other. A scope
 *    that has no row gets one first, in a transaction of its own: whoever waits for somebody's new row must hold nothing.
 * 3. If the records are still the ones that were read, commit. If not, read again and decide again, now under the lock;
 *    only when that concerns still more scopes, begin anew with what was read.
 *
 * Updates of the same scopes that wait for their turn go through steps 2 and 3 in one transaction, a savepoint each.
 */
import { z } from 'zod'
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import { compareText } from '../../model/merge/vector.ts'
import type { ChangeFunction, Write } from '../../model/sync/changeStore.ts'
import { encodeSuperseded } from '../../model/sync/superseded.ts'
import type { Queries, Sql } from './postgresConnection.ts'
import { type Committed, lostBy } from './postgresHistory.ts'
import { notifying } from './postgresListener.ts'
import { type ReadRows, readRows } from './postgresRead.ts'
import { fromColumn, fromDocument, parseRows, toColumn, toDocument, whole } from './postgresRows.ts'
import { ScopeTurns } from './postgresTurns.ts'
import { encodeVectors } from './recordAt.ts'

export interface UpdateParts {
  readonly sql: Sql
  /** Outside of transactions. */
  readonly read: ReadRows
  /** Under which this process opened the store. */
  readonly epoch: string
  readonly turns: UpdateTurns
  /** Wall clock, ms since 1970 UTC. */
  readonly now: () => number
  /** How this process signs its notices to others (`postgresListener.ts`). */
  readonly sender: string
}

/** A `change` that names new scopes or records each time it runs is not pure; it must not keep us here for ever. */
const MAX_ROUNDS = 100

/**
 * Carries out one `update` of a `RecordStore`.
 * @returns the scopes that changed
 * @throws without any effect, if `change` throws, moves a record, empties it, or writes one twice
 */
export async function updateRecords(
  parts: UpdateParts,
  ids: readonly string[],
  change: ChangeFunction,
): Promise<readonly string[]> {
  let state = await readState(parts.read, ids)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const plan = decide(state, change)
    if (plan.writes.length === 0) return []
    if (plan.unread.length > 0) {
      // Written without having been read: perhaps it is new, and if not, `change` is to know what is there.
      state = await readState(parts.read, [...state.ids, ...plan.unread])
      continue
    }
    const { ids: asked } = state
    const outcome = await parts.turns.run(plan.scopes, {
      ids: asked,
      work: (transaction, locked) => attempt(parts, transaction, locked, { state, plan, change }),
    })
    if ('committed' in outcome) return outcome.committed
    if ('state' in outcome) state = outcome.state
    else await addScopes(parts.sql, outcome.newScopes)
  }
  throw new Error(`the change asked for other records or scopes ${MAX_ROUNDS} times`)
}

interface Row {
  readonly seq: number
  readonly record: CausalRecord
}

interface State {
  readonly ids: readonly string[]
  readonly rows: ReadonlyMap<string, Row>
}

interface Plan {
  readonly writes: readonly Write[]
  /** The scopes of everything that was read or is to be written, sorted. */
  readonly scopes: readonly string[]
  readonly unread: readonly string[]
}

type Outcome =
  | { readonly committed: readonly string[] }
  | { readonly state: State }
  | { readonly newScopes: readonly string[] }

const headRow = z.object({ scope: z.string(), seq: whole })
const placeRow = z.object({ id: z.string(), seq: whole })
const countsRow = z.object({ written: whole, counted: whole })

async function readState(read: ReadRows, ids: readonly string[]): Promise<State> {
  const rows = [...(await read(ids)).values()].map(({ seq, doc }): Row => ({ seq, record: fromDocument(doc) }))
  return { ids, rows: new Map(rows.map((each) => [each.record.id, each])) }
}

function decide(state: State, change: ChangeFunction): Plan {
  const writes = change(new Map([...state.rows].map(([id, { record }]) => [id, record])))
  const written = new Set<string>()
  for (const { record } of writes) {
    if (written.has(record.id)) throw new Error(`record ${record.id} is written twice in one update`)
    written.add(record.id)
    checkWritable(record, state.rows.get(record.id)?.record)
  }
  const read = new Set(state.ids)
  const concerned = [...writes.map(({ record }) => record), ...[...state.rows.values()].map(({ record }) => record)]
  return {
    writes,
    scopes: [...new Set(concerned.map(({ scope }) => scope))].sort(compareText),
    unread: [...written].filter((id) => !read.has(id)),
  }
}

function checkWritable(record: CausalRecord, current: CausalRecord | undefined): void {
  if (![...record.units.values()].some(({ registers }) => registers.size > 0)) {
    // It could be stored but never be decoded again.
    throw new Error(`record ${record.id} holds no value`)
  }
  for (const field of ['scope', 'table', 'base'] as const) {
    if (current && current[field] !== record[field]) throw new Error(`record ${record.id} may not change its ${field}`)
  }
}

/** What holds under the locks of a transaction. */
interface Locked {
  /** Of the scopes that exist, the `seq` of the latest change. */
  readonly heads: Map<string, number>
  /** Of the records that were asked for and exist, the `seq`. */
  readonly places: Map<string, number>
}

interface Attempt {
  /** Of the records that were read. */
  readonly ids: readonly string[]
  /** @param locked to be brought up to date with what is written */
  work(sql: Queries, locked: Locked): Promise<Outcome>
}

export type UpdateTurns = ScopeTurns<Attempt, Outcome>

/** So that the locks are not held for ever while more and more come. */
const MAX_TOGETHER = 20

export function updateTurns(sql: Sql): UpdateTurns {
  return new ScopeTurns((scopes, attempts) => attemptTogether(sql, scopes, attempts), MAX_TOGETHER)
}

/** Each in a savepoint, so that one that fails is taken back alone. Rejects, with nothing done, if the transaction fails. */
async function attemptTogether(
  sql: Sql,
  scopes: readonly string[],
  attempts: readonly Attempt[],
): Promise<readonly PromiseSettledResult<Outcome>[]> {
  return sql.transaction(async (transaction) => {
    let locked: Locked = {
      heads: await lockScopes(transaction, scopes),
      places: await placesOf(transaction, [...new Set(attempts.flatMap(({ ids }) => ids))]),
    }
    const results: PromiseSettledResult<Outcome>[] = []
    const isAlone = attempts.length === 1
    for (const { work } of attempts) {
      const after: Locked = { heads: new Map(locked.heads), places: new Map(locked.places) }
      if (isAlone) {
        results.push({ status: 'fulfilled', value: await work(transaction, after) })
        continue
      }
      await transaction.query('SAVEPOINT attempt')
      try {
        results.push({ status: 'fulfilled', value: await work(transaction, after) })
        await transaction.query('RELEASE SAVEPOINT attempt')
        locked = after
      } catch (reason) {
        await transaction.query('ROLLBACK TO SAVEPOINT attempt')
        results.push({ status: 'rejected', reason })
      }
    }
    return results
  })
}

interface Tried {
  readonly state: State
  readonly plan: Plan
  readonly change: ChangeFunction
}

async function attempt(
  parts: UpdateParts,
  sql: Queries,
  locked: Locked,
  { state, plan, change }: Tried,
): Promise<Outcome> {
  const { heads } = locked
  const newScopes = plan.scopes.filter((scope) => !heads.has(scope))
  if (newScopes.length > 0) return { newScopes }
  if (isCurrent(locked, state)) return commit(parts, sql, state, plan.writes, locked)
  const fresh = await readState((ids) => readRows(sql, ids), state.ids)
  const again = decide(fresh, change)
  const isLocked = again.scopes.every((scope) => heads.has(scope))
  if (!isLocked || again.unread.length > 0) return { state: fresh }
  return commit(parts, sql, fresh, again.writes, locked)
}

/** Locks the scopes until the end of the transaction, and returns the `seq` of the latest change of those that exist. */
async function lockScopes(sql: Queries, scopes: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql.query(
    'SELECT scope, seq FROM scopes WHERE scope = ANY($1::text[]) ORDER BY scope FOR UPDATE',
    [scopes.map(toColumn)],
  )
  const heads = parseRows(headRow, rows)
  return new Map(heads.map(({ scope, seq }) => [fromColumn(scope), seq]))
}

async function addScopes(sql: Queries, scopes: readonly string[]): Promise<void> {
  await sql.query('INSERT INTO scopes (scope) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [scopes.map(toColumn)])
}

async function placesOf(sql: Queries, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map()
  const found = await sql.query('SELECT id, seq FROM records WHERE id = ANY($1::text[])', [ids.map(toColumn)])
  return new Map(parseRows(placeRow, found).map(({ id, seq }) => [fromColumn(id), seq]))
}

function isCurrent({ places }: Locked, { ids, rows }: State): boolean {
  return ids.every((id) => places.get(id) === rows.get(id)?.seq)
}

async function commit(
  parts: UpdateParts,
  sql: Queries,
  { rows }: State,
  writes: readonly Write[],
  { heads, places }: Locked,
): Promise<Outcome> {
  if (writes.length === 0) return { committed: [] }
  const commits = writes.map(({ record, from }): Origin => {
    const seq = (heads.get(record.scope) ?? 0) + 1
    heads.set(record.scope, seq)
    places.set(record.id, seq)
    return { before: rows.get(record.id)?.record, after: record, seq, from }
  })
  const changed = [...new Set(writes.map(({ record }) => record.scope))].sort(compareText)
  const { written, counted } = await writeAll(
    parts,
    sql,
    commits,
    new Map(changed.map((scope) => [scope, heads.get(scope)])),
  )
  if (written !== commits.length) throw new Error('a record of the same id was just created in another scope')
  // Another process has found the database restored. What peers know of this one's epoch is no longer true.
  if (counted !== changed.length) throw new Error('the database was restored: this process must start again')
  return { committed: changed }
}

interface Origin extends Committed {
  readonly from: string | undefined
}

/**
 * Records, their versions, what they lose, and the heads of their scopes, in one statement.
 * @returns how many records were written, and of how many scopes the head
 */
async function writeAll(
  { epoch, now, sender }: UpdateParts,
  sql: Queries,
  commits: readonly Origin[],
  heads: ReadonlyMap<string, number | undefined>,
): Promise<z.infer<typeof countsRow>> {
  // Sorted, since the lock of a scope does not cover the case that somebody creates the same id in another scope.
  const sorted = [...commits].sort((a, b) => compareText(a.after.id, b.after.id))
  const lost = lostBy(commits)
  const [counts] = await sql.query(
    `WITH new_records AS (
       INSERT INTO records (id, scope, tbl, seq, origin, doc)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
       ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, origin = excluded.origin, doc = excluded.doc
       WHERE records.scope = excluded.scope
       RETURNING 1
     ), new_versions AS (
       INSERT INTO versions (record_id, seq, version, vectors, at)
       SELECT new.*, $9 FROM unnest($1::text[], $4::bigint[], $7::bigint[], $8::text[]) AS new
     ), new_history AS (
       INSERT INTO history (record_id, value, seq, at)
       SELECT new.*, $9 FROM unnest($10::text[], $11::text[], $12::bigint[]) AS new
     ), new_heads AS (
       UPDATE scopes SET seq = new.seq, changed = clock_timestamp()
       FROM unnest($13::text[], $14::bigint[]) AS new (scope, seq), schema_version
       WHERE scopes.scope = new.scope AND schema_version.epoch = $15
       RETURNING ${notifying('$16::text', 'scopes.scope')}
     )
     SELECT (SELECT count(*) FROM new_records) AS written, (SELECT count(*) FROM new_heads) AS counted`,
    [
      sorted.map(({ after }) => toColumn(after.id)),
      sorted.map(({ after }) => toColumn(after.scope)),
      sorted.map(({ after }) => toColumn(after.table)),
      sorted.map(({ seq }) => seq),
      sorted.map(({ from }) => (from === undefined ? null : toColumn(from))),
      sorted.map(({ after }) => toDocument(after)),
      sorted.map(({ after }) => recordVersion(after)),
      sorted.map(({ after }) => encodeVectors(after)),
      Math.floor(now()),
      lost.map(({ recordId }) => toColumn(recordId)),
      lost.map(({ value }) => encodeSuperseded(value)),
      lost.map(({ seq }) => seq),
      [...heads.keys()].map(toColumn),
      [...heads.values()],
      epoch,
      sender,
    ],
  )
  return countsRow.parse(counts)
}
