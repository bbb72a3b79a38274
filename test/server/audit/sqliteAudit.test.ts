import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { headFaults, keepHeads, readHeads, writeHeads } from '../../../server/audit/head.ts'
import { runOnSqlite } from '../../../server/audit/sql.ts'
import { openSqliteAudit } from '../../../server/audit/sqliteAudit.ts'
import { createCertificate } from '../../../server/identity/certificate.ts'
import { openDatabase } from '../../../server/storage/open.ts'
import { auditContract, entry, type OpenAudit } from './contract.ts'

interface OpenFolder extends OpenAudit {
  readonly folder: string
}

async function open(): Promise<OpenFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-audit-'))
  const database = openDatabase(join(folder, 'a.db'), randomBytes(32))
  if (!database.ok) throw new Error(database.error.detail)
  return {
    folder,
    log: openSqliteAudit(database.value),
    run: runOnSqlite(database.value),
    async close() {
      database.value.close()
      rmSync(folder, { recursive: true })
    },
  }
}

auditContract('SQLite', open)

/** An audit of an install with three entries, and its heads on disk. */
async function kept() {
  const audit = await open()
  const signer = await createCertificate('laptop')
  const problems: unknown[] = []
  const keeper = keepHeads(audit.log, audit.folder, signer, (problem) => problems.push(problem))
  for (let n = 0; n < 3; n++) await keeper.log.append('team', entry())
  await keeper.close()
  expect(problems).toEqual([])
  const faults = () => headFaults(audit.log, readHeads(audit.folder, signer))
  return { ...audit, signer, faults }
}

it('an end that was cut off is found by the head that is kept beside it', async () => {
  const audit = await kept()
  expect(await audit.faults()).toEqual([])
  await audit.run('DELETE FROM audit WHERE seq > $1', [1])
  expect(await audit.faults()).toEqual(['2 entries are missing at the end of chain team'])
  await audit.run('DELETE FROM audit WHERE seq > $1', [0])
  expect(await audit.faults()).toEqual(['3 entries are missing at the end of chain team'])
  await audit.close()
})

it('a chain that was computed anew is not the one that was signed', async () => {
  const audit = await kept()
  await audit.run('DELETE FROM audit WHERE seq > $1', [0])
  for (let n = 0; n < 4; n++) await audit.log.append('team', entry())
  expect(await audit.faults()).toEqual(['chain team is not the one that was signed'])
  await audit.close()
})

it('a head that somebody else signed, a damaged one and a missing one are told apart', async () => {
  const audit = await kept()
  const forger = await createCertificate('other')
  writeHeads(audit.folder, forger, new Map([['team', await audit.log.head('team')]]))
  expect(await audit.faults()).toEqual(['audit-head.json was not signed by this install'])
  rmSync(join(audit.folder, 'audit-head.json'))
  expect(await audit.faults()).toEqual(['audit-head.json is missing'])
  await audit.close()
})
