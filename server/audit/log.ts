/** Where entries are kept: one chain for each team, append-only, in the database of the records. */
import { z } from 'zod'
import { type Head, type Link, NO_HEAD } from './chain.ts'
import type { AuditEntry } from './entry.ts'
import type { Run } from './sql.ts'

export interface AuditLog {
  /** Resolves when the entry is on disk, in its chain. */
  append(chain: string, entry: AuditEntry): Promise<void>
  /**
   * Where a transaction is one call: writes the entry in the transaction that it is called in, from which the entry has its
   * place in the chain. `undefined` if this one has to be appended.
   */
  inCommit?(chain: string, entry: AuditEntry): (() => void) | undefined
  chains(): Promise<readonly string[]>
  head(chain: string): Promise<Head>
  /** Takes the entries up to this one away, which somebody has put on record before (`retention.ts`). */
  removeTo(chain: string, seq: number): Promise<void>
  /** In order of `seq`. */
  links(chain: string): AsyncIterable<Link>
}

/** What a database has to do for it. */
export interface AuditTable {
  /** As {@link AuditLog.append}. It goes to disk together with whatever else is written then. */
  append(chain: string, entry: AuditEntry): Promise<void>
  /** As {@link AuditLog.inCommit}. */
  readonly inCommit?: (chain: string, entry: AuditEntry) => () => void
  readonly rows: Run
}

const PAGE = 1_000

const number = z.union([z.number(), z.string(), z.bigint()]).transform(Number)
const chainRow = z.object({ chain: z.string() })
const headRow = z.object({ seq: number, hash: z.string() })
const linkRow = headRow.extend({ entry: z.string(), previous_hash: z.string() })

export function createAuditLog(table: AuditTable): AuditLog {
  return {
    append: (chain, entry) => table.append(chain, entry),
    ...(table.inCommit && { inCommit: table.inCommit }),

    async chains() {
      const rows = await table.rows('SELECT DISTINCT chain FROM audit ORDER BY chain', [])
      return rows.map((row) => chainRow.parse(row).chain)
    },

    async head(chain) {
      const rows = await table.rows('SELECT seq, hash FROM audit WHERE chain = $1 ORDER BY seq DESC LIMIT 1', [chain])
      return rows[0] === undefined ? NO_HEAD : headRow.parse(rows[0])
    },

    async removeTo(chain, seq) {
      await table.rows('DELETE FROM audit WHERE chain = $1 AND seq <= $2', [chain, seq])
    },

    async *links(chain) {
      for (let after = 0, more = true; more; ) {
        const rows = await table.rows(
          'SELECT seq, entry, previous_hash, hash FROM audit WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3',
          [chain, after, PAGE],
        )
        for (const row of rows) {
          const { seq, entry, previous_hash: previousHash, hash } = linkRow.parse(row)
          yield { seq, entry, previousHash, hash }
          after = seq
        }
        more = rows.length === PAGE
      }
    },
  }
}
