import { z } from 'zod'
import type { Queries, Sql } from '../changes/postgresConnection.ts'
import type { Head } from './chain.ts'
import { type AuditLog, createAuditLog } from './log.ts'
import { createTables, runOnPostgres } from './sql.ts'

const TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS audit (
     chain text COLLATE "C" NOT NULL, seq bigint NOT NULL, entry text NOT NULL, previous_hash text NOT NULL,
     hash text NOT NULL, PRIMARY KEY (chain, seq)
   )`,
  // Its rows are locked by whoever appends, since the cloud is any number of processes.
  'CREATE TABLE IF NOT EXISTS audit_heads (chain text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL, hash text NOT NULL)',
]

const headRow = z.object({
  chain: z.string(),
  seq: z.union([z.number(), z.string(), z.bigint()]).transform(Number),
  hash: z.string(),
})

/** The audit of the cloud: a chain for each team. */
export async function openPostgresAudit(sql: Sql): Promise<AuditLog> {
  await createTables(sql, TABLES)
  return createAuditLog({
    async extend(chains, make) {
      await sql.transaction(async (transaction) => {
        const links = make(await lockHeads(transaction, chains))
        await transaction.query(
          `INSERT INTO audit (chain, seq, entry, previous_hash, hash)
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[])`,
          [
            links.map(({ chain }) => chain),
            links.map(({ seq }) => seq),
            links.map(({ entry }) => entry),
            links.map(({ previousHash }) => previousHash),
            links.map(({ hash }) => hash),
          ],
        )
        const heads = [...new Map(links.map((link) => [link.chain, link])).values()]
        await transaction.query(
          `UPDATE audit_heads AS old SET seq = new.seq, hash = new.hash
           FROM unnest($1::text[], $2::bigint[], $3::text[]) AS new (chain, seq, hash) WHERE old.chain = new.chain`,
          [heads.map(({ chain }) => chain), heads.map(({ seq }) => seq), heads.map(({ hash }) => hash)],
        )
      })
    },
    rows: runOnPostgres(sql),
  })
}

/** In sorted order, so that two that append to the same chains cannot wait for each other. */
async function lockHeads(sql: Queries, chains: readonly string[]): Promise<ReadonlyMap<string, Head>> {
  await sql.query(
    `INSERT INTO audit_heads (chain, seq, hash) SELECT chain, 0, repeat('0', 64) FROM unnest($1::text[]) AS chain
     ON CONFLICT DO NOTHING`,
    [chains],
  )
  const rows = await sql.query(
    'SELECT chain, seq, hash FROM audit_heads WHERE chain = ANY($1::text[]) ORDER BY chain FOR UPDATE',
    [chains],
  )
  return new Map(rows.map((row) => headRow.parse(row)).map(({ chain, seq, hash }) => [chain, { seq, hash }]))
}
