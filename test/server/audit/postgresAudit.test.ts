import { openPostgresAudit } from '../../../server/audit/postgresAudit.ts'
import { runOnPostgres } from '../../../server/audit/sql.ts'
import { openPostgresStore } from '../../../server/changes/postgres.ts'
import { auditContract } from './contract.ts'

auditContract('PostgreSQL', async () => {
  const store = await openPostgresStore()
  return { log: await openPostgresAudit(store.sql), run: runOnPostgres(store.sql), close: () => store.close() }
})
