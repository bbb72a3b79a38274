import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openPostgresStore } from '../../../server/changes/postgres.ts'
import { RETENTION } from '../../../server/changes/retention.ts'
import { openCloud } from '../../../server/cloud/cloud.ts'
import { edit, timelineItem } from '../changes/people.ts'

const DAY_MS = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'wedsync-cloud-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('the cloud forgets replaced values that are older than they have to be kept, and no others', async () => {
  const dataDir = join(folder, 'postgres')
  const [old, young] = [timelineItem(crypto.randomUUID()), timelineItem(crypto.randomUUID())]
  let daysAgo = 0
  const before = await openPostgresStore({ dataDir, now: () => Date.now() - daysAgo * DAY_MS })
  for (const { record, days } of [
    { record: old, days: RETENTION.historyDays + 1 },
    { record: young, days: RETENTION.historyDays - 1 },
  ]) {
    daysAgo = days
    await before.changes.update([], () => [{ record }])
    await before.changes.update([], () => [{ record: edit(record, { title: 'Vows' }) }])
    expect(await before.history.superseded(record.id)).toHaveLength(1)
  }
  await before.close()

  const cloud = await openCloud({ dataDir, port: 0, host: '127.0.0.1', log: () => undefined })
  if (!cloud.ok) throw new Error(cloud.error.detail)
  await cloud.value.stop()

  const after = await openPostgresStore({ dataDir })
  expect(await after.history.superseded(old.id)).toEqual([])
  expect(await after.history.superseded(young.id)).toHaveLength(1)
  expect([...(await after.changes.records([old.id, young.id])).keys()].sort()).toEqual([old.id, young.id].sort())
  await after.close()
})
