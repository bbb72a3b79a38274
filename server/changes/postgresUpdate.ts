/**
 * `update`, in three steps that repeat until nobody was faster:
 *
 * 1. Read the records without a lock and let `change` decide. That tells which scopes are concerned.
 * 2. Commit, if the records are still the ones that were read and nobody has locked the scopes (`postgresCommit.ts`). Updates that
 *    come at the same time, of whatever scopes, are committed together (`postgresQueue.ts`). One of very many records is committed
 *    beside them, when it is its turn in its scopes.
 * 3. If they are not, or somebody has, wait for a turn in those scopes, lock their rows as a commit does, and for each update in a
 *    savepoint read again and decide again; only when that concerns still more scopes, begin anew with what was read. A scope that
 *    has no row gets one first, in a transaction of its own: whoever waits for somebody's new row must hold nothing.
 */
import { z } from 'zod'
import type { CausalRecord } from '../../model/merge/record.ts'
import { compareText } from '../../model/merge/vector.ts'
import type { ChangeFunction } from '../../model/sync/changeStore.ts'
import { type CommitParts, commitUpdates, type Decided, type Row } from './postgresCommit.ts'
import { isRefusal, type Queries, type Sql } from './postgresConnection.ts'
import { GroupCommit } from './postgresQueue.ts'
import { type ReadRows, readRows } from './postgresRead.ts'
import { fromColumn, fromDocument, parseRows, toArray, toColumn } from './postgresRows.ts'
import { ScopeTurns } from './postgresTurns.ts'

export interface UpdateParts extends CommitParts {
  readonly sql: Sql
  /** Outside of transactions. */
  readonly read: ReadRows
}

/**
 * Carries out one `update` of a `RecordStore`.
 * @returns the scopes that changed
 * @throws without any effect, if `change` throws, moves a record, empties it, or writes one twice
 */
export type Update = (ids: readonly string[], change: ChangeFunction) => Promise<readonly string[]>

/** A `change` that names new scopes or records each time it runs is not pure; it must not keep us here for ever. */
const MAX_ROUNDS = 100
/** So that the locks are not held for ever while more and more come. */
const MAX_TOGETHER = 20
/** Of records in one commit of the queue. */
const MAX_RECORDS = 500
/** Of one update in the queue. Whoever looks for more has a connection of its own meanwhile, and keeps nobody else. */
const MAX_QUEUED = 100

export function createUpdate(parts: UpdateParts): Update {
  const turns = new ScopeTurns(
    (scopes: readonly string[], attempts: readonly Attempt[]) => attemptTogether(parts, scopes, attempts),
    MAX_TOGETHER,
  )
  const queue = new GroupCommit((plans: readonly Plan[]) => commitQueued(parts, plans), MAX_RECORDS)

  async function commit(plan: Plan, change: ChangeFunction): Promise<Outcome> {
    const isSmall = plan.ids.length <= MAX_QUEUED
    if (isSmall && (await queue.run(plan))) return committed(plan)
    return turns.run(plan.scopes, { plan, change, isLate: isSmall })
  }

  return async (ids, change) => {
    let state = await readState(parts.read, ids)
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const plan = decide(state, change)
      if (plan.writes.length === 0) return []
      if (plan.unread.length > 0) {
        // Written without having been read: perhaps it is new, and if not, `change` is to know what is there.
        state = await readState(parts.read, [...state.ids, ...plan.unread])
        continue
      }
      const outcome = await commit(plan, change)
      if ('committed' in outcome) return outcome.committed
      if ('state' in outcome) state = outcome.state
      else await addScopes(parts.sql, outcome.newScopes)
    }
    throw new Error(`the change asked for other records or scopes ${MAX_ROUNDS} times`)
  }
}

type State = Pick<Decided, 'ids' | 'rows'>

interface Plan extends Decided {
  readonly unread: readonly string[]
}

type Outcome =
  | { readonly committed: readonly string[] }
  | { readonly state: State }
  | { readonly newScopes: readonly string[] }

const scopeRow = z.object({ scope: z.string() })

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
    ...state,
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

async function commitQueued(parts: UpdateParts, plans: readonly Plan[]): Promise<readonly boolean[]> {
  const late = await lateOf(parts, plans, false)
  return plans.map((_, n) => !late.has(n))
}

/** Commits what can be committed as it is. @returns the places of the others */
async function lateOf(parts: UpdateParts, plans: readonly Plan[], waits: boolean): Promise<ReadonlySet<number>> {
  try {
    return await commitUpdates(parts, parts.sql, plans, waits)
  } catch (thrown) {
    // Perhaps only one of several is at fault.
    if (isRefusal(thrown)) return new Set(plans.keys())
    throw thrown
  }
}

interface Attempt {
  readonly plan: Plan
  readonly change: ChangeFunction
  /** It cannot be committed as it is. */
  readonly isLate: boolean
}

async function attemptTogether(
  parts: UpdateParts,
  scopes: readonly string[],
  attempts: readonly Attempt[],
): Promise<readonly PromiseSettledResult<Outcome>[]> {
  const fresh = attempts.filter(({ isLate }) => !isLate)
  const plans = fresh.map(({ plan }) => plan)
  const late = plans.length > 0 && areApart(plans) ? await lateOf(parts, plans, true) : new Set(plans.keys())
  const done = new Set(fresh.filter((_, n) => !late.has(n)))
  const left = attempts.filter((attempt) => !done.has(attempt))
  const [settled] = await Promise.allSettled([left.length === 0 ? [] : attemptInTurn(parts, scopes, left)])
  return attempts.map((attempt) => {
    if (done.has(attempt)) return { status: 'fulfilled', value: committed(attempt.plan) }
    if (settled.status === 'rejected') return settled
    return (
      settled.value[left.indexOf(attempt)] ?? { status: 'rejected', reason: new Error('an update was never tried') }
    )
  })
}

/** Whether no two of them are about the same record: then none makes another one's out of date. */
function areApart(plans: readonly Plan[]): boolean {
  const ids = plans.flatMap((plan) => [...new Set(plan.ids)])
  return new Set(ids).size === ids.length
}

/** Each in a savepoint, so that one that fails is taken back alone. Rejects, with nothing done, if the transaction fails. */
function attemptInTurn(
  parts: UpdateParts,
  scopes: readonly string[],
  attempts: readonly Attempt[],
): Promise<readonly PromiseSettledResult<Outcome>[]> {
  return parts.sql.transaction(async (transaction) => {
    const locked = await lockScopes(transaction, scopes)
    const results: PromiseSettledResult<Outcome>[] = []
    for (const each of attempts) {
      await transaction.query('SAVEPOINT attempt')
      try {
        results.push({ status: 'fulfilled', value: await attempt(parts, transaction, locked, each) })
        await transaction.query('RELEASE SAVEPOINT attempt')
      } catch (reason) {
        await transaction.query('ROLLBACK TO SAVEPOINT attempt')
        results.push({ status: 'rejected', reason })
      }
    }
    return results
  })
}

async function attempt(
  parts: UpdateParts,
  sql: Queries,
  locked: ReadonlySet<string>,
  { plan, change }: Attempt,
): Promise<Outcome> {
  const newScopes = plan.scopes.filter((scope) => !locked.has(scope))
  if (newScopes.length > 0) return { newScopes }
  const state = await readState((ids) => readRows(sql, ids), plan.ids)
  const again = decide(state, change)
  if (again.writes.length === 0) return { committed: [] }
  const isLocked = again.scopes.every((scope) => locked.has(scope))
  if (!isLocked || again.unread.length > 0) return { state }
  // False if a record that was not there is now, in a scope that is not locked.
  const late = await commitUpdates(parts, sql, [again], true)
  return late.size === 0 ? committed(again) : { state }
}

function committed({ writes }: Plan): Outcome {
  return { committed: [...new Set(writes.map(({ record }) => record.scope))].sort(compareText) }
}

/** Locks the scopes until the end of the transaction, and returns those that exist. */
async function lockScopes(sql: Queries, scopes: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql.query('SELECT scope FROM scopes WHERE scope = ANY($1::text[]) ORDER BY scope FOR UPDATE', [
    toArray(scopes.map(toColumn)),
  ])
  return new Set(parseRows(scopeRow, rows).map(({ scope }) => fromColumn(scope)))
}

async function addScopes(sql: Queries, scopes: readonly string[]): Promise<void> {
  await sql.query('INSERT INTO scopes (scope) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [
    toArray(scopes.map(toColumn)),
  ])
}
