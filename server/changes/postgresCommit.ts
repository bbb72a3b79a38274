/**
 * How records are written. What would be a conversation of five statements (begin, lock the scopes, see whether the records are still
 * those that were read, write, commit) is one call of a function in the database: a busy server has nothing to wait for in between,
 * and holds neither a connection nor a lock while it does something else.
 */
import { z } from 'zod'
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import type { Write } from '../../model/sync/changeStore.ts'
import { encodeSuperseded, supersededValues } from '../../model/sync/superseded.ts'
import type { Queries } from './postgresConnection.ts'
import { notifying } from './postgresListener.ts'
import { toArray, toColumn, toDocument } from './postgresRows.ts'
import { encodeVectors } from './recordAt.ts'

/** A record as it was read. */
export interface Row {
  readonly seq: number
  readonly record: CausalRecord
}

/** What an `update` has read, and what it writes on the strength of that. */
export interface Decided {
  /** Of everything that was read or is to be written, sorted. */
  readonly scopes: readonly string[]
  /** Those that were looked for. */
  readonly ids: readonly string[]
  /** Those that were there. */
  readonly rows: ReadonlyMap<string, Row>
  /** Each of a record that was looked for. */
  readonly writes: readonly Write[]
}

export interface CommitParts {
  /** Under which this process opened the store. */
  readonly epoch: string
  /** How this process signs its notices to others (`postgresListener.ts`). */
  readonly sender: string
  /** Wall clock, ms since 1970 UTC. */
  readonly now: () => number
}

/**
 * For the schema (`postgresMigrations.ts`). A function sees in each of its statements what was committed before that one began. The
 * lock of a scope is held from before a `seq` is taken until it is committed, so `seq` becomes visible in its own order. Locks are
 * taken in sorted order, and records are created in it, since no lock covers the case that somebody creates the same id in another scope.
 */
export const COMMIT_FUNCTION = `CREATE FUNCTION commit_updates(
  need_updates integer[], need_scopes text[],      -- each update by its number, with each scope that it is about
  read_updates integer[], read_ids text[], read_seqs bigint[], -- and with each record that it looked for; no seq where there was none
  new_scopes text[], new_tables text[], new_origins text[], new_docs text[], new_numbers bigint[],
  new_vectors text[],                              -- what becomes of that record; no doc if it is not written
  lost_ids text[], lost_values text[],             -- what records that are written lose
  waits boolean,                                   -- for whoever holds the lock of a scope
  now_ms bigint, own_epoch text, sender text
) RETURNS integer[] LANGUAGE plpgsql AS $body$
DECLARE
  held text[];
  late integer[];
  concerned bigint;
  moved bigint;
BEGIN
  IF waits THEN
    held := ARRAY(SELECT scope FROM scopes WHERE scope = ANY (need_scopes) ORDER BY scope FOR UPDATE);
  ELSE
    held := ARRAY(SELECT scope FROM scopes WHERE scope = ANY (need_scopes) ORDER BY scope FOR UPDATE SKIP LOCKED);
  END IF;
  late := ARRAY(
    SELECT number FROM unnest(need_updates, need_scopes) AS need (number, scope) WHERE need.scope <> ALL (held)
    UNION
    SELECT number FROM unnest(read_updates, read_ids, read_seqs) AS was (number, id, seq) LEFT JOIN records USING (id)
    WHERE records.seq IS DISTINCT FROM was.seq
  );
  WITH written AS (
    SELECT each.id, each.was, each.scope, each.tbl, each.origin, each.doc, each.number, each.vectors,
      scopes.seq + row_number() OVER (PARTITION BY each.scope ORDER BY each.place) AS seq
    FROM unnest(read_updates, read_ids, read_seqs, new_scopes, new_tables, new_origins, new_docs, new_numbers, new_vectors)
      WITH ORDINALITY
      AS each (by, id, was, scope, tbl, origin, doc, number, vectors, place)
    JOIN scopes USING (scope)
    WHERE each.doc IS NOT NULL AND each.by <> ALL (late)
  ), new_records AS (
    INSERT INTO records (id, scope, tbl, seq, origin, doc)
    SELECT id, scope, tbl, seq, origin, doc FROM written WHERE was IS NULL ORDER BY id COLLATE "C"
    RETURNING 1
  ), changed_records AS (
    UPDATE records SET seq = written.seq, origin = written.origin, doc = written.doc
    FROM written WHERE records.id = written.id AND written.was IS NOT NULL
    RETURNING 1
  ), new_versions AS (
    INSERT INTO versions (record_id, seq, version, vectors, at) SELECT id, seq, number, vectors, now_ms FROM written
  ), new_history AS (
    INSERT INTO history (record_id, value, seq, at)
    SELECT written.id, lost.value, written.seq, now_ms
    FROM unnest(lost_ids, lost_values) WITH ORDINALITY AS lost (id, value, place) JOIN written USING (id)
    ORDER BY lost.place
  ), heads AS (
    SELECT scope, max(seq) AS seq FROM written GROUP BY scope
  ), new_heads AS (
    UPDATE scopes SET seq = heads.seq, changed = clock_timestamp() FROM heads, schema_version
    WHERE scopes.scope = heads.scope AND schema_version.epoch = own_epoch
    RETURNING ${notifying('sender', 'scopes.scope')}
  )
  SELECT (SELECT count(*) FROM heads), (SELECT count(*) FROM new_heads) INTO concerned, moved;
  -- Another process has found the database restored. What peers know of this one's epoch is no longer true.
  IF moved <> concerned THEN RAISE EXCEPTION 'the database was restored: this process must start again'; END IF;
  RETURN late;
END $body$`

const answerRow = z.object({ late: z.array(z.number()) })

/**
 * Writes what was decided, of each update whose records are all as it has read them.
 * @param decided no two of them may have looked for the same record
 * @param waits whether it waits for a scope that somebody has locked. If not, an update of such a scope is not carried out
 * @returns those of the updates of which nothing was written, by their place in the list: a scope of theirs has no row yet or is
 *   locked, or a record is another one than what they have read
 * @throws with nothing written of any, unless the connection was lost
 */
export async function commitUpdates(
  { epoch, sender, now }: CommitParts,
  sql: Queries,
  decided: readonly Decided[],
  waits: boolean,
): Promise<ReadonlySet<number>> {
  const needs = decided.flatMap(({ scopes }, n) => scopes.map((scope) => [n, scope] as const))
  const each = decided.flatMap(({ ids, rows, writes }, n) => {
    const written = new Set(writes.map(({ record }) => record.id))
    const onlyRead = ids.filter((id) => !written.has(id)).map((id) => ({ n, id, was: rows.get(id), write: undefined }))
    // In their order, in which they get their numbers.
    return [...writes.map((write) => ({ n, id: write.record.id, was: rows.get(write.record.id), write })), ...onlyRead]
  })
  const lost = each.flatMap(({ id, was, write }) =>
    write ? supersededValues(was?.record, write.record).map((value) => [id, value] as const) : [],
  )
  const [answer] = await sql.query(
    `SELECT commit_updates($1::integer[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::boolean, $15::bigint, $16::text, $17::text) AS late`,
    [
      toArray(needs.map(([n]) => n)),
      toArray(needs.map(([, scope]) => toColumn(scope))),
      toArray(each.map(({ n }) => n)),
      toArray(each.map(({ id }) => toColumn(id))),
      toArray(each.map(({ was }) => was?.seq ?? null)),
      toArray(each.map(({ write }) => (write ? toColumn(write.record.scope) : null))),
      toArray(each.map(({ write }) => (write ? toColumn(write.record.table) : null))),
      toArray(each.map(({ write }) => (write?.from === undefined ? null : toColumn(write.from)))),
      toArray(each.map(({ write }) => (write ? toDocument(write.record) : null))),
      toArray(each.map(({ write }) => (write ? recordVersion(write.record) : null))),
      toArray(each.map(({ write }) => (write ? encodeVectors(write.record) : null))),
      toArray(lost.map(([id]) => toColumn(id))),
      toArray(lost.map(([, value]) => encodeSuperseded(value))),
      waits,
      Math.floor(now()),
      epoch,
      sender,
    ],
  )
  return new Set(answerRow.parse(answer).late)
}
