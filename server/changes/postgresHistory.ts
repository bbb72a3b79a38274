/** What records were: the vectors of each committed state, and the values that were replaced. */
import { z } from 'zod'
import type { CausalRecord } from '../../model/merge/record.ts'
import type { Vector } from '../../model/merge/vector.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { BeforeHistory, History, Retention, Superseded } from '../../model/sync/changeStore.ts'
import { decodeSuperseded, encodeSuperseded } from '../../model/sync/superseded.ts'
import { grouped } from './grouped.ts'
import type { Queries, Sql } from './postgresConnection.ts'
import { fromDocument, parseRows, toArray, toColumn, whole } from './postgresRows.ts'
import { decodeVectors, recordAt } from './recordAt.ts'

/** @param now wall clock, ms since 1970 UTC */
export function postgresHistory(sql: Sql, now: () => number): History {
  // A push asks for each of its records, and so do others at the same time.
  const vectorsAt = grouped((moments: readonly Moment[]) => vectorsOfAll(sql, moments), MAX_GROUP)
  const superseded = grouped((recordIds: readonly string[]) => supersededOfAll(sql, recordIds), MAX_GROUP)
  return {
    weddingAt: (scope, ms) => weddingAt(sql, scope, ms),
    forget: (retention, nowMs) => forgetOld(sql, retention, nowMs),
    vectorsAt: (recordId, moment) => vectorsAt({ recordId, ...moment }),
    superseded: async (recordId) => (await superseded(recordId)) ?? [],
    async keep(recordId, values) {
      if (values.length === 0) return
      // No commit took them away.
      await sql.query(
        'INSERT INTO history (record_id, value, at) SELECT $1, value, $3 FROM unnest($2::text[]) AS value',
        [toColumn(recordId), toArray(values.map(encodeSuperseded)), Math.floor(now())],
      )
    },
  }
}

const MAX_GROUP = 500

type Moment = { readonly recordId: string } & Parameters<History['vectorsAt']>[1]

async function vectorsOfAll(
  sql: Queries,
  moments: readonly Moment[],
): Promise<readonly (ReadonlyMap<string, Vector> | undefined)[]> {
  const rows = await sql.query(
    `SELECT found.vectors
     FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS asked (record_id, version, at, place)
     LEFT JOIN LATERAL (
       SELECT vectors FROM versions
       WHERE record_id = asked.record_id AND (asked.version IS NULL OR version = asked.version)
         AND (asked.at IS NULL OR versions.at <= asked.at)
       ORDER BY seq DESC LIMIT 1
     ) AS found ON true
     ORDER BY asked.place`,
    [
      toArray(moments.map(({ recordId }) => toColumn(recordId))),
      toArray(moments.map((moment) => ('version' in moment ? moment.version : null))),
      // A time may come with a fraction of a millisecond, which the column does not have.
      toArray(moments.map((moment) => ('ms' in moment ? Math.floor(moment.ms) : null))),
    ],
  )
  return parseRows(vectorsRow, rows).map(({ vectors }) => (vectors === null ? undefined : decodeVectors(vectors)))
}

async function supersededOfAll(
  sql: Queries,
  recordIds: readonly string[],
): Promise<readonly (readonly Superseded[])[]> {
  const rows = await sql.query('SELECT record_id, value FROM history WHERE record_id = ANY($1::text[]) ORDER BY id', [
    toArray(recordIds.map(toColumn)),
  ])
  const byRecord = Map.groupBy(parseRows(historyRow, rows), (row) => row.record_id)
  return recordIds.map((id) => (byRecord.get(toColumn(id)) ?? []).map(({ value }) => decodeSuperseded(value)))
}

/** Two statements, but one snapshot: no commit may come between what a record is and what it was. */
async function weddingAt(sql: Sql, scope: string, ms: number): Promise<Result<readonly CausalRecord[], BeforeHistory>> {
  return sql.transaction(async (transaction) => {
    await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    const [since] = parseRows(
      sinceRow,
      await transaction.query(
        `SELECT (SELECT min(at) FROM versions WHERE record_id IN (SELECT id FROM records WHERE scope = $1)) AS first,
                (SELECT value FROM state WHERE key = $2) AS forgotten`,
        [toColumn(scope), FORGOTTEN_TO],
      ),
    )
    const sinceMs = Math.max(since?.first ?? 0, Number(since?.forgotten ?? 0))
    if (ms < sinceMs) return err({ kind: 'before-history', sinceMs })
    const rows = await transaction.query(
      `SELECT records.doc, version.vectors, lost.list
       FROM records
       JOIN LATERAL (
         SELECT seq, vectors FROM versions WHERE record_id = records.id AND at <= $2 ORDER BY seq DESC LIMIT 1
       ) AS version ON true
       LEFT JOIN LATERAL (
         SELECT json_agg(value ORDER BY id)::text AS list FROM history
         WHERE record_id = records.id AND history.seq > version.seq
       ) AS lost ON true
       WHERE records.scope = $1 ORDER BY records.id`,
      [toColumn(scope), Math.floor(ms)],
    )
    return ok(
      parseRows(pastRow, rows).map(({ doc, vectors, list }) => {
        const lost = list === null ? [] : valueList.parse(JSON.parse(list)).map(decodeSuperseded)
        return recordAt(fromDocument(doc), decodeVectors(vectors), lost)
      }),
    )
  })
}

/** The fact that says up to when history was forgotten, in ms since 1970 UTC. */
const FORGOTTEN_TO = toColumn('history/forgotten-to')
const DAY_MS = 86_400_000
const FORGET_BATCH = 5_000

async function forgetOld(sql: Queries, { historyDays, stateDays }: Retention, nowMs: number): Promise<void> {
  const horizon = Math.floor(nowMs - historyDays * DAY_MS)
  // First, so that nobody asks for a moment of which a part is gone already.
  await sql.query(
    `INSERT INTO state AS old (key, value) VALUES ($1, $2)
     ON CONFLICT (key) DO UPDATE SET value = greatest(old.value::bigint, excluded.value::bigint)::text`,
    [FORGOTTEN_TO, String(horizon)],
  )
  await inBatches(sql, 'DELETE FROM history WHERE id IN (SELECT id FROM history WHERE at < $1 LIMIT $2) RETURNING 1', [
    horizon,
  ])
  // The last version before the horizon stays: it is what the record was at the horizon.
  await inBatches(
    sql,
    `DELETE FROM versions WHERE (record_id, seq) IN (
       SELECT record_id, seq FROM versions AS old WHERE at < $1 AND EXISTS (
         SELECT 1 FROM versions AS newer
         WHERE newer.record_id = old.record_id AND newer.seq > old.seq AND newer.at < $1
       ) LIMIT $2) RETURNING 1`,
    [horizon],
  )
  for (const [prefix, days] of Object.entries(stateDays)) {
    await inBatches(
      sql,
      `DELETE FROM state WHERE key IN (
         SELECT key FROM state WHERE starts_with(key, $1) AND changed < to_timestamp($2::double precision / 1000) LIMIT $3
       ) RETURNING 1`,
      [toColumn(prefix), nowMs - days * DAY_MS],
    )
  }
}

async function inBatches(sql: Queries, remove: string, parameters: readonly unknown[]): Promise<void> {
  let removed = FORGET_BATCH
  while (removed === FORGET_BATCH) removed = (await sql.query(remove, [...parameters, FORGET_BATCH])).length
}

const vectorsRow = z.object({ vectors: z.string().nullable() })
const historyRow = z.object({ record_id: z.string(), value: z.string() })
const sinceRow = z.object({ first: whole.nullable(), forgotten: z.string().nullable() })
const pastRow = z.object({ doc: z.string(), vectors: z.string(), list: z.string().nullable() })
const valueList = z.array(z.string())
