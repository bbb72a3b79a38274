import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { verifyLinks } from '../../../server/audit/chain.ts'
import { openPostgresAudit } from '../../../server/audit/postgresAudit.ts'
import { runOnPostgres } from '../../../server/audit/sql.ts'
import { openPostgresStore } from '../../../server/changes/postgres.ts'
import { auditContract, entry } from './contract.ts'

auditContract('PostgreSQL', async () => {
  const store = await openPostgresStore()
  return { log: await openPostgresAudit(store.sql), run: runOnPostgres(store.sql), close: () => store.close() }
})

it('two processes that write to one chain, each with its own idea of where it ends, make one whole chain', async () => {
  const store = await openPostgresStore()
  const logs = [await openPostgresAudit(store.sql), await openPostgresAudit(store.sql)]
  const chain = randomUUID()
  for (let round = 0; round < 20; round++) {
    await Promise.all(logs.flatMap((log) => [log.append(chain, entry()), log.append(chain, entry())]))
  }
  for (const log of logs) {
    expect((await log.head(chain)).seq).toBe(80)
    expect(await verifyLinks(log.links(chain))).toEqual([])
  }
  await store.close()
}, 60_000)
