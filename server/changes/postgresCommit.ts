/**
 * How records are written. What would be a conversation of five statements (begin, lock the scopes, see whether the records are still
 * those that were read, write, commit) is one call of a function in the database: a busy server has nothing to wait for in between,
 * and holds neither a connection nor a lock while it does something else.
 */
import { z } from 'zod'
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import { compareText } from '../../model/merge/vector.ts'
import type { Write } from '../../model/sync/changeStore.ts'
import { encodeSuperseded, supersededValues } from '../../model/sync/superseded.ts'
import type { Queries } from './postgresConnection.ts'
import { notifying } from './postgresListener.ts'
import { toColumn, toDocument } from './postgresRows.ts'
import { encodeVectors } from './recordAt.ts'

/** A record as it was read. */
export interface Row {
  readonly seq: number
  readonly record: CausalRecord
}

/** What an `update` has read, and what it writes on the strength of that. */
export interface Decided {
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
 * For the schema (`postgresSchema.ts`). A function sees in each of its statements what was committed before that one began. The lock
 * of a scope is held from before a `seq` is taken until it is committed, so `seq` becomes visible in its own order. Locks are taken in
 * sorted order, and records too, since no lock covers the case that somebody creates the same id in another scope.
 */
export const COMMIT_FUNCTION = `CREATE FUNCTION commit_records(
  locked text[],                                   -- scopes, sorted
  was_ids text[], was_seqs bigint[],               -- what was read; no seq where there was no record
  new_ids text[], new_scopes text[], new_tables text[], new_steps bigint[], new_origins text[], new_docs text[],
  new_numbers bigint[], new_vectors text[],        -- steps: from the head of the scope
  lost_ids text[], lost_values text[],             -- what records that are written lose
  now_ms bigint, own_epoch text, sender text
) RETURNS boolean LANGUAGE plpgsql AS $body$
DECLARE
  found bigint;
  recorded bigint;
  moved bigint;
BEGIN
  PERFORM 1 FROM scopes WHERE scope = ANY (locked) ORDER BY scope FOR UPDATE;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found <> cardinality(locked) THEN RETURN false; END IF;
  IF EXISTS (
    SELECT 1 FROM unnest(was_ids, was_seqs) AS was (id, seq) LEFT JOIN records USING (id)
    WHERE records.seq IS DISTINCT FROM was.seq
  ) THEN RETURN false; END IF;
  WITH written AS (
    SELECT each.id, each.scope, each.tbl, scopes.seq + each.step AS seq, each.origin, each.doc, each.number, each.vectors
    FROM unnest(new_ids, new_scopes, new_tables, new_steps, new_origins, new_docs, new_numbers, new_vectors)
      AS each (id, scope, tbl, step, origin, doc, number, vectors)
    JOIN scopes USING (scope)
  ), new_records AS (
    INSERT INTO records (id, scope, tbl, seq, origin, doc)
    SELECT id, scope, tbl, seq, origin, doc FROM written ORDER BY id COLLATE "C"
    ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, origin = excluded.origin, doc = excluded.doc
    WHERE records.scope = excluded.scope
    RETURNING 1
  ), new_versions AS (
    INSERT INTO versions (record_id, seq, version, vectors, at) SELECT id, seq, number, vectors, now_ms FROM written
  ), new_history AS (
    INSERT INTO history (record_id, value, seq, at)
    SELECT written.id, lost.value, written.seq, now_ms
    FROM unnest(lost_ids, lost_values) WITH ORDINALITY AS lost (id, value, place) JOIN written USING (id)
    ORDER BY lost.place
  ), new_heads AS (
    UPDATE scopes SET seq = head.seq, changed = clock_timestamp()
    FROM (SELECT scope, max(seq) AS seq FROM written GROUP BY scope) AS head, schema_version
    WHERE scopes.scope = head.scope AND schema_version.epoch = own_epoch
    RETURNING ${notifying('sender', 'scopes.scope')}
  )
  SELECT (SELECT count(*) FROM new_records), (SELECT count(*) FROM new_heads) INTO recorded, moved;
  IF recorded <> cardinality(new_ids) THEN
    RAISE EXCEPTION 'a record of the same id was just created in another scope';
  END IF;
  -- Another process has found the database restored. What peers know of this one's epoch is no longer true.
  IF moved <> (SELECT count(DISTINCT scope) FROM unnest(new_scopes) AS scope) THEN
    RAISE EXCEPTION 'the database was restored: this process must start again';
  END IF;
  RETURN true;
END $body$`

const answerRow = z.object({ committed: z.boolean() })

/**
 * Writes what was decided, if all that was read is still as it was.
 * @param scopes of everything that was read or is to be written, sorted
 * @param decided no two of them may have looked for the same record
 * @returns false, with nothing written, if a scope has no row yet or a record is another one than what was read
 * @throws with nothing written, unless the connection was lost
 */
export async function commitRecords(
  { epoch, sender, now }: CommitParts,
  sql: Queries,
  scopes: readonly string[],
  decided: readonly Decided[],
): Promise<boolean> {
  const steps = new Map<string, number>()
  const commits = decided
    .flatMap(({ rows, writes }) =>
      writes.map(({ record, from }) => {
        const step = (steps.get(record.scope) ?? 0) + 1
        steps.set(record.scope, step)
        return { record, from, step, lost: supersededValues(rows.get(record.id)?.record, record) }
      }),
    )
    .sort((a, b) => compareText(a.record.id, b.record.id))
  const read = decided.flatMap(({ ids, rows }) => ids.map((id) => [id, rows.get(id)?.seq ?? null] as const))
  const lost = commits.flatMap(({ record, lost }) => lost.map((value) => [record.id, value] as const))
  const [answer] = await sql.query(
    `SELECT commit_records($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
       $9::text[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::bigint, $15::text, $16::text) AS committed`,
    [
      scopes.map(toColumn),
      read.map(([id]) => toColumn(id)),
      read.map(([, seq]) => seq),
      commits.map(({ record }) => toColumn(record.id)),
      commits.map(({ record }) => toColumn(record.scope)),
      commits.map(({ record }) => toColumn(record.table)),
      commits.map(({ step }) => step),
      commits.map(({ from }) => (from === undefined ? null : toColumn(from))),
      commits.map(({ record }) => toDocument(record)),
      commits.map(({ record }) => recordVersion(record)),
      commits.map(({ record }) => encodeVectors(record)),
      lost.map(([id]) => toColumn(id)),
      lost.map(([, value]) => encodeSuperseded(value)),
      Math.floor(now()),
      epoch,
      sender,
    ],
  )
  return answerRow.parse(answer).committed
}
