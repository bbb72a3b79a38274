import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgresStore, type PostgresOptions } from '../../../server/changes/postgres.ts'
import { changeStoreContract, type OpenedStore } from './contract.ts'
import { postgresRules } from './postgresRules.ts'
import { findPostgres, type PostgresServer, startPostgres } from './postgresServer.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-pglite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function openForContract(options: PostgresOptions): Promise<OpenedStore> {
  const store = await openPostgresStore(options)
  return {
    ...store,
    async reopen() {
      await store.close()
      return openForContract(options)
    },
  }
}

changeStoreContract('PGlite in a folder', () => openForContract({ dataDir: join(folder, 'contract') }))

describe('PGlite', () => {
  postgresRules((now) => openPostgresStore({ now }))

  it('refuses a folder that is open already, and is free again after closing', async () => {
    const dataDir = join(folder, 'locked')
    const first = await openPostgresStore({ dataDir })
    await expect(openPostgresStore({ dataDir })).rejects.toThrow('open in another process')
    await first.close()
    const again = await openPostgresStore({ dataDir })
    expect(again.changes.epoch).toBe(first.changes.epoch)
    await again.close()
  })

  it('gives every new database an epoch of its own', async () => {
    const stores = await Promise.all([openPostgresStore(), openPostgresStore()])
    expect(stores[0].changes.epoch).not.toBe(stores[1].changes.epoch)
    await Promise.all(stores.map((store) => store.close()))
  })
})

const program = findPostgres()
if (!program.ok) console.log(`skipping the tests on a PostgreSQL server: ${program.error}`)

describe.skipIf(!program.ok)('on a PostgreSQL server', () => {
  let server: PostgresServer
  beforeAll(async () => {
    if (program.ok) server = await startPostgres(program.value)
  })
  afterAll(() => server?.stop())

  changeStoreContract('the contract', async () => openForContract({ databaseUrl: await server.createDatabase() }))

  postgresRules(async (now) => openPostgresStore({ databaseUrl: await server.createDatabase(), now }))
})
