/** Change files of a real install, in its audit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { auditEntry } from '../../../server/audit/entry.ts'
import { openSqliteAudit } from '../../../server/audit/sqliteAudit.ts'
import { type Install, openInstall } from '../../../server/install/install.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

async function entriesOf({ store, identity }: Install) {
  const entries = []
  for await (const { entry } of openSqliteAudit(store.database).links(identity.team.id)) {
    entries.push(auditEntry.parse(JSON.parse(entry)))
  }
  return entries.filter(({ resource }) => resource === 'change file')
}

it('a change file is put on record before it is written or read, and what came of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-audit-file-'))
  const install = mustBeOk(
    await openInstall({
      dataDir: join(folder, 'data'),
      port: 0,
      pagesDir: folder,
      log: () => undefined,
      keyProvider: () => Buffer.alloc(32, 7),
    }),
  )
  const wedding = crypto.randomUUID()
  const file = await install.writeChanges({ wedding, sinceMs: 0 })
  if (!file) throw new Error('the first device of a team writes change files')
  mustBeOk(await install.readChanges(file.text))
  expect(await install.readChanges('a shopping list')).toMatchObject({ ok: false })

  const entries = await entriesOf(install)
  const user = { id: install.identity.userId }
  const since = '1970-01-01T00:00:00.000Z'
  expect(entries).toMatchObject([
    { event: 'export', phase: 'begun', user, classification: 'restricted', details: { weddingId: wedding, since } },
    { event: 'export', phase: 'done', details: { format: 'changes', records: file.records } },
    { event: 'sync', phase: 'begun', user },
    { event: 'sync', phase: 'done', details: { records: file.records, refused: 0 } },
    { event: 'sync', phase: 'begun', user },
    { event: 'sync', phase: 'refused', details: { reason: 'not-a-change-file' } },
  ])
  const operations = entries.map(({ operationId }) => operationId)
  expect(new Set(operations).size).toBe(3)
  expect(operations[1]).toBe(operations[0])
  await install.stop()
  rmSync(folder, { recursive: true })
})
