import { z } from 'zod'
import { grouped } from '../changes/grouped.ts'
import type { Queries, Sql } from '../changes/postgresConnection.ts'
import { toArray } from '../changes/postgresRows.ts'
import { type Head, type Link, linked, NO_HEAD } from './chain.ts'
import type { AuditEntry } from './entry.ts'
import { type AuditLog, createAuditLog } from './log.ts'
import { createTables, runOnPostgres } from './sql.ts'

const TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS audit (
     chain text COLLATE "C" NOT NULL, seq bigint NOT NULL, entry text NOT NULL, previous_hash text NOT NULL,
     hash text NOT NULL, PRIMARY KEY (chain, seq)
   )`,
  // Whoever appends moves the head on, since the cloud is any number of processes.
  'CREATE TABLE IF NOT EXISTS audit_heads (chain text COLLATE "C" PRIMARY KEY, seq bigint NOT NULL, hash text NOT NULL)',
]

const headRow = z.object({
  seq: z.union([z.number(), z.string(), z.bigint()]).transform(Number),
  hash: z.string(),
})

const MAX_GROUP = 500
const MAX_CHAINS = 1_000
/** Another process that writes to the same chain may be faster this often; then the head is locked before it is read. */
const TRIES = 3

type Append = (entry: AuditEntry) => Promise<undefined>

/** The audit of the cloud: a chain for each team. Entries that come while others are written go together with the next. */
export async function openPostgresAudit(sql: Sql): Promise<AuditLog> {
  await createTables(sql, TABLES)
  const chains = new Map<string, Append>()

  function appendTo(chain: string): Append {
    const append = chains.get(chain) ?? appender(sql, chain)
    chains.delete(chain)
    chains.set(chain, append)
    const [oldest] = chains.keys()
    if (chains.size > MAX_CHAINS && oldest !== undefined) chains.delete(oldest)
    return append
  }

  return createAuditLog({ append: (chain, entry) => appendTo(chain)(entry), rows: runOnPostgres(sql) })
}

/** Remembers the head that it wrote last and builds on it, so that mostly one statement does it all. */
function appender(sql: Sql, chain: string): Append {
  let known: Head | undefined

  async function write(queries: Queries, head: Head, entries: readonly AuditEntry[]): Promise<boolean> {
    const links = linked(head, entries)
    const isWritten = await moveOn(queries, chain, head, links)
    known = isWritten ? links.at(-1) : undefined
    return isWritten
  }

  return grouped(async (entries: readonly AuditEntry[]) => {
    for (let tries = 0; tries < TRIES; tries++) {
      if (await write(sql, known ?? (await readHead(sql, chain)), entries)) return []
    }
    await sql.transaction(async (transaction) => {
      const isWritten = await write(transaction, await readHead(transaction, chain, 'FOR UPDATE'), entries)
      if (!isWritten) throw new Error(`the head of chain ${chain} moved while it was locked`)
    })
    return []
  }, MAX_GROUP)
}

async function readHead(sql: Queries, chain: string, lock: '' | 'FOR UPDATE' = ''): Promise<Head> {
  await sql.query('INSERT INTO audit_heads (chain, seq, hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    chain,
    NO_HEAD.seq,
    NO_HEAD.hash,
  ])
  const [row] = await sql.query(`SELECT seq, hash FROM audit_heads WHERE chain = $1 ${lock}`, [chain])
  return headRow.parse(row)
}

/** Writes the links if the chain still ends with `head`. @returns whether it did; if not, nothing is written */
async function moveOn(sql: Queries, chain: string, head: Head, links: readonly Link[]): Promise<boolean> {
  const last = links.at(-1) ?? head
  const written = await sql.query(
    `WITH moved AS (
       UPDATE audit_heads SET seq = $4, hash = $5 WHERE chain = $1 AND seq = $2 AND hash = $3 RETURNING chain
     )
     INSERT INTO audit (chain, seq, entry, previous_hash, hash)
     SELECT moved.chain, link.* FROM moved, unnest($6::bigint[], $7::text[], $8::text[], $9::text[]) AS link
     RETURNING 1`,
    [
      chain,
      head.seq,
      head.hash,
      last.seq,
      last.hash,
      toArray(links.map(({ seq }) => seq)),
      toArray(links.map(({ entry }) => entry)),
      toArray(links.map(({ previousHash }) => previousHash)),
      toArray(links.map(({ hash }) => hash)),
    ],
  )
  return written.length === links.length
}
