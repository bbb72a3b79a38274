/**
 * Where entries are kept: one chain for each team, append-only, in the database of the records. Entries that come while
 * others are being written go to disk together with the next ones.
 */
import { z } from 'zod'
import { type Head, type Link, linked, NO_HEAD } from './chain.ts'
import type { AuditEntry } from './entry.ts'
import { grouped } from './grouped.ts'
import type { Run } from './sql.ts'

export interface AuditLog {
  /** Resolves when the entry is on disk, in its chain. */
  append(chain: string, entry: AuditEntry): Promise<void>
  chains(): Promise<readonly string[]>
  head(chain: string): Promise<Head>
  /** Takes the entries up to this one away, which somebody has put on record before (`retention.ts`). */
  removeTo(chain: string, seq: number): Promise<void>
  /** In order of `seq`. */
  links(chain: string): AsyncIterable<Link>
}

/** What a database has to do for it. */
export interface AuditTable {
  /** Writes what `make` makes of the present heads, all or nothing; nobody else appends to these chains meanwhile. */
  extend(chains: readonly string[], make: (heads: ReadonlyMap<string, Head>) => readonly ChainLink[]): Promise<void>
  readonly rows: Run
}

export interface ChainLink extends Link {
  readonly chain: string
}

interface Item {
  readonly chain: string
  readonly entry: AuditEntry
}

const PAGE = 1_000
const MAX_GROUP = 500

const number = z.union([z.number(), z.string(), z.bigint()]).transform(Number)
const chainRow = z.object({ chain: z.string() })
const headRow = z.object({ seq: number, hash: z.string() })
const linkRow = headRow.extend({ entry: z.string(), previous_hash: z.string() })

export function createAuditLog(table: AuditTable): AuditLog {
  const add = grouped((items: readonly Item[]) => writeGroup(table, items), MAX_GROUP)

  return {
    append: (chain, entry) => add({ chain, entry }),

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

async function writeGroup(table: AuditTable, group: readonly Item[]): Promise<void> {
  const byChain = Map.groupBy(group, ({ chain }) => chain)
  await table.extend([...byChain.keys()].sort(), (heads) =>
    [...byChain].flatMap(([chain, members]) => {
      const entries = members.map(({ entry }) => entry)
      return linked(heads.get(chain) ?? NO_HEAD, entries).map((link) => ({ chain, ...link }))
    }),
  )
}
