import { z } from 'zod'
import { commitQueueOf } from '../storage/commitQueue.ts'
import type { Database } from '../storage/open.ts'
import { type Head, linked, NO_HEAD } from './chain.ts'
import type { AuditEntry } from './entry.ts'
import { type AuditLog, createAuditLog } from './log.ts'
import { runOnSqlite } from './sql.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS audit (
    chain TEXT NOT NULL, seq INTEGER NOT NULL, entry TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (chain, seq)
  ) WITHOUT ROWID
`

const headRow = z.object({ seq: z.number(), hash: z.string() })

/** The audit of an install, in its encrypted database. */
export function openSqliteAudit(database: Database): AuditLog {
  database.exec(SCHEMA)
  const last = database.prepare('SELECT seq, hash FROM audit WHERE chain = ? ORDER BY seq DESC LIMIT 1')
  const add = database.prepare('INSERT INTO audit (chain, seq, entry, previous_hash, hash) VALUES (?, ?, ?, ?, ?)')

  function headOf(chain: string): Head {
    const row = last.get(chain)
    return row === undefined ? NO_HEAD : headRow.parse(row)
  }

  const inCommit = (chain: string, entry: AuditEntry) => (): void => {
    for (const link of linked(headOf(chain), [entry])) {
      add.run(chain, link.seq, link.entry, link.previousHash, link.hash)
    }
  }

  return createAuditLog({
    append: (chain, entry) => commitQueueOf(database).write({ run: inCommit(chain, entry) }),
    inCommit,
    rows: runOnSqlite(database),
  })
}
