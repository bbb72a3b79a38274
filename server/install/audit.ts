/** The audit of an install: in its database, with the heads of its chains beside it. */
import { type HeadKeeper, headFaults, keepHeads, readHeads } from '../audit/head.ts'
import { openSqliteAudit } from '../audit/sqliteAudit.ts'
import { createTrail } from '../audit/trail.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import type { DataDir } from '../identity/dataDir.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import { describeFault } from '../rest/errors.ts'

/**
 * A chain that does not fit its head was cut or exchanged. The install starts all the same, since a wedding cannot wait;
 * but that goes on record, and `verify` tells it from then on.
 */
export async function openInstallAudit(
  { path }: DataDir,
  { database }: SqliteStore,
  identity: Identity,
  log: Log,
): Promise<HeadKeeper> {
  const audit = openSqliteAudit(database)
  const faults = await headFaults(audit, readHeads(path, identity))
  const keeper = keepHeads(audit, path, identity, (problem) => log('audit: head not written', describeFault(problem)))
  const trail = createTrail(keeper.log, identity.team.id)
  for (const reason of faults) {
    log('audit: does not fit its head', { reason })
    await trail.note({ event: 'audit', resource: 'chain', risk: 100 }, { phase: 'failed', details: { reason } })
  }
  return keeper
}
