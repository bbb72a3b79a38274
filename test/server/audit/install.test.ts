/** The audit of a real install: what `wedsync verify` is told of it, across a restart too. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readHeads } from '../../../server/audit/head.ts'
import { openSqliteAudit } from '../../../server/audit/sqliteAudit.ts'
import { auditFaults } from '../../../server/audit/verify.ts'
import type { Identity } from '../../../server/identity/identity.ts'
import { openInstall } from '../../../server/install/install.ts'
import { type Database, openDatabase } from '../../../server/storage/open.ts'

const KEY = Buffer.alloc(32, 7)

it('an end that is cut off while it is stopped is found, and a start does not make it unfound', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-audit-install-'))
  const dataDir = join(folder, 'data')

  /** Starts it, asks it for a few things that are put on record, and stops it. */
  async function run(): Promise<Identity> {
    const log = () => undefined
    const opened = await openInstall({ dataDir, port: 0, pagesDir: folder, log, keyProvider: () => KEY })
    if (!opened.ok) throw new Error(opened.error.kind)
    const { url, identity, stop } = opened.value
    for (let n = 0; n < 3; n++) expect((await fetch(`${url}/api/offline/weddings`)).status).toBe(401)
    await stop()
    return identity
  }

  async function inDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const database = openDatabase(join(dataDir, 'wedsync.db'), KEY)
    if (!database.ok) throw new Error(database.error.detail)
    try {
      return await work(database.value)
    } finally {
      database.value.close()
    }
  }

  const identity = await run()
  const faults = () => inDatabase((database) => auditFaults(openSqliteAudit(database), readHeads(dataDir, identity)))
  expect(await faults()).toEqual([])
  await inDatabase(async (database) => database.exec('DELETE FROM audit WHERE seq = 3'))
  const missing = `1 entries are missing at the end of chain ${identity.team.id}`
  expect(await faults()).toEqual([missing])
  await run()
  expect(await faults()).toEqual([
    `entry 3 of chain ${identity.team.id}: the chain did not fit its head when it was opened: ${missing}`,
  ])
  rmSync(folder, { recursive: true })
})
