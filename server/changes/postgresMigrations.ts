/**
 * The tables of the store, version by version.
 *
 * Documents are `text`: `jsonb` refuses `\u0000`, which a person's value may contain, and reorders keys; `json` would
 * accept it and fail as soon as anything looks inside. Ids are `text` too, since to `uuid` two spellings of one id are
 * equal and to every other replica they are two records. Collation "C" compares bytes, as `compareText` does.
 */
import { COMMIT_FUNCTION } from './postgresCommit.ts'

/** What programs of version 3 and 4 commit with. They may still be at work when a newer one opens the database. */
const FIRST_COMMIT_FUNCTION = `CREATE FUNCTION commit_records(
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
    RETURNING pg_notify('wedsync_changes', sender || ' ' || scopes.scope)
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

/** Each entry takes the database from the version of its index to the next. Entries are never changed, only added. */
export const MIGRATIONS: readonly (readonly string[])[] = [
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
  [FIRST_COMMIT_FUNCTION],
  [
    // The replies of batches are long, and PostgreSQL's own compression takes more time for one than all else that is done to keep it.
    // Where the server was built without lz4, it stays.
    `DO $body$ BEGIN
       IF EXISTS (SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
         ALTER TABLE state ALTER COLUMN value SET COMPRESSION lz4;
       END IF;
     END $body$`,
  ],
  [
    COMMIT_FUNCTION,
    // A record has few versions at any time, and they are found by the primary key.
    'DROP INDEX versions_number',
  ],
]
